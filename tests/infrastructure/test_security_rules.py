"""cdk-nag's AwsSolutions rules for the stack: each finding is acknowledged or fixed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

import infra  # noqa: F401 - names the Node that aws_cdk runs on
from infra.settings import Settings
from infra.stack import TopxStack
from tests.infrastructure.security_acknowledgements import ACKNOWLEDGEMENTS, OTHER_RULES

REPOSITORY = Path(__file__).parents[2]
Finding = tuple[str, str]
Nag = Callable[[bool, dict[str, object]], set[Finding]]


def rule(finding: str) -> str:
    """A finding in the table, with cdk-nag's name."""
    return f"AwsSolutions-{finding}" if finding in OTHER_RULES else f"AwsSolutions-IAM5[Resource::{finding}]"


EXPECTED = {(path, rule(finding)) for path, findings in ACKNOWLEDGEMENTS.items() for finding in findings}


@pytest.fixture
def nag(tmp_path: Path) -> Nag:
    """Synthesizes with the rules, with or without acknowledgements; returns the open findings: path and rule."""

    def run(acknowledged: bool, settings: dict[str, object]) -> set[Finding]:
        flags = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
        app = App(analytics_reporting=False, context={**flags, **settings}, outdir=str(tmp_path), tree_metadata=False)
        stack = TopxStack(app, Settings.from_context(app.node.try_get_context))
        if acknowledged:
            acknowledge(stack)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        try:
            app.synth()
        except RuntimeError as refusal:
            # Its findings are in the report, which a synthesis that failed elsewhere has not written.
            if "ValidationFailed" not in str(refusal):
                raise
        return open_findings(tmp_path / "validation-report.json")

    return run


def acknowledge(stack: TopxStack) -> None:
    for path, findings in ACKNOWLEDGEMENTS.items():
        resource: IConstruct = stack
        for name in path.split("/"):
            resource = resource.node.find_child(name)
        for finding, reason in findings.items():
            name = f"AwsSolutions::{rule(finding)}"
            Validations.of(resource).acknowledge(Acknowledgment(id=name, reason=reason))


def open_findings(report: Path) -> set[Finding]:
    (checks,) = [
        entry for entry in json.loads(report.read_text())["pluginReports"] if entry["pluginName"] == "AwsSolutions"
    ]
    return {
        (construct["constructPath"].removeprefix("topx/"), violation["ruleName"])
        for violation in checks["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_nothing_is_open(nag: Nag) -> None:
    assert nag(True, {"notify_email": "team@example.com"}) == set()


def test_every_finding_is_acknowledged_by_itself_and_none_in_reserve(nag: Nag) -> None:
    assert nag(False, {}) == EXPECTED


def test_each_reason_says_something_about_its_own_finding() -> None:
    reasons = [reason for findings in ACKNOWLEDGEMENTS.values() for reason in findings.values()]
    assert all(len(reason) > 30 and reason.endswith(".") for reason in reasons)
    assert not [reason for reason in reasons if "false positive" in reason.lower()]
