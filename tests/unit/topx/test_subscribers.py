"""A deployment and ``topx status`` say if nobody is notified of failures."""

import io
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.settings import Settings
from topx import subscribers
from topx.actions.status import show_stack
from topx.cloud import cdk, deploying, readiness
from topx.terminal import Terminal

TOPIC = "arn:aws:sns:eu-west-1:111122223333:failures"


def sns(confirmed: int = 0, pending: int = 0, *, error: str = "") -> Any:
    """A client whose next response is given, and validated by botocore against the service model."""
    client = boto3.client("sns", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    stub = Stubber(client)
    if error:
        stub.add_client_error("get_topic_attributes", error)
    else:
        attributes = {"SubscriptionsConfirmed": str(confirmed), "SubscriptionsPending": str(pending)}
        stub.add_response("get_topic_attributes", {"Attributes": attributes}, {"TopicArn": TOPIC})
    stub.activate()
    return client


@pytest.mark.parametrize(
    ("client", "said"),
    [
        (sns(), f"NOBODY IS NOTIFIED .* the topic has no subscriber. .*notify_email.* {TOPIC}"),
        (sns(pending=1), "NOBODY IS NOTIFIED .*: one subscriber has not confirmed"),
        (sns(2), r"Subscribed to failures and alarms: 2\.$"),
        (
            sns(2, 3),
            r"Subscribed to failures and alarms: 2; 3 subscribers have not confirmed the message that AWS has sent\.$",
        ),
        (sns(error="AuthorizationError"), rf"cannot be listed \(AuthorizationError\): {TOPIC}"),
    ],
)
def test_who_is_subscribed(client: Any, said: str) -> None:
    assert re.search(said, subscribers.description(client, TOPIC))


def test_a_deployment_says_so_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    monkeypatch.setattr(readiness, "look", lambda *_: readiness.Readiness())
    monkeypatch.setattr(cdk, "run", lambda *_, **__: order.append("deployed"))
    where: Any = SimpleNamespace(
        account="111122223333",
        region="eu-west-1",
        identity="me",
        stack=lambda _: None,
        output=lambda stack, name: order.append(f"{stack} {name}") or TOPIC,
        session=SimpleNamespace(client=lambda _: sns()),
    )
    written = io.StringIO()
    console = Terminal(file=written, width=100)
    deploying.deploy(where, console, Settings.from_context({}.get), profile=None, context={}, yes=True)
    assert order == ["deployed", "topx FailuresTopicArn"]
    assert "NOBODY IS NOTIFIED" in written.getvalue()


def test_the_status_of_a_stack_says_so_and_when_it_published_last() -> None:
    published = datetime.now(UTC) - timedelta(days=10.4)
    items: dict[str, Any] = {
        "meta#current": {"current": "v1", "newest": "v2"},
        "meta#version": {"published_at": published.isoformat()},
    }
    idle = SimpleNamespace(list_executions=lambda **_: {"executions": []})
    deployment: Any = SimpleNamespace(
        stack="shop",
        bucket="b",
        table=SimpleNamespace(get_item=lambda Key: {"Item": items[Key["pk"]]}),
        states=idle,
        state_machine="m",
        after_publishing="a",
        failures_topic=TOPIC,
        sns=sns(),
    )
    written = io.StringIO()
    show_stack(deployment, Terminal(file=written, width=100))
    assert "NOBODY IS NOTIFIED" in written.getvalue()
    assert f"Last published: {published:%Y-%m-%d %H:%M} UTC, 10.4 days ago" in written.getvalue()
