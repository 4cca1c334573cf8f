"""The dashboard answers four questions, with metrics that are emitted and resources of the stack."""

import json
from typing import Any

import pytest

from tests.infrastructure.role_statements import text
from tests.infrastructure.template_parts import of_type
from workflow.alarms import ALARMS
from workflow.run_metrics import METRICS

# "Dashboard body structure and syntax", CloudWatch API reference.
WIDGETS = {
    "text": {"markdown"},
    "alarm": {"title", "alarms"},
    "metric": {"view", "title", "region", "metrics", "yAxis", "period", "stat", "annotations"},
    "log": {"view", "title", "region", "query"},
}


@pytest.fixture(scope="module")
def body(template: dict[str, Any]) -> dict[str, Any]:
    (dashboard,) = of_type(template, "AWS::CloudWatch::Dashboard").values()
    found: dict[str, Any] = json.loads(text(dashboard["Properties"]["DashboardBody"], template))
    return found


def widgets(body: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [widget["properties"] for widget in body["widgets"] if widget["type"] == kind]


def lines(body: dict[str, Any]) -> list[list[Any]]:
    """The metrics of every graph and number: namespace, name, dimension names and values, options."""
    return [line for widget in widgets(body, "metric") for line in widget["metrics"]]


def test_the_body_is_as_the_service_reads_it(body: dict[str, Any]) -> None:
    assert set(body) == {"start", "periodOverride", "widgets"}
    assert body["periodOverride"] in ("auto", "inherit")
    assert len(body["widgets"]) <= 500
    taken: set[tuple[int, int]] = set()
    for widget in body["widgets"]:
        assert set(widget) == {"type", "x", "y", "width", "height", "properties"}
        assert set(widget["properties"]) <= WIDGETS[widget["type"]], widget["type"]
        places = {
            (widget["x"] + right, widget["y"] + down)
            for right in range(widget["width"])
            for down in range(widget["height"])
        }
        assert not taken & places
        assert max(x for x, _ in places) < 24
        taken |= places


def test_it_asks_four_questions_in_order(body: dict[str, Any]) -> None:
    headings = [widget["markdown"] for widget in widgets(body, "text")]
    assert headings == ["# Is it well?", "# Is it late?", "# Is it good?", "# What does it cost?"]


def test_it_shows_each_metric_of_the_table_and_no_other_of_ours(body: dict[str, Any]) -> None:
    own = [line for line in lines(body) if line[0] == "topx"]
    assert {line[1] for line in own} == {metric.name for metric in METRICS}
    assert {tuple(line[2:4]) for line in own} == {("Stack", "<AWS::StackName>")}
    assert {line[0] for line in lines(body)} == {"topx", "AWS/States", "AWS/DynamoDB"}


def test_it_shows_every_alarm(body: dict[str, Any], template: dict[str, Any]) -> None:
    (status,) = widgets(body, "alarm")
    assert {arn.strip("<>") for arn in status["alarms"]} == set(of_type(template, "AWS::CloudWatch::Alarm"))
    assert len(status["alarms"]) == len(ALARMS)


def test_it_reads_the_logs_of_all_functions_by_run(body: dict[str, Any], template: dict[str, Any]) -> None:
    (log,) = widgets(body, "log")
    sources = [part for part in log["query"].split(" | ") if part.startswith("SOURCE")]
    groups = {
        function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        for function in of_type(template, "AWS::Lambda::Function").values()
    }
    assert {source.split("'")[1].strip("<>") for source in sources} == groups
    assert "run_id" in log["query"]


def test_the_outputs_name_it(template: dict[str, Any]) -> None:
    (name,) = of_type(template, "AWS::CloudWatch::Dashboard")
    assert template["Outputs"]["DashboardName"]["Value"] == {"Ref": name}
