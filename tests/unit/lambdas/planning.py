"""The smallest data for which a run can be planned, and planning one."""

import pytest

from contract import run_layout
from contract.documents import Execution
from lambdas.handlers import plan_run
from tests.unit.lambdas.conftest import Aws

EXECUTION: Execution = {
    "arn": "arn:aws:states:eu-west-1:000000000000:execution:topx:weekly",
    "started": "2026-11-23T03:00:00.120Z",
}
RUN_ID = run_layout.run_id_of(EXECUTION["arn"], EXECUTION["started"])
DATASET = {"user": "u", "item": "i", "value": "rating", "reject_limit": 0.05}
ROWS = "u,i,rating\n1,2,3\n"


def smallest(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A bucket with the smallest data set."""
    monkeypatch.setenv("KEEP_VERSIONS", "3")
    aws.put_json("input/dataset.json", DATASET)
    aws.put("input/interactions/one.csv", ROWS)
    return aws


def plan(request: object = None, execution: Execution = EXECUTION) -> plan_run.Answer:
    return plan_run.handler({"input": {} if request is None else request, "execution": execution}, None)
