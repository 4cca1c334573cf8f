"""How long the definition retries, by the sum of the waits."""

from typing import Any

import numpy as np
import pytest

from contract.refusal import REFUSALS
from infra.workflow import after_publishing, definition
from tests.infrastructure.definition_checks.scopes import states

OUTAGE_SECONDS = 600
TRIALS = 200_000


def waits(retrier: dict[str, Any]) -> list[float]:
    """The longest wait before each retry: "Error handling in Step Functions", Retry fields."""
    return [
        min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt, retrier.get("MaxDelaySeconds", np.inf))
        for attempt in range(retrier["MaxAttempts"])
    ]


def functions() -> dict[str, dict[str, Any]]:
    """Every state that invokes a function."""
    every = {**states(definition()), **states(after_publishing())}
    return {name: state for name, state in every.items() if ":lambda:" in state.get("Resource", "")}


def lasts(retrier: dict[str, Any], seconds: float, trials: int = TRIALS) -> bool:
    """Whether the waits together are longer, in all but one of 1,000 cases."""
    assert retrier["JitterStrategy"] == "FULL"  # each wait is random, from zero to its maximum
    longest = np.array(waits(retrier))
    waited = (np.random.default_rng(0).random((trials, len(longest))) * longest).sum(axis=1)
    return bool(np.mean(waited < seconds) < 1e-3)


@pytest.mark.parametrize("name", functions())
def test_a_function_outlasts_ten_minutes_of_transient_errors(name: str) -> None:
    retrier = functions()[name]["Retry"][0]
    assert {"AwsUnavailable", "WritingStalled", "Lambda.ServiceException"} <= set(retrier["ErrorEquals"])
    assert lasts(retrier, OUTAGE_SECONDS)


def test_publishing_asks_for_hours_whether_it_has_published() -> None:
    """Failure must mean that nothing is published, and a lost response does not show that."""
    transient, lost = functions()["Publish version"]["Retry"]
    assert lasts(transient, 6 * 3600, trials=10_000)
    assert lasts(lost, 1800, trials=10_000)
    every = {error for retrier in functions()["Load one part"]["Retry"] for error in retrier["ErrorEquals"]}
    assert {*transient["ErrorEquals"], *lost["ErrorEquals"]} == every


def test_what_topx_declines_is_never_repeated() -> None:
    retriers = [retrier for state in functions().values() for retrier in state["Retry"]]
    repeated = {error for retrier in retriers for error in retrier["ErrorEquals"]}
    assert repeated.isdisjoint({refusal.__name__ for refusal in REFUSALS} | {"States.ALL", "States.TaskFailed"})
