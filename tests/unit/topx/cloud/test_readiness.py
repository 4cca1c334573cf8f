"""Missing prerequisites stop a deployment, those for runs only cause a warning, and failed checks do not stop it."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings
from tests.unit.topx.cloud.stubbed_place import StubbedPlace
from topx.cloud import key_policy, readiness
from topx.home import REPOSITORY

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
QUOTAS = {
    "ml.m5.xlarge for processing job usage": 4.0,
    "ml.c5.xlarge for training job usage": 1.0,
    "ml.m5.xlarge for training job usage": 1.0,
    "ml.c5.xlarge for transform job usage": 1.0,
}
ROOT: dict[str, Any] = {
    "Sid": "Enable IAM User Permissions",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*",
    "Resource": "*",
}


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StubbedPlace:
    """A region in which everything that is checked first is fine, and a docker that answers."""
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\n")
    docker.chmod(0o755)
    monkeypatch.setenv("CDK_DOCKER", str(docker))
    return StubbedPlace()


def bootstrapped(stubbed: StubbedPlace, qualifier: str = "hnb659fds", version: int = 21) -> None:
    name = f"/cdk-bootstrap/{qualifier}/version"
    stubbed.answer("ssm", "get_parameter", {"Parameter": {"Value": str(version)}}, {"Name": name})


def has_quotas(stubbed: StubbedPlace, quotas: dict[str, float], functions: float = 1000) -> None:
    listed = [{"QuotaName": name, "QuotaCode": "L-1", "Value": value} for name, value in quotas.items()]
    stubbed.answer("service-quotas", "list_service_quotas", {"Quotas": listed})
    if not quotas.keys() >= QUOTAS.keys():
        stubbed.answer("service-quotas", "list_aws_default_service_quotas", {"Quotas": []})
    asked = {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"}
    stubbed.answer("service-quotas", "get_service_quota", {"Quota": {"Value": functions}}, asked)


def look(stubbed: StubbedPlace, **context: object) -> readiness.Readiness:
    return readiness.look(stubbed.place, Settings.from_context(context.get))


def test_where_all_is_well_nothing_is_said(stubbed: StubbedPlace) -> None:
    bootstrapped(stubbed)
    has_quotas(stubbed, QUOTAS)
    found = look(stubbed)
    assert (found.missing, found.warnings) == ([], [])


def test_a_quota_of_0_is_reported_and_stops_no_deployment(stubbed: StubbedPlace) -> None:
    bootstrapped(stubbed)
    has_quotas(stubbed, QUOTAS | {"ml.c5.xlarge for training job usage": 0.0})
    found = look(stubbed)
    assert found.missing == []
    (reported,) = found.warnings
    assert reported.startswith('the quota "ml.c5.xlarge for training job usage" must be at least 1, and is 0')


def test_the_quotas_are_those_of_the_scheduled_runs(stubbed: StubbedPlace) -> None:
    bootstrapped(stubbed)
    has_quotas(stubbed, QUOTAS | {"ml.c5.9xlarge for training job usage": 2.0})
    found = look(stubbed, scheduled_input={"training_instance_type": "ml.c5.9xlarge", "training_instance_count": 3})
    (reported,) = found.warnings
    assert '"ml.c5.9xlarge for training job usage" must be at least 3, and is 2' in reported


def test_a_quota_that_is_not_listed_is_not_known(stubbed: StubbedPlace) -> None:
    bootstrapped(stubbed)
    has_quotas(stubbed, dict.fromkeys(list(QUOTAS)[1:], 1.0))
    assert look(stubbed).warnings == [
        'cannot tell what the quota "ml.m5.xlarge for processing job usage" is: Service Quotas does not list it'
    ]


def test_an_account_of_ten_functions_is_enough_and_one_of_five_is_not(stubbed: StubbedPlace) -> None:
    for functions, reported in ((10, 0), (5, 1)):
        bootstrapped(stubbed)
        has_quotas(stubbed, QUOTAS, functions)
        assert len(look(stubbed).warnings) == reported


def test_what_the_credentials_may_not_ask_is_not_known_and_no_refusal(stubbed: StubbedPlace) -> None:
    stubbed.refuse("ssm", "get_parameter", "AccessDeniedException")
    stubbed.refuse("service-quotas", "list_service_quotas", "AccessDeniedException")
    stubbed.refuse("service-quotas", "get_service_quota", "AccessDeniedException")
    stubbed.refuse("kms", "get_key_policy", "AccessDeniedException")
    found = look(stubbed, kms_key_arn=KEY)
    assert found.missing == []
    assert [reported.split(": ")[0] for reported in found.warnings] == [
        "cannot tell whether the region is bootstrapped",
        "cannot tell what SageMaker's quotas are",
        "cannot tell how many Lambda functions may run at once",
        "cannot tell what the key's policy allows",
    ]
    assert all("do not allow" in reported for reported in found.warnings)


def test_where_there_is_no_service_quotas_that_is_said(stubbed: StubbedPlace) -> None:
    bootstrapped(stubbed)
    stubbed.refuse("service-quotas", "list_service_quotas", "UnknownOperationException", "no such service here")
    (reported,) = look(stubbed).warnings
    assert reported.startswith("cannot tell what the quotas are: Service Quotas does not respond")
    assert "no such service here" in reported


def test_a_bootstrap_of_ones_own_is_looked_for_by_its_qualifier(stubbed: StubbedPlace) -> None:
    bootstrapped(stubbed, "shop")
    has_quotas(stubbed, QUOTAS)
    assert look(stubbed, bootstrap_qualifier="shop").missing == []
    bootstrapped(stubbed, "shop", version=5)
    has_quotas(stubbed, QUOTAS)
    (reported,) = look(stubbed, bootstrap_qualifier="shop").missing
    assert "is bootstrapped with version 5 of 6 under the qualifier shop: run make bootstrap" in reported


def test_a_key_that_keeps_logs_and_alarms_out_is_refused_with_what_to_add(stubbed: StubbedPlace) -> None:
    bootstrapped(stubbed)
    has_quotas(stubbed, QUOTAS)
    policy = {"Version": "2012-10-17", "Statement": [ROOT]}
    stubbed.answer("kms", "get_key_policy", {"Policy": json.dumps(policy)}, {"KeyId": KEY, "PolicyName": "default"})
    (reported,) = look(stubbed, kms_key_arn=KEY).missing
    assert "must also let logs.eu-west-1.amazonaws.com and cloudwatch.amazonaws.com use it" in reported
    added = json.loads(reported.split(": add ")[1].split(" to its statements")[0])
    whole = {"Version": "2012-10-17", "Statement": [ROOT, *added]}
    assert key_policy.absent(whole, "eu-west-1", KEY) == {}
    assert [*key_policy.absent({"Statement": [ROOT, added[0]]}, "eu-west-1", KEY)] == ["cloudwatch.amazonaws.com"]


@pytest.mark.parametrize(
    ("principal", "effect", "lets_in"),
    [
        ("*", "Allow", True),
        ({"AWS": "*"}, "Allow", True),
        ({"AWS": ["*"]}, "Deny", False),
        ({"Service": "s3"}, "Allow", False),
    ],
)
def test_principals_of_any_form_are_read(principal: object, effect: str, lets_in: bool) -> None:
    policy = {"Statement": {"Effect": effect, "Principal": principal, "Action": "kms:*", "Resource": "*"}}
    assert (key_policy.absent(policy, "eu-west-1", KEY) == {}) is lets_in


def test_the_statements_of_the_documentation_are_these() -> None:
    page = (REPOSITORY / "docs" / "operate.md").read_text(encoding="utf-8")
    shown = json.loads(page.split("```json\n[")[1].split("```")[0].join(("[", "")))
    assert shown == [*key_policy.statements("eu-west-1", KEY).values()]
