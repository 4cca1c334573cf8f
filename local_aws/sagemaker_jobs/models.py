"""SageMaker models as records on disk."""

import json
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_aws.sagemaker_jobs.endings import REFUSED_BY_SAGEMAKER, validation_exception
from local_aws.sagemaker_jobs.job import now_ms, read_record

_DELETED = "DeletedTime"

logger = logging.getLogger("local_aws.sagemaker")


class Models:
    """The models of one engine; names are never reused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, request: Mapping[str, Any], arn: str) -> None:
        """Store a validated CreateModel request.

        Raises:
            RequestInvalid: if a model with this name exists or existed.
        """
        name = request["ModelName"]
        draft = self._draft(name, {**request, "ModelArn": arn, "CreationTime": now_ms()})
        try:
            self._path(name).hardlink_to(draft)  # atomic, and never replaces an existing one
        except FileExistsError:
            raise validation_exception(f'Cannot create already existing model "{arn}".') from None
        finally:
            draft.unlink()

    def describe(self, name: str, arn: str, *, refusal: str = REFUSED_BY_SAGEMAKER) -> dict[str, Any]:
        """A model's Describe document.

        Raises:
            RequestInvalid: if there is no such model.
        """
        path = self._path(name)
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {_DELETED: None}
        if _DELETED in record:
            raise validation_exception(f'Could not find model "{arn}".', refusal)
        return dict(record)

    def all(self) -> list[dict[str, Any]]:
        """Every model that is not deleted, in no particular order."""
        records = (json.loads(path.read_text(encoding="utf-8")) for path in self._folder.glob("*.json"))
        return [record for record in records if _DELETED not in record]

    def find(self, arn: str) -> dict[str, Any] | None:
        """The model with this ARN, which is in lower case; None if there is none."""
        return next((record for record in self.all() if record["ModelArn"] == arn), None)

    def delete(self, name: str, arn: str, *, refusal: str = REFUSED_BY_SAGEMAKER) -> None:
        """Delete a model, except for its name.

        Raises:
            RequestInvalid: if there is no such model.
        """
        record = self.describe(name, arn, refusal=refusal)
        self._draft(name, {**record, _DELETED: now_ms()}).replace(self._path(name))

    def remove_damaged(self) -> None:
        """Delete records that a killed engine left incomplete: the creation of such a model was never reported."""
        for path in (*self._folder.glob("*.json"), *self._folder.glob("*.draft")):
            if not read_record(path) or path.suffix == ".draft":
                logger.warning("%s was incomplete and is deleted", path)
                path.unlink()

    def _draft(self, name: str, record: Mapping[str, Any]) -> Path:
        path = self._folder / f"{name}-{secrets.token_hex(4)}.draft"
        path.write_text(json.dumps(record), encoding="utf-8")
        return path

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
