"""SageMaker's Model Registry as records on disk: groups, each with packages numbered from 1."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_aws.sagemaker_jobs.endings import validation_exception
from local_aws.sagemaker_jobs.job import now_ms, read_record

_GROUP = "group"


class ModelRegistry:
    """The groups and packages of one engine; a package is available at once, without checking its image or data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def create_group(self, request: Mapping[str, Any], arn: str) -> None:
        """Store a validated CreateModelPackageGroup request.

        Raises:
            RequestInvalid: if the group exists already.
        """
        name = request["ModelPackageGroupName"]
        with self._lock:
            if self._path(name, _GROUP).exists():
                raise validation_exception(f"Model Package Group already exists: {arn}")
            self._write(name, _GROUP, {**request, "ModelPackageGroupArn": arn, "CreationTime": now_ms()})

    def create(self, request: Mapping[str, Any], arn_prefix: str) -> str:
        """Store a validated CreateModelPackage request as the group's next package; a ClientToken creates only one
        package.

        Returns:
            the package's ARN.

        Raises:
            RequestInvalid: if there is no such group, or the request has tags, which only the group may have.
        """
        group = request.get("ModelPackageGroupName")
        if group is None or "ModelPackageName" in request:
            raise validation_exception("only packages of a group are offered on this machine: ModelPackageGroupName")
        if "Tags" in request:
            raise validation_exception("Tags cannot be given for a model package of a group: it has the group's")
        with self._lock:
            there = self.packages(group)
            for package in there:
                if package.get("ClientToken", "") == request.get("ClientToken"):
                    return str(package["ModelPackageArn"])
            number = 1 + max((package["ModelPackageVersion"] for package in there), default=0)
            arn = f"{arn_prefix}:model-package/{group.lower()}/{number}"
            record = {
                **request,
                "ModelPackageArn": arn,
                "ModelPackageVersion": number,
                "CreationTime": now_ms(),
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": []},
            }
            self._write(group, str(number), record)
            return arn

    def packages(self, group: str) -> list[dict[str, Any]]:
        """Every package of a group, in no particular order.

        Raises:
            RequestInvalid: if there is no such group.
        """
        if not self._path(group, _GROUP).exists():
            raise validation_exception(f"ModelPackageGroup {group} does not exist.")
        records = (read_record(path) for path in self._path(group, _GROUP).parent.glob("*.json") if path.stem != _GROUP)
        return [record for record in records if record]

    def describe(self, arn: str) -> dict[str, Any]:
        """A package's Describe document.

        Raises:
            RequestInvalid: if there is no such package.
        """
        group, _, number = arn.rpartition(":model-package/")[2].partition("/")
        record = read_record(self._path(group, number)) if group and number.isdigit() else {}
        if record.get("ModelPackageArn") != arn:
            raise validation_exception(f"ModelPackage {arn} does not exist.")
        return record

    def _write(self, group: str, name: str, record: Mapping[str, Any]) -> None:
        path = self._path(group, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(record), encoding="utf-8")
        draft.replace(path)

    def _path(self, group: str, name: str) -> Path:
        return self._folder / group.lower() / f"{name}.json"
