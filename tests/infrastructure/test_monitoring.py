"""A failed run causes a notification, and so does one that never starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.isolation import interpreter, run_bare
from tests.infrastructure.role_statements import EXECUTION, Statement, of_function
from tests.infrastructure.template_parts import machines, of_type

PARTS = "arn:aws:states:eu-west-1:111122223333"


@pytest.fixture(scope="module")
def topic(template: dict[str, Any]) -> str:
    """The topic's logical id."""
    (name,) = of_type(template, "AWS::SNS::Topic")
    return name


def rules(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rules for executions, by logical id: all except the hourly one."""
    found = of_type(template, "AWS::Events::Rule")
    return {name: rule["Properties"] for name, rule in found.items() if "EventPattern" in rule["Properties"]}


def function_of(target: dict[str, Any], template: dict[str, Any]) -> str:
    """The module of the function that a rule invokes."""
    called = template["Resources"][target["Arn"]["Fn::GetAtt"][0]]
    return str(called["Properties"]["Handler"]).split(".")[2]


def test_every_bad_end_of_both_state_machines_calls_the_notifier(template: dict[str, Any]) -> None:
    watched = []
    for rule in rules(template).values():
        pattern = rule["EventPattern"]
        watched += pattern["detail"].pop("stateMachineArn")
        assert pattern == {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]},
        }
        (target,) = rule["Targets"]
        assert function_of(target, template) == "notify_failure"
    assert watched == [{"Ref": machine} for machine in machines(template)]


def test_the_age_of_the_current_version_is_measured_once_an_hour_far_from_the_full_hour(
    template: dict[str, Any],
) -> None:
    (clock,) = (
        rule["Properties"]
        for rule in of_type(template, "AWS::Events::Rule").values()
        if "EventPattern" not in rule["Properties"]
    )
    assert (clock["ScheduleExpression"], clock["State"]) == ("cron(30 * * * ? *)", "ENABLED")
    (target,) = clock["Targets"]
    assert function_of(target, template) == "measure_age"


def test_the_rules_and_nobody_else_may_call_their_functions(template: dict[str, Any]) -> None:
    permissions = [found["Properties"] for found in of_type(template, "AWS::Lambda::Permission").values()]
    assert {found["Principal"] for found in permissions} == {"events.amazonaws.com"}
    called = {
        (json.dumps({"Fn::GetAtt": [name, "Arn"]}), json.dumps(rule["Properties"]["Targets"][0]["Arn"]))
        for name, rule in of_type(template, "AWS::Events::Rule").items()
    }
    assert {(json.dumps(found["SourceArn"]), json.dumps(found["FunctionName"])) for found in permissions} == called


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
