"""The message: which of four endings, in which state, why, the current version, what to do."""

from dataclasses import replace

import pytest

from contract.refusal import REFUSALS
from workflow.failed_run import TIMEOUT, Attempt, FailedRun, FailedState
from workflow.failure_guide import AFTER_PUBLISHING, ERRORS, STATES
from workflow.failure_message import MOST_SUBJECT, Ending, ending_of, failure_message

RUN_ID = "20261123t030000120-a9711f"
EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution:topx:monday"
BROKEN = FailedRun(EXECUTION, RUN_ID, "FAILED", "States.TaskFailed", "no disk", FailedState("Find neighbours"))
REFUSED = replace(BROKEN, error="InputRefused", cause="InputRefused: 3 % refused", state=FailedState("Plan training"))
STOPPED = replace(BROKEN, status="ABORTED", error="Cancelled", cause="stopped by topx cancel")
LATE = replace(BROKEN, status="TIMED_OUT", error=TIMEOUT, cause="")


def text(run: FailedRun, current: str | None = "20261116t030000120-a9711f") -> str:
    return failure_message(run, current=current, places={}).text


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_refusal_is_one_by_aws_name_and_by_the_embedded_awss_message(refusal: type[Exception]) -> None:
    assert ending_of(replace(BROKEN, error=refusal.__name__)) is Ending.REFUSED
    assert ending_of(replace(BROKEN, error="Runtime.HandlerError", cause=str(refusal("x")))) is Ending.REFUSED


@pytest.mark.parametrize("state", AFTER_PUBLISHING)
def test_what_has_published_was_not_refused(state: str) -> None:
    run = replace(REFUSED, error="PublishRefused", cause="PublishRefused: x", state=FailedState(state))
    assert ending_of(run) is Ending.FAILED
    assert f"Current version: {RUN_ID}" in text(run, current=RUN_ID)


def test_nor_was_what_its_record_says_is_published() -> None:
    """A second delivery of "Publish version" that is refused after the first one has published."""
    run = replace(REFUSED, error="PublishRefused", cause="PublishRefused: x", state=FailedState("Publish version"))
    assert ending_of(run) is Ending.REFUSED
    assert ending_of(replace(run, published=True)) is Ending.FAILED
    reported = text(replace(run, published=True))
    assert "This run published its version before it failed. Current version: 20261116t030000120-a9711f." in reported


def test_what_comes_after_a_run_that_published_is_reported_as_such() -> None:
    """Whatever happened to the version since."""
    broke = replace(BROKEN, state=FailedState("Draw outcome page"), after_publishing=True)
    assert ending_of(replace(broke, error="PublishRefused", cause="PublishRefused: x")) is Ending.FAILED
    message = failure_message(broke, current=RUN_ID, places={})
    assert message.subject == f"topx published, AfterPublishing failed: {RUN_ID} (Draw outcome page)"
    first, current, advice = message.text.split("\n\n")[:3]
    assert first == (
        f"Run {RUN_ID} published its version. The state machine AfterPublishing failed in state "
        '"Draw outcome page": no disk.'
    )
    assert current == f"Current version: {RUN_ID}."
    assert STATES["Draw outcome page"] in advice
    assert "published its version" in text(broke, current="later")
    stopped = failure_message(replace(broke, status="ABORTED"), current=RUN_ID, places={})
    assert stopped.subject.startswith("topx published, AfterPublishing was stopped: ")


def test_the_other_endings() -> None:
    assert ending_of(BROKEN) is Ending.FAILED
    assert ending_of(STOPPED) is Ending.STOPPED
    assert ending_of(LATE) is ending_of(replace(BROKEN, error=TIMEOUT)) is Ending.TIMED_OUT


@pytest.mark.parametrize(
    ("run", "subject", "sentence"),
    [
        (
            REFUSED,
            f"topx refused: {RUN_ID} (Plan training)",
            f'topx refused run {RUN_ID} in state "Plan training": 3 % refused.',
        ),
        (
            BROKEN,
            f"topx failed: {RUN_ID} (Find neighbours)",
            f'Run {RUN_ID} failed in state "Find neighbours": no disk.',
        ),
        (
            STOPPED,
            f"topx was stopped: {RUN_ID} (Find neighbours)",
            f'Run {RUN_ID} was stopped in state "Find neighbours": stopped by topx cancel.',
        ),
        (
            replace(STOPPED, error="", cause="", state=None),
            f"topx was stopped: {RUN_ID}",
            f"Run {RUN_ID} was stopped: no reason was given; CloudTrail's StopExecution event says who stopped it.",
        ),
        (
            replace(LATE, state=FailedState("Find neighbours", attempts=(Attempt(TIMEOUT, ""),))),
            f"topx timed out: {RUN_ID} (Find neighbours)",
            f'Run {RUN_ID} timed out in state "Find neighbours": the state took longer than its TimeoutSeconds allow.',
        ),
        (
            replace(LATE, state=FailedState("Find neighbours", attempts=(Attempt("E", "no quota"),))),
            f"topx timed out: {RUN_ID} (Find neighbours)",
            f'Run {RUN_ID} timed out in state "Find neighbours": the whole execution took longer than its '
            "TimeoutSeconds allow; an earlier attempt of the state failed: no quota.",
        ),
        (
            replace(BROKEN, part="part-00003", error="", cause=""),
            f"topx failed: {RUN_ID} (Find neighbours)",
            f'Run {RUN_ID} failed in state "Find neighbours", part-00003: no error was reported.',
        ),
        (
            replace(BROKEN, cause=""),
            f"topx failed: {RUN_ID} (Find neighbours)",
            f'Run {RUN_ID} failed in state "Find neighbours": States.TaskFailed.',
        ),
    ],
)
def test_subject_and_first_sentence_tell_the_endings_apart(run: FailedRun, subject: str, sentence: str) -> None:
    message = failure_message(run, current=None, places={})
    assert message.subject == subject
    assert message.text.split("\n\n")[0] == sentence


def test_it_says_what_is_served() -> None:
    assert "No version is published yet." in text(BROKEN, None)
    assert "This run published nothing. The current version is still old" in text(BROKEN, "old")
    cleanup = text(replace(BROKEN, state=FailedState("Delete k-NN model")), RUN_ID)
    assert f"Current version: {RUN_ID}, which this run published before it failed." in cleanup
    assert "published nothing" not in cleanup


def test_it_says_what_to_do_by_error_and_by_state() -> None:
    assert f"- InputRefused: {ERRORS['InputRefused'].do}" in text(REFUSED)
    assert f"- Plan training: {STATES['Plan training']}" in text(REFUSED)
    inner = replace(BROKEN, state=FailedState("Load recommendations", "Map"), child=FailedState("Load one part"))
    assert text(inner).index(STATES["Load one part"]) < text(inner).index(STATES["Load recommendations"])
    assert ERRORS["Cancelled"].do in text(STOPPED)
    assert ERRORS[TIMEOUT].do in text(LATE)


def test_only_what_was_not_refused_is_to_be_redriven() -> None:
    assert "can be redriven" in text(BROKEN)
    assert "can be redriven" in text(LATE)
    assert "can be redriven" not in text(REFUSED)


def test_a_state_or_an_error_without_an_entry_is_told_all_the_same() -> None:
    strange = replace(BROKEN, error="Unheard.Of", cause="", state=FailedState("Elsewhere"))
    assert 'in state "Elsewhere": Unheard.Of.' in text(strange)


def test_it_says_where_to_look() -> None:
    message = failure_message(BROKEN, current=None, places={"Execution": "https://a", "Log": "/b"})
    assert message.text.endswith("Where to look\n- Execution: https://a\n- Log: /b")


def test_a_subject_is_what_sns_takes() -> None:
    """ "Publish" in the API reference: ASCII, at most 100 characters, no line breaks."""
    message = failure_message(BROKEN, current=None, places={}, product="überlang-" * 20)
    assert len(message.subject) == MOST_SUBJECT
    assert message.subject.isascii()
    assert "\n" not in message.subject
