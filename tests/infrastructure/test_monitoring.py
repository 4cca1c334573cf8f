"""A run that ends badly is heard of, and so is one that never starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.conftest import of_type
from tests.infrastructure.isolation import interpreter, run_bare
from tests.infrastructure.role_statements import EXECUTION, Statement, of_function
from tests.infrastructure.test_permissions import statements

__all__ = ["statements"]  # the fixture

PARTS = "arn:aws:states:eu-west-1:111122223333"


@pytest.fixture(scope="module")
def machine(template: dict[str, Any]) -> str:
    """The state machine's logical id."""
    (name,) = of_type(template, "AWS::StepFunctions::StateMachine")
    return name


@pytest.fixture(scope="module")
def topic(template: dict[str, Any]) -> str:
    """The topic's logical id."""
    (name,) = of_type(template, "AWS::SNS::Topic")
    return name


def test_every_bad_end_of_this_state_machine_calls_the_notifier(template: dict[str, Any], machine: str) -> None:
    (rule,) = of_type(template, "AWS::Events::Rule").values()
    assert rule["Properties"]["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": [{"Ref": machine}]},
    }
    (target,) = rule["Properties"]["Targets"]
    called = template["Resources"][target["Arn"]["Fn::GetAtt"][0]]
    assert called["Properties"]["Handler"] == "lambdas.notify_failure.handler"


def test_the_rule_and_nobody_else_may_call_the_notifier(template: dict[str, Any]) -> None:
    ((rule, _),) = of_type(template, "AWS::Events::Rule").items()
    (permission,) = of_type(template, "AWS::Lambda::Permission").values()
    assert permission["Properties"]["Principal"] == "events.amazonaws.com"
    assert permission["Properties"]["SourceArn"] == {"Fn::GetAtt": [rule, "Arn"]}


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
    action: str, resource: str, statements: list[Statement], template: dict[str, Any], machine: str, topic: str
) -> None:
    (table,) = of_type(template, "AWS::DynamoDB::Table")
    named = resource.replace("MACHINE", machine).replace("TOPIC", topic).replace("TABLE", table)
    own = of_function("notify_failure", statements, template)
    assert any(statement.allows(action, named) for statement in own), named


@pytest.mark.parametrize("metric", ["ApproximateNumberOfMessagesVisible", "Errors"])
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


def test_the_alarms_watch_the_failed_starts_and_the_notifier(template: dict[str, Any]) -> None:
    (queue,) = of_type(template, "AWS::SQS::Queue")
    (notifier,) = (
        name
        for name, found in of_type(template, "AWS::Lambda::Function").items()
        if found["Properties"]["Handler"] == "lambdas.notify_failure.handler"
    )
    watched = {
        (dimension["Name"], json.dumps(dimension["Value"]))
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"]["Dimensions"]
    }
    assert watched == {
        ("QueueName", json.dumps({"Fn::GetAtt": [queue, "QueueName"]})),
        ("FunctionName", json.dumps({"Ref": notifier})),
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
