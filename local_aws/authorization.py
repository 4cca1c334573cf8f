"""Roles in the embedded AWS: who may assume one, and what it may do, evaluated by ministack.

ministack authorizes calls over HTTP. It does not authorize what AWS services do for a user inside AWS; this module
does, with the role that the service would use.
"""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from local_aws import engine, role_sessions
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials, RoleNotTaken


class AccessDenied(Exception):
    """A role may not do it; the message names the role, the action and the resource, in IAM's own words."""


@dataclass(frozen=True)
class Need:
    """A call for which a role needs permission.

    ``resource`` is an ARN, or ``*`` for an action without resources; ``context`` has the condition keys of the request.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RoleSession:
    """A role assumed by a service: calls are authorized, and signed, with it."""

    arn: str
    credentials: RoleCredentials

    def require(self, *needs: Need) -> None:
        """Check that the role may make all of these calls.

        Raises:
            AccessDenied: for the first that is not allowed.
        """
        for need in needs:
            service = need.action.partition(":")[0]
            refusal = iam_evaluator.enforce(
                self.credentials.access_key,
                need.action,
                service,
                get_region(),
                resource_arn=need.resource,
                service_context=dict(need.context),
            )
            if refusal is not None:
                raise AccessDenied(_denial(self.arn, need, refusal))


def take_role(role_arn: str, service: str, session: str, context: Mapping[str, str] | None = None) -> RoleSession:
    """Assume the role for a service, if its trust policy allows it.

    Args:
        role_arn: the role.
        service: the service principal: ``states.amazonaws.com``, …
        session: the session name, as the service chooses it.
        context: the service's condition keys: ``aws:SourceArn``. The account is known.

    Raises:
        AccessDenied: if there is no such role, or the service may not assume it.
    """
    account, name = get_account_id(), role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get_scoped(account, None, name)
    if role is None or not _trusts(role["AssumeRolePolicyDocument"], service, account, context or {}):
        raise AccessDenied(
            f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}; the role must be there, "
            f"and its trust policy must name {service} and hold for this account"
        )
    arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
    credentials = role_sessions.begin(arn, f"{name}:{session}", account)
    return RoleSession(arn, credentials)


def role_of_a_job(role_arn: str) -> RoleCredentials:
    """The credentials with which SageMaker signs a job's requests.

    Raises:
        RoleNotTaken: if the role does not exist or SageMaker may not assume it.
    """
    try:
        return take_role(role_arn, "sagemaker.amazonaws.com", "SageMaker").credentials
    except AccessDenied as denied:
        raise RoleNotTaken(str(denied)) from denied


def _denial(principal: str, need: Need, refusal: Any) -> str:
    if getattr(refusal, "resource_policy_arn", ""):
        reason = "with an explicit deny in a resource-based policy"
    elif getattr(refusal, "decision", "") == "Deny":
        reason = "with an explicit deny in an identity-based policy"
    else:
        reason = f"because no identity-based policy allows the {need.action} action"
    return f"User: {principal} is not authorized to perform: {need.action} on resource: {need.resource} {reason}"


def _trusts(document: str | Mapping[str, Any], service: str, account: str, context: Mapping[str, str]) -> bool:
    known = {"aws:SourceAccount": account, **context}
    asked = iam_evaluator.EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn="*",
        region=get_region(),
        service_context={name.lower(): value for name, value in known.items()},
    )
    policy = json.loads(document) if isinstance(document, str) else document
    return bool(iam_evaluator.evaluate_resource_policy(policy, asked, service).decision == "Allow")


def count_loopback_as_secure() -> None:
    """Makes ``aws:SecureTransport`` true for every request.

    The policies of the bucket, the topic and the queues deny requests without TLS. The engine listens only on the
    loopback interface, where nobody can eavesdrop, so this counts as TLS. All other statements of those policies apply.
    """
    iam_evaluator._request_origin = ContextVar("ministack_request_origin", default=(engine.HOST, True))
    pin = iam_evaluator.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)


def name_resources() -> None:
    """Makes ministack determine the resource of a call where it does not, or not as AWS does.

    These are: the Map run of ListExecutions; for calls about a log group and a stream, both, even if the stream is
    empty, as in AWS's denials (hashicorp/terraform-provider-aws#8804); and the resource in denials.
    """
    extract, answer = iam_actions.extract_resource_arn, iam_actions.access_denied_response

    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *more: Any) -> str:
        if service == "states" and b'"mapRunArn"' in body:
            return str(json.loads(body)["mapRunArn"])
        if service == "logs" and b'"logGroupName"' in body:
            asked = json.loads(body)
            stream = f"log-group:{asked['logGroupName']}:log-stream:{asked.get('logStreamName', '')}"
            return f"arn:aws:logs:{get_region()}:{get_account_id()}:{stream}"
        return str(extract(service, method, path, headers, body, *more))

    def access_denied_response(service: str, action: str, principal: str, request_id: str, **more: Any) -> Any:
        text = {"message", "error_code", "resource_policy_arn"} & {name for name, value in more.items() if value}
        if not text and "resource_arn" in more:
            more["message"] = iam_actions.identity_denial_message(
                action, principal, more["resource_arn"], more.get("explicit_deny", False)
            )
        return answer(service, action, principal, request_id, **more)

    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.access_denied_response = access_denied_response
