"""Runs prepare on files given as text, and reads its output with other readers."""

import gzip
import io
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from sagemaker.amazon.common import read_records

from containers.prepare.preparation import prepare
from contract import run_request
from contract.dataset_document import DatasetDocument
from contract.documents import ObjectVersion
from contract.forgotten_users import ForgottenUsers
from contract.marker_files import is_marker
from sagemaker_contract.job_paths import JobPaths
from sagemaker_contract.recordio import read_sparse
from tests.unit.contract import made_plan

RUN_ID = "20261123t030000120-a9711f"
STARTED = "2026-11-23T03:00:00.120Z"
COLUMNS: DatasetDocument = {"user": "user", "item": "item", "timestamp": "time", "timestamp_format": "seconds"}
Files = dict[str, str | bytes]


@dataclass(frozen=True)
class Prepared:
    """A finished job."""

    paths: JobPaths
    summary: Any  # Summary or RefusedSummary, depending on the test

    @property
    def output(self) -> Path:
        return self.paths.processing_output("prepared")

    @property
    def rejected(self) -> list[dict[str, Any]]:
        return self.rejected_in("rejected")

    @property
    def rejected_items(self) -> list[dict[str, Any]]:
        return self.rejected_in("rejected/items")

    def rejected_in(self, folder: str) -> list[dict[str, Any]]:
        files = sorted((self.paths.processing_output("run") / folder).glob("part-*.jsonl.gz"))
        return [json.loads(line) for file in files for line in gzip.open(file, "rt", encoding="utf-8")]

    def index(self, name: str) -> pd.DataFrame:
        columns = duckdb.execute("FROM read_parquet(?)", [str(self.output / "index" / f"{name}.parquet")]).fetchnumpy()
        return pd.DataFrame({column: pd.Series(values) for column, values in columns.items()})

    @property
    def written(self) -> list[str]:
        """Every file below output/, by relative path."""
        root = self.output.parent
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def examples(self, channel: str) -> pd.DataFrame:
        """user_index, item_index, label of every record in file order, by our own reader."""
        users = self.summary["users"]
        frames = []
        for file in sorted((self.output / channel).glob("part-*.pbr")):
            found = read_sparse(file.read_bytes())
            keys, first = np.asarray(found.keys).astype(np.int64), found.indptr[:-1]
            frames.append(
                pd.DataFrame(
                    {
                        "user_index": keys[first],
                        "item_index": keys[first + 1] - users,
                        "label": found.labels,
                        "file": file.name,
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)

    def sagemaker_records(self, channel: str) -> list[Any]:
        """The records by SageMaker's own reader."""
        files = sorted((self.output / channel).glob("part-*.pbr"))
        return [record for file in files for record in read_records(io.BytesIO(file.read_bytes()))]


def run_prepare(
    root: Path,
    interactions: Files,
    *,
    dataset: DatasetDocument | None = None,
    request: dict[str, Any] | None = None,
    items: Files | None = None,
    users: Files | None = None,
    planned: list[tuple[str, int]] | None = None,
    forgotten: ForgottenUsers | None = None,
) -> Prepared:
    """Run the job in a new folder below ``root``. ``planned`` has the planned interactions and sizes if they differ."""
    paths = JobPaths(root / uuid.uuid4().hex)
    for name, files in (("interactions", interactions), ("items", items or {}), ("users", users or {})):
        for path, content in files.items():
            target = paths.processing_input(name) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
    objects = _objects(interactions, "interactions")
    if planned is not None:
        objects = [_object(f"input/interactions/{path}", size) for path, size in planned]
    plan = made_plan.plan(
        RUN_ID,
        run_request.parse({"refit": True, **(request or {})}),
        dataset or COLUMNS,
        files={"objects": objects, "items": _objects(items or {}, "items"), "users": _objects(users or {}, "users")},
        forgotten=forgotten["users"] if forgotten else (),
        started=STARTED,
    )
    if forgotten:
        paths.processing_input("forgotten").mkdir(parents=True)
        (paths.processing_input("forgotten") / "forgotten.json").write_text(json.dumps(forgotten), encoding="utf-8")
    paths.processing_input("plan").mkdir(parents=True)
    (paths.processing_input("plan") / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    return Prepared(paths, prepare(paths))


def _objects(files: Files, folder: str) -> list[ObjectVersion]:
    """The entry of the files in plan.json."""
    return [
        _object(f"input/{folder}/{path}", len(content.encode() if isinstance(content, str) else content))
        for path, content in files.items()
        if content and not is_marker(path)
    ]


def _object(key: str, size: int) -> ObjectVersion:
    return {"key": key, "size": size, "etag": "0" * 32}


def csv_text(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False))


def random_interactions(seed: int, users: int, items: int, rows: int) -> pd.DataFrame:
    """Uneven popularity, few distinct times (so that ties are common) and repeated pairs."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "user": [f"u{n:03d}" for n in rng.integers(0, users, rows)],
            "item": [f"i{n:03d}" for n in (rng.random(rows) ** 2 * items).astype(int)],
            "time": rng.integers(1_700_001_000, 1_700_001_030, rows),
            "value": rng.integers(1, 11, rows) / 2,
        }
    )
