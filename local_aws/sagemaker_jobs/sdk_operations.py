"""SageMaker's operations for SDKs: on models, on jobs, and on the Model Registry."""

import base64
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from local_aws.sagemaker_jobs.endings import RequestInvalid, validation_exception
from local_aws.sagemaker_jobs.job import PROCESSING, TRAINING, TRANSFORM, JobKind
from local_aws.sagemaker_jobs.service import Caller, LocalSageMaker
from local_aws.service_model import FaultKind, request_faults, sagemaker_model

Request = Mapping[str, Any]

_PAGE = 10  # items in a page of a list without MaxResults
_SHAPELESS = (FaultKind.UNKNOWN, FaultKind.TYPE)


class OperationRefused(Exception):
    """SageMaker answers with an error; ``code`` is its name, as in an SDK's exception."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SdkOperations:
    """The operations that functions and operators call, on the jobs and models of one engine."""

    def __init__(self, sagemaker: LocalSageMaker) -> None:
        self._sagemaker = sagemaker
        self._operations: dict[str, Callable[[Request, Caller], dict[str, Any]]] = {
            "ListModels": self._list_models,
            "DescribeModel": self._describe_model,
            "DeleteModel": self._delete_model,
            "CreateModelPackageGroup": self._create_group,
            "CreateModelPackage": self._create_package,
            "ListModelPackages": self._list_packages,
            "DescribeModelPackage": lambda request, _: sagemaker.registry.describe(request["ModelPackageName"]),
        }
        for kind in (TRAINING, PROCESSING, TRANSFORM):
            self._operations[f"Describe{kind.label}Job"] = self._describe(kind)
            self._operations[f"Stop{kind.label}Job"] = self._stop(kind)

    def call(self, operation: str, request: Any, caller: Caller) -> dict[str, Any]:
        """Answer one call, with times as on the wire: seconds since 1970.

        Args:
            operation: ``ListModels``, ``DescribeTrainingJob``, …
            request: the decoded body.
            caller: the account and region.

        Raises:
            OperationRefused: ``UnknownOperationException``, ``SerializationException`` or ``ValidationException``.
        """
        if operation not in self._operations:
            raise OperationRefused(
                "UnknownOperationException",
                f"{operation} is not offered on this machine; {', '.join(sorted(self._operations))} are",
            )
        _check_shape(operation, request)
        try:
            answer = self._operations[operation](request, caller)
        except RequestInvalid as refusal:
            raise OperationRefused("ValidationException", refusal.reason) from refusal
        shape = sagemaker_model().operation_model(operation).output_shape
        return {} if shape is None else dict(_on_the_wire(shape, answer))

    def _list_models(self, request: Request, _: Caller) -> dict[str, Any]:
        found = [model for model in self._sagemaker.models.all() if _is_asked_for(model, request)]
        return _page(found, request, "Models", "ModelName", ("ModelName", "ModelArn", "CreationTime"))

    def _create_group(self, request: Request, caller: Caller) -> dict[str, Any]:
        arn = f"{caller.arn_prefix}:model-package-group/{request['ModelPackageGroupName'].lower()}"
        self._sagemaker.registry.create_group(request, arn)
        return {"ModelPackageGroupArn": arn}

    def _create_package(self, request: Request, caller: Caller) -> dict[str, Any]:
        return {"ModelPackageArn": self._sagemaker.registry.create(request, caller.arn_prefix)}

    def _list_packages(self, request: Request, _: Caller) -> dict[str, Any]:
        if "ModelPackageGroupName" not in request:
            raise validation_exception("only the packages of a group are listed on this machine: ModelPackageGroupName")
        found = [p for p in self._sagemaker.registry.packages(request["ModelPackageGroupName"]) if _is_made(p, request)]
        shape = sagemaker_model().shape_for("ModelPackageSummary")
        return _page(found, request, "ModelPackageSummaryList", "ModelPackageVersion", tuple(shape.members))

    def _describe_model(self, request: Request, caller: Caller) -> dict[str, Any]:
        name = request["ModelName"]
        return self._sagemaker.models.describe(name, caller.model_arn(name))

    def _delete_model(self, request: Request, caller: Caller) -> dict[str, Any]:
        name = request["ModelName"]
        self._sagemaker.models.delete(name, caller.model_arn(name))
        return {}

    def _describe(self, kind: JobKind) -> Callable[[Request, Caller], dict[str, Any]]:
        return lambda request, _: self._sagemaker.jobs.describe(kind, request[kind.name_field])

    def _stop(self, kind: JobKind) -> Callable[[Request, Caller], dict[str, Any]]:
        def stop(request: Request, _: Caller) -> dict[str, Any]:
            self._sagemaker.jobs.stop(kind, request[kind.name_field])
            return {}

        return stop


def _check_shape(operation: str, request: Any) -> None:
    found = request_faults(operation, request)
    shapeless = [fault.message for fault in found if fault.kind in _SHAPELESS]
    if shapeless:
        raise OperationRefused("SerializationException", "; ".join(shapeless))
    if found:
        count = len(found)
        said = "; ".join(fault.message for fault in found)
        raise OperationRefused(
            "ValidationException", f"{count} validation error{'s' if count > 1 else ''} detected: {said}"
        )


def _page(
    found: list[dict[str, Any]], request: Request, listed: str, name: str, shown: Collection[str]
) -> dict[str, Any]:
    """One page of a list: newest first by default; equal times are ordered by ``name``."""
    field = name if request.get("SortBy") == "Name" else "CreationTime"
    descending = request.get("SortOrder", "Descending") == "Descending"

    def place(record: Mapping[str, Any]) -> list[Any]:
        return [record[field], record[name]]

    if "NextToken" in request:
        # By position and not by number: records may be deleted between two pages.
        last = _place_of(request["NextToken"])
        found = [record for record in found if (place(record) < last if descending else place(record) > last)]
    found.sort(key=place, reverse=descending)
    size = request.get("MaxResults", _PAGE)
    page = [{name: record[name] for name in shown if name in record} for record in found[:size]]
    return {listed: page} | ({"NextToken": _token(place(found[size - 1]))} if len(found) > size else {})


def _is_asked_for(model: Mapping[str, Any], request: Request) -> bool:
    return request.get("NameContains", "") in model["ModelName"] and _is_made(model, request)


def _is_made(record: Mapping[str, Any], request: Request) -> bool:
    """Whether it was created between the times in the request."""
    created = record["CreationTime"] / 1000
    return bool(
        request.get("CreationTimeAfter", float("-inf")) < created < request.get("CreationTimeBefore", float("inf"))
    )


def _token(place: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place_of(token: str) -> list[Any]:
    try:
        return list(json.loads(base64.urlsafe_b64decode(token)))
    except ValueError:
        raise validation_exception(f"Invalid NextToken {token!r}: it was not given by a list") from None


def _on_the_wire(shape: Any, value: Any) -> Any:
    """``value``, with times in milliseconds, as JSON of ``shape``; fields that are not in the shape are left out."""
    if shape.type_name == "structure":
        return {
            name: _on_the_wire(shape.members[name], inner) for name, inner in value.items() if name in shape.members
        }
    if shape.type_name == "list":
        return [_on_the_wire(shape.member, inner) for inner in value]
    return value / 1000 if shape.type_name == "timestamp" else value
