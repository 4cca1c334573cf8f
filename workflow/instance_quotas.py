"""The SageMaker service quotas that a run needs, and the account's values.

Quotas are identified by name, such as "ml.m5.xlarge for processing job usage": their codes are opaque.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.request_document import SizedRequest
from contract.run_request import SPARK

SERVICE = "sagemaker"
_PAGE = 100  # the maximum page size of Service Quotas; SageMaker has thousands of quotas


@dataclass(frozen=True)
class Quota:
    """An account's quota: its value, and the code needed to request an increase."""

    value: float
    code: str


def needed(request: SizedRequest) -> dict[str, int]:
    """The instances that a run has at the same time, by quota name. Its jobs run one after the other.

    >>> from contract import run_request
    >>> from workflow import instance_sizes
    >>> request = run_request.parse({"spot": True, "training_instance_count": 3})
    >>> for name, instances in needed(instance_sizes.sized(request, instance_sizes.fitting(request, 0))).items():
    ...     print(instances, name)
    1 ml.m5.xlarge for processing job usage
    3 ml.c5.xlarge for spot training job usage
    1 ml.m5.xlarge for spot training job usage
    1 ml.c5.xlarge for transform job usage
    """
    training = "spot training" if request["spot"] else "training"
    prepares = request["prepare_instance_count"] if request["prepare_engine"] == SPARK else 1
    jobs = (
        ("processing", request["prepare_instance_type"], prepares),
        ("processing", request["extract_instance_type"], 1),
        (training, request["training_instance_type"], request["training_instance_count"]),
        (training, request["index_instance_type"], 1),
        ("transform", request["transform_instance_type"], request["transform_instance_count"]),
    )
    found: dict[str, int] = {}
    for kind, instance_type, instances in jobs:
        name = f"{instance_type} for {kind} job usage"
        found[name] = max(found.get(name, 0), instances)
    return found


def look_up(client: Any, names: frozenset[str]) -> dict[str, Quota]:
    """The account's quotas with these ``names``: the account's own value, or AWS's default. Unknown names are left out.

    Args:
        client: boto3 Service Quotas client.

    Raises:
        BotoCoreError, ClientError: if they cannot be read.
    """
    found: dict[str, Quota] = {}
    # "For some quotas, only the default values are available": ListServiceQuotas, Service Quotas API reference.
    for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
        pages = client.get_paginator(operation).paginate(ServiceCode=SERVICE, PaginationConfig={"PageSize": _PAGE})
        missing = names - found.keys()
        for page in pages if missing else ():
            for quota in page["Quotas"]:
                if quota["QuotaName"] in missing and "Value" in quota:
                    found[quota["QuotaName"]] = Quota(quota["Value"], quota["QuotaCode"])
            if names <= found.keys():
                break
    return found


def shortfalls(wanted: Mapping[str, int], has: Mapping[str, Quota]) -> list[str]:
    """A message for each quota that allows fewer instances than the run needs.

    >>> shortfalls({"ml.c5.xlarge for training job usage": 1}, {"ml.c5.xlarge for training job usage": Quota(0, "L-1")})
    ['the quota "ml.c5.xlarge for training job usage" must be at least 1, and is 0: request more (aws service-quotas \
request-service-quota-increase --service-code sagemaker --quota-code L-1 --desired-value 1), or use another instance \
type']
    """
    return [
        f'the quota "{name}" must be at least {least}, and is {has[name].value:g}: request more (aws service-quotas '
        f"request-service-quota-increase --service-code {SERVICE} --quota-code {has[name].code} --desired-value "
        f"{least}), or use another instance type"
        for name, least in wanted.items()
        if name in has and has[name].value < least
    ]
