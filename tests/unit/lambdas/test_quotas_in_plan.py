"""A run that exceeds the account's quotas ends when it is planned; if they are unknown, it continues."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from contract.refusal import RequestRefused
from lambdas import aws_clients
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.planning import RUN_ID, plan, smallest
from workflow import instance_types

NAMES = (
    "ml.m5.xlarge for processing job usage",
    "ml.c5.xlarge for training job usage",
    "ml.m5.xlarge for training job usage",
    "ml.c5.xlarge for transform job usage",
)


@pytest.fixture
def data(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    return smallest(aws, monkeypatch)


@pytest.fixture
def service_quotas(data: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """The function's client with canned responses; its other clients are the emulator's."""
    client = boto3.client("service-quotas")
    make = aws_clients.client
    monkeypatch.setattr(
        aws_clients, "client", lambda name, **more: client if name == "service-quotas" else make(name, **more)
    )
    with Stubber(client) as stub:
        yield stub


def listed(stub: Stubber, **values: float) -> None:
    quotas = [{"QuotaName": name, "QuotaCode": f"L-{place}", "Value": 1.0} for place, name in enumerate(NAMES)]
    for place, value in values.items():
        quotas[int(place[1:])]["Value"] = value
    stub.add_response("list_service_quotas", {"Quotas": quotas})


def quotas_of_plan(data: Aws) -> Any:
    return data.get_json(f"runs/{RUN_ID}/plan.json")["quotas"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_quota_of_0_is_refused_before_anything_else(service_quotas: Stubber, data: Aws, dry_run: bool) -> None:
    before = data.keys()
    listed(service_quotas, q1=0.0, q3=0.0)
    with pytest.raises(RequestRefused) as refusal:
        plan({"dry_run": dry_run})
    said = str(refusal.value)
    for place in (1, 3):
        assert f'"{NAMES[place]}" must be at least 1, and is 0' in said
        assert f"--quota-code L-{place} --desired-value 1" in said
    assert NAMES[0] not in said
    assert data.keys() == before


def test_quotas_that_are_enough_are_noted(service_quotas: Stubber, data: Aws) -> None:
    listed(service_quotas)
    plan()
    assert quotas_of_plan(data) == "enough for this run's instances"


def test_a_repeated_state_does_not_ask_again(service_quotas: Stubber, data: Aws) -> None:
    listed(service_quotas)
    assert plan() == plan()
    service_quotas.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["AccessDeniedException", "TooManyRequestsException", "NoSuchResourceException"])
def test_without_an_answer_the_run_goes_on_and_says_so(service_quotas: Stubber, data: Aws, code: str) -> None:
    service_quotas.add_client_error("list_service_quotas", code)
    plan()
    assert quotas_of_plan(data).startswith("unknown, because Service Quotas did not respond: ")
    assert code in quotas_of_plan(data)


def test_the_embedded_aws_has_no_service_quotas(data: Aws) -> None:
    plan()
    assert quotas_of_plan(data).startswith("unknown, because Service Quotas did not respond: ")


def test_the_list_of_instance_types_is_the_locked_botocores() -> None:
    from infra import print_instance_types  # noqa: PLC0415 - the package names a Node, which the others need not

    assert instance_types.FILE.read_text(encoding="utf-8") == print_instance_types.printed(), (
        "python -m infra.print_instance_types"
    )
