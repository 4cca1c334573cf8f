"""What a deployment prints and asks before it changes anything, and what it prints if the first one fails."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from infra.settings import Settings
from tests.unit.topx.cloud.stubbed_place import ACCOUNT, REGION, StubbedPlace
from topx.cloud import cdk, deploying, readiness
from topx.cloud.place import Place
from topx.terminal import Terminal

STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/1"


class Deployment:
    """A stack that CloudFormation knows, a CDK that records calls, and the output."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stubbed, self.ran, self.fails = StubbedPlace(), list[tuple[str, ...]](), False
        self.screen = io.StringIO()
        monkeypatch.setattr(readiness, "look", lambda *_: readiness.Readiness())
        monkeypatch.setattr(cdk, "run", self._run)
        monkeypatch.setattr(Place, "output", lambda *_: None)

    def _run(self, command: str, arguments: list[str], **_: object) -> None:
        self.ran.append((command, *arguments))
        if self.fails:
            raise cdk.CdkFailed("cdk deploy ended with 1: see above")

    def stack(self, status: str = "UPDATE_COMPLETE", settings: Settings | None = None) -> None:
        outputs = [{"OutputKey": "Settings", "OutputValue": json.dumps(settings.as_json())}] if settings else []
        stack = {
            "StackName": "shop",
            "StackId": STACK_ID,
            "CreationTime": datetime.now(UTC),
            "StackStatus": status,
            "Outputs": outputs,
        }
        self.stubbed.answer("cloudformation", "describe_stacks", {"Stacks": [stack]}, {"StackName": "shop"})

    def nobodys(self) -> None:
        self.stubbed.refuse("cloudformation", "describe_stacks", "ValidationError", "Stack with id shop does not exist")

    def deploy(self, *, yes: bool = False, **context: object) -> str:
        settings = Settings.from_context({"stack_name": "shop", **context}.get)
        console = Terminal(file=self.screen, width=200)
        deploying.deploy(self.stubbed.place, console, settings, profile=None, context={}, yes=yes)
        return self.screen.getvalue()


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return Deployment(monkeypatch)


def settings(**context: object) -> Settings:
    return Settings.from_context({"stack_name": "shop", **context}.get)


def test_settings_that_would_be_dropped_are_reported_and_nothing_is_deployed_unasked(deployment: Deployment) -> None:
    deployment.stack(settings=settings(notify_email="team@example.com", scheduled_input={"top_x": 50}))
    with pytest.raises(readiness.NotReady, match=r"nothing was deployed\. Deploy with these changes"):
        deployment.deploy(keep_versions=4)
    said = deployment.screen.getvalue()
    assert "The settings change:" in said
    assert "notify_email  team@example.com -> nothing (the default)" in said
    assert 'scheduled_input  {"top_x": 50} -> nothing (the default)' in said
    assert "keep_versions  3 -> 4" in said
    assert "time_zone" not in said.split("The settings change:")[1]
    assert deployment.ran == []


def test_they_are_agreed_to_beforehand(deployment: Deployment) -> None:
    deployment.stack(settings=settings(notify_email="team@example.com"))
    assert "notify_email  team@example.com -> nothing" in deployment.deploy(yes=True)
    assert deployment.ran == [("deploy", "shop", "--require-approval", "never")]


@pytest.mark.parametrize(("typed", "goes_on"), [("y", True), ("yes", True), ("", False), ("n", False)])
def test_or_at_the_terminal(deployment: Deployment, typed: str, goes_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda: typed)
    deployment.stack(settings=settings(keep_versions=9))
    if goes_on:
        deployment.deploy()
    else:
        with pytest.raises(readiness.NotReady, match="as you answered"):
            deployment.deploy()
    assert bool(deployment.ran) is goes_on


def test_the_same_settings_again_are_not_asked_about(deployment: Deployment) -> None:
    deployment.stack(settings=settings(subnet_ids="subnet-0a1b2c3d", security_group_ids="sg-0a1b2c3d"))
    said = deployment.deploy(subnet_ids=["subnet-0a1b2c3d"], security_group_ids=["sg-0a1b2c3d"])
    assert "Updating the stack shop" in said
    assert "settings" not in said
    assert deployment.ran == [("deploy", "shop", "--require-approval", "broadening")]


def test_a_setting_that_the_deployed_topx_did_not_have_was_at_its_default(deployment: Deployment) -> None:
    deployed = settings().as_json()
    del deployed["keep_replaced_input_days"]
    deployment.stack(settings=type("Old", (), {"as_json": lambda _: deployed | {"gone": 1}})())
    said = deployment.deploy(yes=True)
    assert "keep_replaced_input_days" not in said
    assert "gone  1 -> no longer a setting" in said


def test_a_stack_of_an_older_topx_is_asked_about_whole(deployment: Deployment) -> None:
    deployment.stack()
    with pytest.raises(readiness.NotReady, match="does not record its settings: an older topx deployed it"):
        deployment.deploy(keep_versions=4)
    assert "Settings other than the defaults:\n  stack_name  shop\n  keep_versions  4\n" in deployment.screen.getvalue()


def test_a_new_stack_is_not_asked_about(deployment: Deployment) -> None:
    deployment.nobodys()
    assert "Creating the stack shop" in deployment.deploy(keep_versions=4)
    assert deployment.ran


def test_a_stack_that_may_not_be_looked_at_is_no_refusal(deployment: Deployment) -> None:
    deployment.stubbed.refuse("cloudformation", "describe_stacks", "AccessDenied")
    said = deployment.deploy(yes=True)
    assert "Creating or updating the stack shop" in said
    assert "warning: cannot tell whether the stack exists" in said
    assert deployment.ran


def left(deployment: Deployment, **resources: str) -> None:
    kinds = {"bucket": "AWS::S3::Bucket", "table": "AWS::DynamoDB::Table", "role": "AWS::IAM::Role"}
    described = [
        {
            "LogicalResourceId": kind,
            "PhysicalResourceId": f"shop-{kind}",
            "ResourceType": kinds[kind],
            "Timestamp": datetime.now(UTC),
            "ResourceStatus": status,
        }
        for kind, status in resources.items()
    ]
    deployment.stubbed.answer(
        "cloudformation", "describe_stack_resources", {"StackResources": described}, {"StackName": STACK_ID}
    )


def test_a_first_deployment_that_fails_names_what_it_left_and_how_to_remove_it(deployment: Deployment) -> None:
    deployment.nobodys()
    deployment.stack("ROLLBACK_COMPLETE")
    left(deployment, bucket="DELETE_COMPLETE", table="DELETE_SKIPPED", role="DELETE_COMPLETE")
    deployment.fails = True
    with pytest.raises(cdk.CdkFailed):
        deployment.deploy()
    said = deployment.screen.getvalue().split("To delete them:\n")[1]
    assert said == (
        "  AWS::DynamoDB::Table shop-table: aws dynamodb update-table --table-name shop-table "
        "--no-deletion-protection-enabled --region eu-west-1 && aws dynamodb delete-table --table-name shop-table "
        "--region eu-west-1\n"
    )


def _denied(deployment: Deployment) -> None:
    deployment.stubbed.refuse("cloudformation", "describe_stacks", "AccessDenied")


def _nothing_left(deployment: Deployment) -> None:
    deployment.stack("ROLLBACK_COMPLETE")
    left(deployment, bucket="DELETE_COMPLETE", table="DELETE_COMPLETE")


@pytest.mark.parametrize(("after", "reported"), [(_denied, "cannot be listed"), (_nothing_left, None)])
def test_the_cdks_failure_is_what_ends_it(
    deployment: Deployment, after: Callable[[Deployment], None], reported: str | None
) -> None:
    deployment.nobodys()
    after(deployment)
    deployment.fails = True
    with pytest.raises(cdk.CdkFailed, match="ended with 1"):
        deployment.deploy()
    assert (reported in deployment.screen.getvalue()) if reported else "has left" not in deployment.screen.getvalue()


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_was_never_whole_is_created_again(deployment: Deployment, status: str) -> None:
    deployment.stack(status)
    assert "Creating the stack shop" in deployment.deploy()


def test_a_failed_update_has_left_nothing_of_its_own(deployment: Deployment) -> None:
    deployment.stack(settings=settings())
    deployment.fails = True
    with pytest.raises(cdk.CdkFailed):
        deployment.deploy()
    assert "has left" not in deployment.screen.getvalue()


@pytest.mark.parametrize(
    ("qualifier", "arguments"),
    [("hnb659fds", ()), ("shop", ("--qualifier", "shop", "--toolkit-stack-name", "CDKToolkit-shop"))],
)
def test_a_bootstrap_of_ones_own_has_a_stack_of_its_own(
    deployment: Deployment, qualifier: str, arguments: tuple[str, ...]
) -> None:
    console = Terminal(file=io.StringIO())
    deploying.bootstrap(deployment.stubbed.place, console, settings(bootstrap_qualifier=qualifier), profile=None)
    assert deployment.ran == [("bootstrap", f"aws://{ACCOUNT}/{REGION}", *arguments)]
