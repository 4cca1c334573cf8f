import pytest

from contract.run_layout import RunLayout
from lambdas.handlers import check_quality
from lambdas.job_status import JobNotCompleted
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import METRICS, plan, run_id

COMPLETED = {"extract": "Completed"}


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


def test_every_job_that_did_not_complete_is_reported(aws: Aws) -> None:
    statuses = {"training": "Stopped", "extract": "Failed"}
    with pytest.raises(JobNotCompleted, match="the training job ended Stopped; the extract job ended Failed"):
        check_quality.handler({"run_id": run_id(23), "statuses": statuses}, None)
