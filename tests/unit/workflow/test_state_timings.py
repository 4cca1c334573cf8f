"""Redriven executions, whose histories continue after their end. The rest is in tests/unit/topx/test_execution.py."""

from tests.unit.workflow.execution_histories import LAMBDA, History
from workflow.state_timings import seconds_by_state, states_of


def stopped_in_train(seconds: int) -> History:
    """Plan takes three seconds of the history; Train is entered, works for two, fails, and is idle for ``seconds``."""
    history = History().task("Plan").enter("Train").schedule(LAMBDA).add("TaskFailed", **LAMBDA, error="E", cause="")
    history.add("ExecutionFailed", error="E", cause="")
    history.wait(seconds)
    return history.add("ExecutionRedriven", redriveCount=1)


def test_the_time_until_a_redrive_is_nobodys() -> None:
    history = stopped_in_train(3_600).schedule(LAMBDA).add("TaskSucceeded", **LAMBDA, output="{}").leave("Train")
    found = states_of(history.events)
    assert [(state.name, state.exited is None) for state in found] == [("Plan", False), ("Train", False)]
    # Eight events of a second each from entering to exiting, except the redrive itself, which waited.
    assert seconds_by_state(found, None) == {"Plan": 4.0, "Train": 8.0}


def test_a_state_that_is_entered_anew_begins_anew() -> None:
    history = stopped_in_train(3_600).enter("Train").schedule(LAMBDA).leave("Train")
    found = states_of(history.events)
    assert [state.name for state in found] == ["Plan", "Train", "Train"]
    assert seconds_by_state(found, None) == {"Plan": 4.0, "Train": 7.0}


def test_two_redrives_are_two_pauses() -> None:
    history = stopped_in_train(100).schedule(LAMBDA).add("TaskFailed", **LAMBDA, error="E", cause="")
    history.add("ExecutionAborted").wait(1_000)
    history.add("ExecutionRedriven", redriveCount=2).schedule(LAMBDA).leave("Train")
    (_, train) = states_of(history.events)
    assert train.idle == 1_102.0
