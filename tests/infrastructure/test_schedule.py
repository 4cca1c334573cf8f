"""A run starts every week, and a start that failed is not lost."""

from typing import Any

import pytest

from tests.infrastructure.template_parts import machines, of_type


@pytest.fixture(scope="module")
def schedule(template: dict[str, Any]) -> dict[str, Any]:
    (found,) = of_type(template, "AWS::Scheduler::Schedule").values()
    properties: dict[str, Any] = found["Properties"]
    return properties


def test_a_run_starts_on_monday_at_three_in_utc(schedule: dict[str, Any]) -> None:
    assert schedule["ScheduleExpression"] == "cron(0 3 ? * MON *)"
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["State"] == "ENABLED"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}


def test_it_starts_the_state_machine_with_the_default_input(schedule: dict[str, Any], template: dict[str, Any]) -> None:
    assert schedule["Target"]["Arn"] == {"Ref": machines(template)[0]}
    assert schedule["Target"]["Input"] == "{}"


def test_a_failed_start_is_repeated_and_then_kept(schedule: dict[str, Any], template: dict[str, Any]) -> None:
    ((name, queue),) = of_type(template, "AWS::SQS::Queue").items()
    assert schedule["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 6 * 3600, "MaximumRetryAttempts": 10}
    assert schedule["Target"]["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [name, "Arn"]}
    assert queue["Properties"]["SqsManagedSseEnabled"] is True
    assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_it_belongs_to_a_group_of_its_own(schedule: dict[str, Any], template: dict[str, Any]) -> None:
    (group,) = of_type(template, "AWS::Scheduler::ScheduleGroup").values()
    assert schedule["GroupName"] == group["Properties"]["Name"]


def test_the_outputs_name_what_an_operator_needs(template: dict[str, Any]) -> None:
    assert {
        "BucketName",
        "TableName",
        "StateMachineArn",
        "AfterPublishingArn",
        "ScheduleName",
        "ScheduleGroupName",
        "FailedStartsQueueUrl",
        "RollbackFunctionName",
        "JobRoleArn",
        "PrepareImageUri",
        "ExtractImageUri",
    } <= set(template["Outputs"])
