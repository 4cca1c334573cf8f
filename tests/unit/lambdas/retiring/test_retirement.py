import json
import time

import pytest
from botocore.exceptions import ClientError

from contract.recommendation_table import POINTER_KEY
from contract.run_layout import RunLayout
from lambdas.handlers import record_retirement, rollback
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.retiring import retirement
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.retiring.retirements import PARTS, choose, chosen, outcome_warnings, published, retire, statuses
from tests.unit.lambdas.runs import loaded, plan, run_id


def test_in_the_first_weeks_nothing_retires(aws: Aws) -> None:
    published(aws, 2, 9, 16)
    assert choose(16) == {"parts": 0}
    assert chosen(aws, 16) == []
    assert set(statuses(aws).values()) == {"published"}


def test_versions_beyond_those_to_keep_retire_part_by_part(aws: Aws) -> None:
    published(aws, 1, 2, 9, 16, 23)
    assert choose(23) == {"parts": 4}
    assert chosen(aws, 23) == [{"version": run_id(day), "part": part} for day in (1, 2) for part in PARTS]
    assert statuses(aws) == {
        run_id(1): "retiring",
        run_id(2): "retiring",
        **{run_id(day): "published" for day in (9, 16, 23)},
    }
    # An interrupted attempt chooses the same again.
    assert choose(23) == {"parts": 4}
    assert record_retirement.handler({"run_id": run_id(23)}, None) == {"retired": [run_id(1), run_id(2)]}
    assert statuses(aws)[run_id(1)] == statuses(aws)[run_id(2)] == "retired"
    assert choose(23) == {"parts": 0}


def test_each_week_one_version_retires(aws: Aws) -> None:
    gone = []
    for day in (2, 9, 16, 23):
        published(aws, day, keep_versions=2)
        choose(day)
        gone.append(record_retirement.handler({"run_id": run_id(day)}, None)["retired"])
    assert gone == [[], [], [run_id(2)], [run_id(9)]]


def test_the_current_version_stays_even_when_it_was_rolled_back_to(aws: Aws) -> None:
    published(aws, 2, 9, 16, 23, keep_versions=2)
    rollback.handler({"version": run_id(2), "by": "ada"}, None)
    assert choose(23) == {"parts": 2}
    assert {entry["version"] for entry in chosen(aws, 23)} == {run_id(9)}
    assert statuses(aws)[run_id(2)] == "published"


def test_a_later_run_takes_up_what_an_earlier_one_did_not_finish(aws: Aws) -> None:
    published(aws, 2, 9, keep_versions=1)
    assert choose(9) == {"parts": 2}
    published(aws, 16, keep_versions=1)
    assert choose(16) == {"parts": 4}
    assert {entry["version"] for entry in chosen(aws, 16)} == {run_id(2), run_id(9)}


@pytest.fixture
def machine(aws: Aws) -> str:
    """A state machine that waits, or fails, as its input says."""
    definition = {
        "StartAt": "Which?",
        "States": {
            "Which?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.wait", "BooleanEquals": True, "Next": "Wait"}],
                "Default": "Fail",
            },
            "Wait": {"Type": "Wait", "Seconds": 300, "End": True},
            "Fail": {"Type": "Fail"},
        },
    }
    role = "arn:aws:iam::000000000000:role/any"
    arn: str = aws.states.create_state_machine(name=aws.bucket, definition=json.dumps(definition), roleArn=role)[
        "stateMachineArn"
    ]
    return arn


def started(aws: Aws, machine: str, *, wait: bool) -> str:
    """A running execution, or a failed one."""
    arn: str = aws.states.start_execution(stateMachineArn=machine, input=json.dumps({"wait": wait}))["executionArn"]
    deadline = time.monotonic() + 20
    while not wait and aws.states.describe_execution(executionArn=arn)["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return arn


def leftover(aws: Aws, day: int, execution: str) -> RunLayout:
    """A run that loaded its lists and never published them."""
    document = plan(day)
    document["execution"]["arn"] = execution
    return loaded(aws, day, planned=document)


def test_leftovers_of_older_runs_that_are_over_retire_and_get_a_record(aws: Aws, machine: str) -> None:
    leftover(aws, 2, started(aws, machine, wait=False))
    vanished = started(aws, machine, wait=False).rsplit(":", 1)[0] + ":long-gone"
    leftover(aws, 3, vanished)
    published(aws, 9)
    assert choose(9) == {"parts": 4}
    assert {entry["version"] for entry in chosen(aws, 9)} == {run_id(2), run_id(3)}
    assert choose(9) == {"parts": 4}
    record_retirement.handler({"run_id": run_id(9)}, None)
    assert statuses(aws) == {run_id(2): "retired", run_id(3): "retired", run_id(9): "published"}
    published(aws, 16)
    assert choose(16) == {"parts": 0}


def test_what_still_runs_what_is_newer_and_what_loaded_nothing_stays(aws: Aws, machine: str) -> None:
    running = started(aws, machine, wait=True)
    failed = started(aws, machine, wait=False)
    try:
        leftover(aws, 2, running)
        leftover(aws, 16, failed)
        refused = leftover(aws, 3, failed)
        aws.s3.delete_object(Bucket=aws.bucket, Key=refused.manifest)
        aws.put("runs/0-notes/plan.json", "no run at all")
        published(aws, 9)
        assert choose(9) == {"parts": 0}
        assert set(statuses(aws)) == {run_id(9)}
    finally:
        aws.states.stop_execution(executionArn=running)


def test_a_version_that_is_served_is_never_retired(aws: Aws) -> None:
    """This can only happen after editing the table manually."""
    published(aws, 2, 9, keep_versions=1)
    choose(9)
    aws.table.update_item(
        Key=POINTER_KEY,
        UpdateExpression="SET #c = :c",
        ExpressionAttributeNames={"#c": "current"},
        ExpressionAttributeValues={":c": run_id(2)},
    )
    retire(aws, 9)
    assert record_retirement.handler({"run_id": run_id(9)}, None) == {"retired": []}
    assert statuses(aws)[run_id(2)] == "retiring"
    left = [item for item in aws.table.scan()["Items"] if item["version"] == run_id(2)]
    assert len([item for item in left if item["pk"].startswith("user#")]) == 6
    assert "is the current version" in outcome_warnings(aws, 9)[-1]


@pytest.mark.parametrize("plan", [b"{", b"{}", b'{"execution": 7}', b"[]", b'{"execution": {"arn": ""}}'])
def test_an_old_run_whose_plan_is_damaged_is_left_as_it_is(aws: Aws, machine: str, plan: bytes) -> None:
    layout = leftover(aws, 2, started(aws, machine, wait=False))
    aws.put(layout.plan, plan)
    published(aws, 9)
    assert choose(9) == {"parts": 0}


def test_an_old_run_of_another_stack_is_left_as_it_is(aws: Aws) -> None:
    """Step Functions does not say whether it is over: AccessDenied there, another error here."""
    leftover(aws, 2, "arn:aws:states:eu-west-1:000000000000:no-execution")
    published(aws, 9)

    class Forbidden:
        exceptions = aws.states.exceptions

        def describe_execution(self, **_: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeExecution")

    documents = JsonDocuments(aws.s3, aws.bucket)
    assert retirement.choose(documents, VersionPointer(aws.table), Forbidden(), run_id(9)) == []
