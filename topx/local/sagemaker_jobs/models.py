"""SageMaker models as records on disk."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from topx.local.sagemaker_jobs.endings import REFUSED_BY_SAGEMAKER, validation_exception
from topx.local.sagemaker_jobs.job import now_ms

_DELETED = "DeletedTime"


class Models:
    """The models of one engine; a deleted one's name stays taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, request: Mapping[str, Any], arn: str) -> None:
        """Keep a checked CreateModel request.

        Raises:
            RequestInvalid: when a model with this name exists or existed.
        """
        path = self._path(request["ModelName"])
        record = {name: value for name, value in request.items() if name != "Tags"}
        try:
            with path.open("x", encoding="utf-8") as file:
                json.dump({**record, "ModelArn": arn, "CreationTime": now_ms()}, file)
        except FileExistsError:
            raise validation_exception(f'Cannot create already existing model "{arn}".') from None

    def describe(self, name: str, arn: str, *, refusal: str = REFUSED_BY_SAGEMAKER) -> dict[str, Any]:
        """A model's Describe document.

        Raises:
            RequestInvalid: when there is no such model.
        """
        path = self._path(name)
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {_DELETED: None}
        if _DELETED in record:
            raise validation_exception(f'Could not find model "{arn}".', refusal)
        return dict(record)

    def all(self) -> list[dict[str, Any]]:
        """Every model that was not deleted, in no particular order."""
        records = (json.loads(path.read_text(encoding="utf-8")) for path in self._folder.glob("*.json"))
        return [record for record in records if _DELETED not in record]

    def delete(self, name: str, arn: str, *, refusal: str = REFUSED_BY_SAGEMAKER) -> None:
        """Forget a model, except for its name.

        Raises:
            RequestInvalid: when there is no such model.
        """
        record = self.describe(name, arn, refusal=refusal)
        draft = self._folder / f"{name}.draft"
        draft.write_text(json.dumps({**record, _DELETED: now_ms()}), encoding="utf-8")
        draft.replace(self._path(name))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
