"""How long the definition goes on trying, by what the waits add up to."""

from typing import Any

import numpy as np
import pytest

from contract.refusal import REFUSALS
from infra.workflow import definition
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
    """Every state that calls a function."""
    return {name: state for name, state in states(definition()).items() if ":lambda:" in state.get("Resource", "")}


@pytest.mark.parametrize("name", functions())
def test_a_function_outlasts_ten_minutes_of_bad_weather(name: str) -> None:
    retrier = functions()[name]["Retry"][0]
    assert {"AwsUnavailable", "WritingStalled", "Lambda.ServiceException"} <= set(retrier["ErrorEquals"])
    assert retrier["JitterStrategy"] == "FULL"  # each wait is drawn from zero to its longest
    longest = np.array(waits(retrier))
    waited = (np.random.default_rng(0).random((TRIALS, len(longest))) * longest).sum(axis=1)
    assert np.mean(waited < OUTAGE_SECONDS) < 1e-3


def test_what_topx_declines_is_never_repeated() -> None:
    retriers = [retrier for state in functions().values() for retrier in state["Retry"]]
    repeated = {error for retrier in retriers for error in retrier["ErrorEquals"]}
    assert repeated.isdisjoint({refusal.__name__ for refusal in REFUSALS} | {"States.ALL", "States.TaskFailed"})
