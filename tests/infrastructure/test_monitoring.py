"""A run that ends badly is heard of, and so is one that never starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.conftest import machines, of_type
from tests.infrastructure.isolation import interpreter, run_bare
from tests.infrastructure.role_statements import EXECUTION, Statement, of_function
from tests.infrastructure.test_permissions import statements

__all__ = ["statements"]  # the fixture

PARTS = "arn:aws:states:eu-west-1:111122223333"


@pytest.fixture(scope="module")
def topic(template: dict[str, Any]) -> str:
    """The topic's logical id."""
    (name,) = of_type(template, "AWS::SNS::Topic")
    return name


def test_every_bad_end_of_both_state_machines_calls_the_notifier(template: dict[str, Any]) -> None:
    watched = []
    for rule in of_type(template, "AWS::Events::Rule").values():
        pattern = rule["Properties"]["EventPattern"]
        watched += pattern["detail"].pop("stateMachineArn")
        assert pattern == {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]},
        }
        (target,) = rule["Properties"]["Targets"]
        called = template["Resources"][target["Arn"]["Fn::GetAtt"][0]]
        assert called["Properties"]["Handler"] == "lambdas.handlers.notify_failure.handler"
    assert watched == [{"Ref": machine} for machine in machines(template)]


def test_the_rules_and_nobody_else_may_call_the_notifier(template: dict[str, Any]) -> None:
    permissions = [found["Properties"] for found in of_type(template, "AWS::Lambda::Permission").values()]
    assert {found["Principal"] for found in permissions} == {"events.amazonaws.com"}
    rules = of_type(template, "AWS::Events::Rule")
    assert [found["SourceArn"] for found in permissions] == [{"Fn::GetAtt": [rule, "Arn"]} for rule in rules]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("states:DescribeExecution", f"{EXECUTION}:<MACHINE>:a"),
        ("states:GetExecutionHistory", f"{EXECUTION}:<MACHINE>:a"),
        ("states:ListMapRuns", f"{EXECUTION}:<MACHINE>:a"),
        ("states:ListExecutions", f"{PARTS}:mapRun:<MACHINE>/Loadrecommendations:8d3c2b1a"),
        ("states:DescribeExecution", f"{EXECUTION}:<MACHINE>/Loadrecommendations:8d3c2b1a"),
        ("states:GetExecutionHistory", f"{EXECUTION}:<MACHINE>/Loadrecommendations:8d3c2b1a"),
        ("sns:Publish", "<TOPIC>"),
        ("dynamodb:GetItem", "<TABLE>"),
    ],
)
def test_the_notifier_may_make_each_of_its_calls(
    action: str, resource: str, statements: list[Statement], template: dict[str, Any], topic: str
) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table")
    own = of_function("notify_failure", statements, template)
    for machine in machines(template):
        named = resource.replace("MACHINE", machine).replace("TOPIC", topic).replace("TABLE", table)
        assert any(statement.allows(action, named) for statement in own), named


@pytest.mark.parametrize(
    "metric", ["ApproximateNumberOfMessagesVisible", "Errors", "ExecutionsFailed", "ExecutionsTimedOut"]
)
def test_an_alarm_tells_the_same_topic(metric: str, template: dict[str, Any], topic: str) -> None:
    (alarm,) = (
        found["Properties"]
        for found in of_type(template, "AWS::CloudWatch::Alarm").values()
        if found["Properties"]["MetricName"] == metric
    )
    assert alarm["AlarmActions"] == [{"Ref": topic}]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"


def test_the_alarms_watch_the_failed_starts_the_notifier_and_what_comes_after_publishing(
    template: dict[str, Any],
) -> None:
    (queue,) = of_type(template, "AWS::SQS::Queue")
    (notifier,) = (
        name
        for name, found in of_type(template, "AWS::Lambda::Function").items()
        if found["Properties"]["Handler"] == "lambdas.handlers.notify_failure.handler"
    )
    watched = {
        (dimension["Name"], json.dumps(dimension["Value"]))
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"]["Dimensions"]
    }
    assert watched == {
        ("QueueName", json.dumps({"Fn::GetAtt": [queue, "QueueName"]})),
        ("FunctionName", json.dumps({"Ref": notifier})),
        ("StateMachineArn", json.dumps({"Ref": machines(template)[1]})),
    }


def test_alarms_may_publish_though_the_topic_has_a_policy_of_its_own(template: dict[str, Any], topic: str) -> None:
    (policy,) = of_type(template, "AWS::SNS::TopicPolicy").values()
    documents = policy["Properties"]["PolicyDocument"]["Statement"]
    (alarms,) = (statement for statement in documents if statement["Effect"] == "Allow")
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert (alarms["Action"], alarms["Resource"]) == ("sns:Publish", {"Ref": topic})
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    (plain,) = (statement for statement in documents if statement["Effect"] == "Deny")
    assert plain["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_nobody_is_subscribed_unless_the_context_names_an_address(template: dict[str, Any]) -> None:
    assert of_type(template, "AWS::SNS::Subscription") == {}


def test_the_address_of_the_context_is_subscribed(tmp_path: Path) -> None:
    finished = run_bare(
        [interpreter(), "app.py"],
        tmp_path,
        environment={
            "CDK_OUTDIR": str(tmp_path / "cdk.out"),
            "CDK_CONTEXT_JSON": json.dumps({"notify_email": "ops@example.com"}),
        },
    )
    assert finished.returncode == 0, finished.stderr
    template = json.loads((tmp_path / "cdk.out" / "topx.template.json").read_text())
    (subscription,) = of_type(template, "AWS::SNS::Subscription").values()
    assert subscription["Properties"]["Protocol"] == "email"
    assert subscription["Properties"]["Endpoint"] == "ops@example.com"
