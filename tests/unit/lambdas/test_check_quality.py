from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.refusal import QualityRefused, refusal_in
from contract.run_layout import RunLayout
from lambdas import check_quality, quality_gate
from lambdas.job_status import JobNotCompleted
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import METRICS, plan, run_id

COMPLETED = {"training": "Completed", "extract": "Completed"}
NOBODY: dict[str, Any] = {"model": None, "most_popular": None, "users": 0, "held_out": 0}


def metrics(model: float, popular: float) -> dict[str, Any]:
    return {"model": {"ndcg@10": model}, "most_popular": {"ndcg@10": popular}, "users": 7, "held_out": 9}


def test_the_state_s_result_has_both_keys_and_the_run_s_own_gate(aws: Aws) -> None:
    layout = RunLayout(aws.bucket, run_id(23))
    aws.put_json(layout.metrics, METRICS)
    event = {"run_id": run_id(23), "statuses": COMPLETED}
    for gate, passed in ((1.5, True), (1.6, False), ("off", True)):
        aws.put_json(layout.plan, plan(23, gate=gate))
        found = check_quality.handler(event, None)
        assert found["passed"] is passed
        assert "0.1270" in found["cause"]
        assert "0.0810" in found["cause"]


def test_every_job_that_did_not_complete_is_told(aws: Aws) -> None:
    statuses = {"training": "Stopped", "extract": "Failed"}
    with pytest.raises(JobNotCompleted, match="the training job ended Stopped; the extract job ended Failed"):
        check_quality.handler({"run_id": run_id(23), "statuses": statuses}, None)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 100))
def test_the_gate_is_a_multiple_of_most_popular(model: float, popular: float, gate: float) -> None:
    verdict = quality_gate.judge(metrics(model, popular), gate)
    assert verdict.passed == (model >= gate * popular)
    assert verdict.cause.startswith("QualityRefused: ") == (not verdict.passed)
    for number in (f"{model:.4f}", f"{popular:.4f}", f"{gate:g}"):
        assert number in verdict.cause


def test_a_model_on_the_gate_passes() -> None:
    assert quality_gate.judge(metrics(0.25, 0.125), 2).passed


def test_a_refusal_is_recognised_in_the_failed_state_and_names_the_mend() -> None:
    cause = quality_gate.judge(metrics(0.08, 0.1), 1.0).cause
    assert refusal_in(cause) is QualityRefused
    assert 'set "gate": "off"' in cause


def test_an_open_gate_says_that_it_was_open_whatever_the_numbers() -> None:
    verdict = quality_gate.judge(metrics(0, 1), "off")
    assert verdict.passed
    assert verdict.cause.startswith("the gate is off: NDCG@10 is 0.0000, most-popular's 1.0000")


def test_nobody_held_out_is_no_pass_unless_the_gate_is_off() -> None:
    shut = quality_gate.judge(NOBODY, 0)
    assert not shut.passed
    assert shut.cause.startswith("QualityRefused: nobody is held out")
    assert 'set "gate": "off"' in shut.cause
    assert quality_gate.judge(NOBODY, "off") == quality_gate.Verdict(
        True, "the gate is off, and nobody is held out, so the model cannot be compared with most-popular"
    )
