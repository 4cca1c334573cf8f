"""Every alarm of the table exists, uses metrics that are emitted, notifies the topic, and has its entry in the
guide.
"""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_cdk import App
from botocore.validate import ParamValidator

from infra.alarms import late_after
from infra.settings import Settings
from infra.stack import TopxStack
from tests.infrastructure.template_parts import machines, of_type
from workflow.alarms import ALARMS, DRIFTS, alarms_table
from workflow.run_metrics import METRICS, metrics_table

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "operate.md").read_text(encoding="utf-8")
CLOUDWATCH = boto3.client("cloudwatch", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
# Metrics that AWS emits by itself: "Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch", EventBridge
# Scheduler user guide; "Monitoring Amazon EventBridge", EventBridge user guide; and the metrics of SQS, Lambda and Step
# Functions.
OF_AWS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"),
    ("AWS/Scheduler", "InvocationDroppedCount", "ScheduleGroup"),
    ("AWS/Scheduler", "InvocationsFailedToBeSentToDeadLetterCount", "ScheduleGroup"),
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Events", "FailedInvocations", "RuleName"),
    ("AWS/States", "ExecutionsFailed", "StateMachineArn"),
    ("AWS/States", "ExecutionsTimedOut", "StateMachineArn"),
}


@pytest.fixture(scope="module")
def alarms(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return by_name(template)


def by_name(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The alarms' properties, by name in the table."""
    found = of_type(template, "AWS::CloudWatch::Alarm")
    return {re.fullmatch(r"MonitoringAlarms(.*)[0-9A-F]{8}", name)[1]: found[name]["Properties"] for name in found}  # type: ignore[index]


def synthesized(**context: object) -> dict[str, Any]:
    flags = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    app = App(analytics_reporting=False, context={**flags, **context}, tree_metadata=False)
    stack = TopxStack(app, Settings.from_context(app.node.try_get_context))
    template: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return template


def test_the_alarms_are_those_of_the_table(alarms: dict[str, dict[str, Any]]) -> None:
    assert set(alarms) == {alarm.name for alarm in ALARMS}
    assert len(alarms) == len(ALARMS)


def test_each_tells_the_topic_and_says_where_its_entry_is(
    alarms: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    (topic,) = of_type(template, "AWS::SNS::Topic")
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": topic}], name
        stack, words = alarm["AlarmDescription"]["Fn::Join"][1]
        assert stack == {"Ref": "AWS::StackName"}
        assert words.endswith(f"What to do: {name} in docs/operate.md")
        assert len(words) < 1024 - 128


def test_each_has_its_entry_in_the_guide() -> None:
    printed = PAGE.split("<!-- python -m infra.print_docs: alarms -->\n")[1].split("\n<!-- end -->")[0]
    assert printed == alarms_table(), "python -m infra.print_docs"
    assert [row.split(" | ")[0] for row in printed.splitlines()[2:]] == [f"| {alarm.name}" for alarm in ALARMS]


def test_the_metrics_are_in_the_guide() -> None:
    printed = PAGE.split("<!-- python -m infra.print_docs: metrics -->\n")[1].split("\n<!-- end -->")[0]
    assert printed == metrics_table(), "python -m infra.print_docs"


def test_each_watches_a_metric_that_is_emitted(alarms: dict[str, dict[str, Any]]) -> None:
    own = {("topx", metric.name, "Stack") for metric in METRICS}
    for name, alarm in alarms.items():
        (dimension,) = alarm["Dimensions"]
        watched = (alarm["Namespace"], alarm["MetricName"], dimension["Name"])
        assert watched in own | OF_AWS, name
        if watched in own:
            assert dimension["Value"] == {"Ref": "AWS::StackName"}


def test_each_is_what_the_service_model_allows(alarms: dict[str, dict[str, Any]]) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            if len(value) == 1 and next(iter(value)) in ("Ref", "Fn::GetAtt", "Fn::Join"):
                return "something"
            return {key: filled(one) for key, one in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else value

    model = CLOUDWATCH.meta.service_model.operation_model("PutMetricAlarm").input_shape
    for name, alarm in alarms.items():
        request = {**filled(alarm), "AlarmName": name}
        assert set(request) <= set(model.members), name
        report = ParamValidator().validate(request, model)
        assert not report.has_errors(), report.generate_report()
        for field, value in request.items():
            assert value in (getattr(model.members[field], "enum", None) or [value]), (name, field)
        assert request["Period"] * request["EvaluationPeriods"] <= 604_800


def test_what_aws_counts_raises_by_a_single_occurrence(
    alarms: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    watched = []
    for alarm in alarms.values():
        if alarm["Namespace"].startswith("AWS/"):
            assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
            assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
            assert alarm["TreatMissingData"] == "notBreaching"
            watched.append((alarm["MetricName"], json.dumps(alarm["Dimensions"][0]["Value"])))
    (queue,) = of_type(template, "AWS::SQS::Queue")
    (group,) = of_type(template, "AWS::Scheduler::ScheduleGroup").values()
    (notifier,) = (
        name
        for name, found in of_type(template, "AWS::Lambda::Function").items()
        if found["Properties"]["Handler"] == "lambdas.handlers.notify_failure.handler"
    )
    hearing = [
        name for name, rule in of_type(template, "AWS::Events::Rule").items() if "EventPattern" in rule["Properties"]
    ]
    after = machines(template)[1]
    assert sorted(watched) == sorted(
        [
            ("ApproximateNumberOfMessagesVisible", json.dumps({"Fn::GetAtt": [queue, "QueueName"]})),
            ("InvocationDroppedCount", json.dumps(group["Properties"]["Name"])),
            ("InvocationsFailedToBeSentToDeadLetterCount", json.dumps(group["Properties"]["Name"])),
            ("Errors", json.dumps({"Ref": notifier})),
            *(("FailedInvocations", json.dumps({"Ref": rule})) for rule in hearing),
            ("ExecutionsFailed", json.dumps({"Ref": after})),
            ("ExecutionsTimedOut", json.dumps({"Ref": after})),
        ]
    )


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.name)
def test_a_drift_is_reported_once_and_stays_until_a_later_run(drift: Any, alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms[drift.name]
    assert alarm["MetricName"] == drift.metric.name
    assert alarm["TreatMissingData"] == "ignore"
    if drift.below is None:
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", drift.above)
    else:
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", drift.below)
        assert drift.above is None


def test_lists_are_late_after_one_and_a_half_weeks_by_whole_days(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["NothingPublished"]
    assert alarm["Threshold"] == pytest.approx(10.5 + 15 / 1440, abs=1e-4)
    assert (alarm["MetricName"], alarm["Statistic"]) == ("DaysSincePublished", "Maximum")
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["EvaluationWindow"] == {"WallClockWindow": {"Timezone": "UTC"}}
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (86_400, 1)
    # If there is no value for a whole day, the function that reports the age is broken.
    assert alarm["TreatMissingData"] == "breaching"
    # On the day of its creation, a new alarm would have no values for the earlier hours.
    assert alarm["WarmUpConfiguration"]["WarmUpPeriodDurationInMinutes"] * 60 >= alarm["Period"]
    assert alarm["WarmUpConfiguration"]["OnlyStartEvaluatingAfterWarmUpPeriodEnds"] is True


def test_a_schedule_of_hours_is_watched_by_the_hour_in_its_time_zone() -> None:
    template = synthesized(schedule="rate(6 hours)", time_zone="Europe/Berlin", flexible_window_minutes=0)
    alarm = by_name(template)["NothingPublished"]
    assert alarm["Threshold"] == 9 / 24
    assert alarm["Period"] == 3_600
    assert alarm["EvaluationWindow"] == {"WallClockWindow": {"Timezone": "Europe/Berlin"}}
    assert alarm["WarmUpConfiguration"]["WarmUpPeriodDurationInMinutes"] == 120


def test_with_the_schedule_off_nobody_waits_for_a_run() -> None:
    template = synthesized(schedule_enabled=False)
    assert set(by_name(template)) == {alarm.name for alarm in ALARMS} - {"NothingPublished"}


@pytest.mark.parametrize(
    ("schedule", "window", "late"),
    [
        ("cron(0 3 1 * ? *)", 0, timedelta(days=46.5)),
        ("cron(0 3 ? * MON,THU *)", 60, timedelta(days=6, hours=1)),
        ("rate(10 minutes)", 0, timedelta(minutes=15)),
    ],
)
def test_lists_are_late_by_the_longest_gap_and_the_window(schedule: str, window: int, late: timedelta) -> None:
    given = {"schedule": schedule, "flexible_window_minutes": window}
    assert late_after(Settings.from_context(given.get)) == late
