"""A stack is not destroyed during a run, or during the execution after publishing."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from topx.cloud import cdk, destroying
from topx.terminal import Terminal

OUTPUTS = {"BucketName": "b", "TableName": "t", "StateMachineArn": "run", "AfterPublishingArn": "after"}


def place(running: dict[str, str], outputs: dict[str, str], *, protected: bool = False, denied: bool = False) -> Any:
    """An account whose state machines have these running executions, by machine."""

    def list_executions(stateMachineArn: str, statusFilter: str) -> dict[str, Any]:
        assert statusFilter == "RUNNING"
        if denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "ListExecutions")
        name = running.get(stateMachineArn)
        return {"executions": [{"name": name}] if name else []}

    stack = {
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        "EnableTerminationProtection": protected,
    }
    states = SimpleNamespace(list_executions=list_executions)
    session = SimpleNamespace(client=lambda _: states)
    return SimpleNamespace(stack=lambda _: stack, session=session, account="1", region="r", identity="me")


def destroy(where: Any) -> str:
    screen = io.StringIO()
    console = Terminal(file=screen, width=200)
    destroying.destroy(where, console, "shop", profile=None, context={}, delete_data=False, confirm="shop")
    return screen.getvalue()


@pytest.mark.parametrize(
    ("running", "reported"),
    [
        ({"run": "monday"}, "the run monday is in progress: wait until it ends, or stop it (topx cancel)"),
        (
            {"after": "r-1"},
            "AfterPublishing of run r-1 is in progress: wait until it ends, in a few minutes",
        ),
    ],
)
def test_a_stack_with_something_under_way_stays(
    running: dict[str, str], reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdk, "run", lambda *_, **__: pytest.fail("the CDK is asked"))
    with pytest.raises(destroying.DestroyRefused) as refused:
        destroy(place(running, OUTPUTS))
    assert str(refused.value) == reported


@pytest.mark.parametrize("outputs", [OUTPUTS, {**OUTPUTS, "AfterPublishingArn": ""}], ids=["idle", "of an older topx"])
def test_otherwise_it_goes(outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(cdk, "run", lambda command, *_, **__: asked.append(command))
    destroy(place({}, {name: value for name, value in outputs.items() if value}))
    assert asked == ["destroy"]


def test_a_protected_stack_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdk, "run", lambda *_, **__: pytest.fail("the CDK is asked"))
    with pytest.raises(destroying.DestroyRefused, match="deploy it with termination_protection=false first"):
        destroy(place({}, OUTPUTS, protected=True))


def test_whoever_may_not_ask_for_runs_is_told_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(cdk, "run", lambda command, *_, **__: asked.append(command))
    assert "cannot tell whether a run is in progress" in destroy(place({}, OUTPUTS, denied=True))
    assert asked == ["destroy"]
