"""The embedded AWS's Model Registry behind a real client, for tests of the function that registers."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse

from local_aws.engine_home import EngineHome
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials
from local_aws.sagemaker_jobs.sdk_operations import OperationRefused, SdkOperations
from local_aws.sagemaker_jobs.service import Caller, LocalSageMaker
from tests.unit.lambdas import sagemaker_requests
from tests.unit.local_aws.toy_engine import ToyCatalogue

CALLER = Caller("000000000000", "eu-west-1", lambda: None)


@dataclass
class Registry:
    """Answers a client's calls, which botocore's model must allow; ``refusals`` take precedence, by operation."""

    operations: SdkOperations
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusals: dict[str, tuple[str, str]] = field(default_factory=dict)
    loses_answers: bool = False
    forgets_tokens: bool = False

    @classmethod
    def empty(cls, home: Path, endpoint: str) -> "Registry":
        """Without any package, stored under ``home``."""
        nobodys = RoleCredentials("nobody", "none", None)
        return cls(SdkOperations(LocalSageMaker(EngineHome(home), ToyCatalogue(), endpoint, lambda _: nobodys)))

    def client(self) -> Any:
        """boto3's client, whose requests come here."""
        made = boto3.client("sagemaker", region_name=CALLER.region)
        made.meta.events.register_first("before-send.sagemaker", self._answer)
        return made

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """Call an operation directly."""
        return self.operations.call(operation, request, CALLER)

    def packages(self, group: str) -> list[dict[str, Any]]:
        """Every package of a group, described, the latest first."""
        listed = self.call("ListModelPackages", ModelPackageGroupName=group)["ModelPackageSummaryList"]
        return [self.call("DescribeModelPackage", ModelPackageName=one["ModelPackageArn"]) for one in listed]

    def _answer(self, request: AWSRequest, **_: Any) -> AWSResponse:
        operation, body = request.headers["X-Amz-Target"].decode().rpartition(".")[2], json.loads(request.body)
        self.asked.append((operation, body))
        assert sagemaker_requests.faults(operation, body) == []
        if self.forgets_tokens:
            body.pop("ClientToken", None)
        if operation in self.refusals:
            code, message = self.refusals[operation]
            status, answer = 400, {"__type": code, "message": message}
        else:
            status, answer = self._called(operation, body)
        if self.loses_answers and operation == "CreateModelPackage":
            raise ConnectionError("the answer was lost")
        headers = {"Content-Type": "application/x-amz-json-1.1"}
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(answer).encode()))

    def _called(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            return 200, self.operations.call(operation, body, CALLER)
        except OperationRefused as refusal:
            return 400, {"__type": refusal.code, "message": str(refusal)}


class _Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()
