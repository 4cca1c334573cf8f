"""Refuses a run that exceeds the account's quotas before its first job, instead of after hours of retries."""

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from contract.refusal import RequestRefused
from contract.request_document import SizedRequest
from lambdas.aws_clients import AwsUnavailable
from workflow import instance_quotas

ENOUGH = "enough for this run's instances"
NOT_ASKED = "not checked: there is no job to run"

logger = logging.getLogger(__name__)


def require(client: Any, request: SizedRequest) -> str:
    """Check that no quota is below what the run needs. Other usage in the account at the time is unknown.

    Args:
        client: boto3 Service Quotas client.
        request: the run's.
    Returns:
        what is known about the quotas, for plan.json: a failure of Service Quotas does not stop a run.

    Raises:
        RequestRefused: with every quota that is too low.
    """
    wanted = instance_quotas.needed(request)
    try:
        has = instance_quotas.look_up(client, frozenset(wanted))
    except (AwsUnavailable, BotoCoreError, ClientError, ResponseParserError) as error:
        logger.warning("the quotas are unknown: %s", error)
        return f"unknown, because Service Quotas did not respond: {error}"
    if faults := instance_quotas.shortfalls(wanted, has):
        raise RequestRefused("; ".join(faults))
    unlisted = [name for name in wanted if name not in has]
    return f"not known of {', '.join(unlisted)}: Service Quotas does not list them" if unlisted else ENOUGH
