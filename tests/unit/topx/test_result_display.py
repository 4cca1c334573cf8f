"""The end of ``topx run``'s output for a run that has published."""

import io
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from topx import result_display
from topx.execution import Snapshot
from topx.outcome import Outcome
from topx.result_display import _show_numbers
from topx.terminal import Terminal
from workflow.failed_run import FailedRun, FailedState
from workflow.stages import NOT_STARTED
from workflow.state_timings import StateRun


def shown(**known: object) -> str:
    out = io.StringIO()
    _show_numbers(Terminal(file=out, width=80), Outcome("published", **known))  # type: ignore[arg-type]
    return " ".join(out.getvalue().split())


def test_what_was_left_out_and_who_has_no_list_are_counted_where_there_are_any() -> None:
    text = shown(users=7, rejected=2, filtered=1_200, empty=3)
    assert "rejected 2 left out by where 1,200 users without a list 3" in text
    text = shown(users=7, rejected=2, filtered=0, empty=0)
    assert "where" not in text
    assert "without a list" not in text


def test_every_warning_is_printed_as_it_is() -> None:
    warnings = ["User '[bold]bot[/b]' has 99.0% of all interactions.", "2 of 9 rows were refused."]
    text = shown(warnings=warnings)
    reported = " ".join(text.split())
    assert all(warning in reported for warning in warnings)


NOW = datetime(2026, 11, 23, tzinfo=UTC)
RUN = Snapshot("arn:aws:states:x:1:execution:t:n", "SUCCEEDED", NOW, NOW, (), {})


def published(execution: Snapshot, monkeypatch: pytest.MonkeyPatch, *, succeeded: bool) -> list[str]:
    """The output for a run whose version is published, line by line."""
    out = io.StringIO()
    place: Any = SimpleNamespace(states=None)
    monkeypatch.setattr(result_display, "_show_examples", lambda *_: None)
    monkeypatch.setattr(
        result_display,
        "look",
        lambda _, arn: FailedRun(
            arn, "r-1", "FAILED", "AwsUnavailable", "no answer", FailedState("Draw outcome page"), after_publishing=True
        ),
    )
    outcome = Outcome("published", version="r-1", after_publishing_succeeded=succeeded)
    result_display.show(Terminal(file=out, width=80), place, execution, None, outcome)
    return out.getvalue().splitlines()


def test_a_failure_after_publishing_is_one_line_at_the_end_of_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = replace(RUN, after=replace(RUN, status="FAILED"))
    lines = published(failed, monkeypatch, succeeded=False)
    assert lines[1] == "Published version r-1"
    assert lines[-1] == (
        'Run r-1 published its version. The state machine AfterPublishing failed in state "Draw outcome page": no '
        "answer. Version r-1 stays current."
    )
    assert not [line for line in published(RUN, monkeypatch, succeeded=True) if "AfterPublishing" in line]


def test_so_is_what_did_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"not_started": {"Error": "StepFunctions.ExecutionLimitExceededException"}}
    reported = replace(RUN, states=(StateRun(NOT_STARTED, "Task", given, NOW, NOW),))
    assert published(reported, monkeypatch, succeeded=False)[-1] == (
        "The state machine AfterPublishing did not start: StepFunctions.ExecutionLimitExceededException. Version r-1 "
        "stays current."
    )


def test_nothing_new_says_since_when_and_how_to_run_all_the_same() -> None:
    out = io.StringIO()
    place: Any = SimpleNamespace(command=lambda *words: shlex.join(["topx", *words, "--stack", "shop"]))
    unchanged = {
        "version": "r-0",
        "published_at": "2026-11-16T03:40:00.000+00:00",
        "latest_interaction": "2026-11-15T22:10:00Z",
    }
    given = StateRun("Plan the run", "Task", {"top_x": 20}, NOW, NOW)
    result_display.show(
        Terminal(file=out, width=80),
        place,
        replace(RUN, states=(given,)),
        None,
        Outcome("unchanged", run_id="r-1", unchanged=unchanged),
    )
    assert out.getvalue().splitlines()[1:] == [
        "Nothing new since 2026-11-16 03:40 UTC: data, settings and code are those of version r-0, the current one. "
        "Nothing was trained or published.",
        "The latest interaction is from 2026-11-15T22:10:00Z.",
        """To run anyway: topx run --input '{"top_x": 20, "force": true}' --stack shop""",
    ]
