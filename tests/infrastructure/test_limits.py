"""A run with 5,000 parts (25 million users) stays within the limits of Step Functions."""

import pytest

from infra.workflow import after_publishing, definition
from lambdas.handlers.look_at_failed_job import MOST_SECONDS
from tests.infrastructure.definition_checks.rehearsal import MOST_BYTES, rehearse, size_of
from tests.infrastructure.definition_checks.scopes import Scope, State
from workflow.failed_job_stages import AGAIN, LOOK, WAIT

PARTS = 5_000
# "Service quotas", Step Functions developer guide.
MOST_EVENTS = 25_000
MOST_CHILDREN = 10_000
# "cause" of a task's failure, Step Functions API reference: characters.
MOST_CAUSE = 32_768


@pytest.mark.parametrize("size", ["smallest", "default", "largest"])
def test_every_document_between_states_is_a_small_part_of_the_limit(size: str) -> None:
    """The state contains what each state selects from its result; it does not grow with parts, users or input
    objects.
    """
    rehearsal = rehearse(definition(), size=size, parts=PARTS)
    assert rehearsal.findings == []
    assert {
        "the input of Served",
        "the input of Tidied up",
        "the input of Load one part",
        "the result of Find neighbours",
    } <= set(rehearsal.bytes)
    growing = {"the outputs of Load recommendations's children", "the outputs of Retire old versions's children"}
    # For a failed job, also the cause, until it is handled or reported.
    reported = ("Notify about failed start", "Gather times and costs")
    caught = {f"the {what} of {state}" for state in (LOOK, *reported) for what in ("input", "parameters")}
    caught.add("the input of Served")
    assert max(rehearsal.bytes[what] for what in caught) < MOST_BYTES / 10 + MOST_CAUSE
    assert max(size for what, size in rehearsal.bytes.items() if what not in growing | caught) < MOST_BYTES / 10
    # The only thing that grows: each child's output is {}, with a comma, in an array.
    assert {rehearsal.bytes[what] for what in growing} == {PARTS * size_of({}) + (PARTS - 1) + 2}


def test_children_that_hand_on_their_receipts_would_be_too_large() -> None:
    """Shows why "Load one part" has a ResultSelector, and that the rehearsal measures it."""
    planted = definition()
    planted["States"]["Load recommendations"]["ItemProcessor"]["States"]["Load one part"].pop("ResultSelector")
    (found,) = set(rehearse(planted, parts=PARTS).findings)  # on the paths with and without a refit
    assert found.startswith("the outputs of Load recommendations's children are ")


def most_attempts(state: State) -> int:
    """The first attempt and every retry: each retrier counts its own."""
    retries: int = sum(retrier.get("MaxAttempts", 3) for retrier in state.get("Retry", []))
    return 1 + retries


def most_events(state: State) -> int:
    """A state's events in its execution's history if all its retries are used ("Execution event history").

    Task: Entered and Exited; for each attempt Scheduled, Started, Submitted, and Succeeded, Failed, TimedOut or
    SubmitFailed. Distributed Map: Entered, Started, MapRunStarted, MapRunSucceeded, Succeeded, Exited; its children
    have their own histories. Choice: Entered, Exited. Succeed and Fail: at most the same.
    """
    if state["Type"] == "Task":
        return 2 + 4 * most_attempts(state)
    return 6 if state["Type"] == "Map" else 2


def history(scope: Scope) -> int:
    """ExecutionStarted, all states though a run enters only some, and the execution's end."""
    return 1 + sum(map(most_events, scope["States"].values())) + 1


def test_the_runs_own_history_does_not_grow_with_its_parts() -> None:
    run, after = definition(), after_publishing()
    maps = [state for scope in (run, after) for state in scope["States"].values() if state["Type"] == "Map"]
    assert [state["ItemProcessor"]["ProcessorConfig"]["Mode"] for state in maps] == ["DISTRIBUTED"] * 2
    # If each state used each of its retries, which would take months of outages.
    assert max(history(run), history(after)) < 4_000 < MOST_EVENTS
    assert [history(state["ItemProcessor"]) < 150 for state in maps] == [True, True]


def test_an_inline_map_of_as_many_parts_would_not_do() -> None:
    """In an Inline Map each iteration is in the run's own history: Started, Succeeded, and its state's events."""
    (load,) = definition()["States"]["Load recommendations"]["ItemProcessor"]["States"].values()
    assert PARTS * (2 + most_events(load)) > MOST_EVENTS


def test_each_part_may_have_a_child_of_its_own() -> None:
    assert PARTS < MOST_CHILDREN


def test_jobs_that_fail_for_days_do_not_fill_the_history() -> None:
    """As many attempts as fit into the execution's time with the shortest waits; each is a job, a decision and a
    wait.
    """
    scope = definition()
    tried = [{**scope["States"][name], "Retry": []} for name in ("Train k-NN", LOOK, WAIT, AGAIN)]
    tries = scope["TimeoutSeconds"] / (MOST_SECONDS / 2)
    assert history(scope) + tries * sum(map(most_events, tried)) < MOST_EVENTS / 4
