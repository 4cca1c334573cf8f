"""Checks whether an account, its region and this machine are ready for a deployment, before anything is changed.

Errors would make the deployment fail; warnings would only make a run fail, because raising a quota may take days.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from contract import run_request
from infra.settings import DEFAULT_QUALIFIER, Settings
from topx.aws_problems import is_denied
from topx.cloud import image_builder, key_policy
from topx.cloud.place import Place
from topx.home import REPOSITORY
from topx.problem import Problem
from workflow import instance_quotas, instance_sizes

# The minimum for a template of the pinned CDK (its rule CheckBootstrapVersion).
BOOTSTRAP_VERSION = 6
_REGISTRY = REPOSITORY / "infra" / "algorithm_registry.json"
# Concurrent functions of a run: those of its largest Map. The account's other functions run as well.
_FUNCTIONS_AT_ONCE = 8
# "Concurrent executions", one code in every region ("Lambda endpoints and quotas", AWS General Reference).
_CONCURRENCY = "L-B99A9384"

T = TypeVar("T")


class NotReady(Problem):
    """The account, the region or this machine is missing something; the message lists all of it."""


@dataclass
class Readiness:
    """Errors and warnings; both are empty if all is well."""

    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def ask(self, what: str, look: Callable[[], T], permission: str) -> T | None:
        """The result of a check, or None if the credentials do not allow it: they may still be able to deploy.

        Args:
            what: what is unknown in that case.
            look: performs the check.
            permission: the permission that the check needs.
        """
        try:
            return look()
        except ClientError as error:
            if not is_denied(error):
                raise
        self.warnings.append(f"cannot tell {what}: the credentials do not allow {permission}")
        return None

    def add(self, others: "Readiness") -> None:
        self.missing += others.missing
        self.warnings += others.warnings

    def refuse(self) -> None:
        """Stop if there are errors.

        Raises:
            NotReady: with all of them.
        """
        if self.missing:
            raise NotReady("nothing was deployed. " + " ".join(self.missing))


def look(place: Place, settings: Settings) -> Readiness:
    """Run all checks."""
    found = Readiness()
    if place.region not in json.loads(_REGISTRY.read_text(encoding="utf-8"))["accounts"]:
        found.missing.append(
            f"SageMaker's built-in algorithms are not in {place.region}: see infra/{_REGISTRY.name} for others."
        )
    _look_at_bootstrap(place, settings, found)
    if fault := image_builder.fault():
        found.missing.append(fault)
    _look_at_quotas(place, settings, found)
    if settings.kms_key_arn:
        _look_at_key(place, settings.kms_key_arn, found)
    return found


def _look_at_bootstrap(place: Place, settings: Settings, found: Readiness) -> None:
    qualifier = settings.bootstrap_qualifier
    version = found.ask(
        "whether the region is bootstrapped", lambda: place.bootstrap_version(qualifier), "ssm:GetParameter"
    )
    if version is not None and version < BOOTSTRAP_VERSION:
        state = f"is bootstrapped with version {version} of {BOOTSTRAP_VERSION}" if version else "is not bootstrapped"
        own = "" if qualifier == DEFAULT_QUALIFIER else f" under the qualifier {qualifier}"
        found.missing.append(
            f"Region {place.region} of account {place.account} {state}{own}: run make bootstrap once for each region."
        )


def _look_at_quotas(place: Place, settings: Settings, found: Readiness) -> None:
    request = run_request.parse(settings.scheduled_input)
    wanted = instance_quotas.needed(instance_sizes.sized(request, instance_sizes.fitting(request, 0)))
    client = place.session.client("service-quotas")
    try:
        has = found.ask(
            "what SageMaker's quotas are",
            lambda: instance_quotas.look_up(client, frozenset(wanted)),
            "servicequotas:ListServiceQuotas and servicequotas:ListAWSDefaultServiceQuotas",
        )
        functions = found.ask(
            "how many Lambda functions may run at once",
            lambda: client.get_service_quota(ServiceCode="lambda", QuotaCode=_CONCURRENCY)["Quota"]["Value"],
            "servicequotas:GetServiceQuota",
        )
    except (BotoCoreError, ClientError) as error:
        found.warnings.append(f"cannot tell what the quotas are: Service Quotas does not respond ({error})")
        return
    if has is not None:
        found.warnings += instance_quotas.shortfalls(wanted, has)
        found.warnings += [
            f'cannot tell what the quota "{name}" is: Service Quotas does not list it'
            for name in wanted
            if name not in has
        ]
    if functions is not None and functions < _FUNCTIONS_AT_ONCE:
        found.warnings.append(
            f"the account allows {functions:g} concurrent Lambda functions, and a run uses {_FUNCTIONS_AT_ONCE}: "
            "request more (aws service-quotas request-service-quota-increase --service-code lambda --quota-code "
            f"{_CONCURRENCY} --desired-value 1000)"
        )


def _look_at_key(place: Place, arn: str, found: Readiness) -> None:
    def policy() -> Any:
        return place.session.client("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"]

    document = found.ask("what the key's policy allows", policy, "kms:GetKeyPolicy")
    if document is not None and (absent := key_policy.absent(json.loads(document), place.region, arn)):
        found.missing.append(
            f"The policy of the key {arn} must also let {' and '.join(absent)} use it, for the logs and the alarms: "
            f"add {json.dumps([*absent.values()])} to its statements."
        )
