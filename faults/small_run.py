"""A small run as its jobs leave it before loading: prepared and written by the containers' own code, in memory.

Only the model is made up, with random factors, and k-NN's answers are computed by brute force from the rows that
extract wrote.
"""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from containers.extract.data import settings
from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.lists.publishable import write_lists
from containers.extract.model.parameters import Floats
from containers.extract.model.vectors import Vectors
from containers.prepare.preparation import prepare
from contract import forgotten_users, run_request
from contract.measured_documents import Metrics
from contract.run_layout import RunLayout
from faults.memory import MemoryBucket, MemoryTable
from lambdas.handlers.load_part import load_part, read_catalogue
from lambdas.handlers.publish_version import publish_version
from lambdas.loading.probe_proofs import AGREEMENT
from lambdas.s3_json import JsonDocuments
from sagemaker_contract import recordio
from sagemaker_contract.job_paths import JobPaths

RUN_ID = "20261123t030000120-a9711f"
LAYOUT = RunLayout("bucket", RUN_ID)
METRICS: Metrics = {
    "model": {"ndcg@10": 0.2},
    "most_popular": {"ndcg@10": 0.1},
    "difference": {"ndcg@10": 0.1},
    "intervals": {
        "model": {"ndcg@10": (0.1, 0.3)},
        "most_popular": {"ndcg@10": (0.05, 0.15)},
        "difference": {"ndcg@10": (0.0, 0.2)},
    },
    "ratio": {"value": 2.0, "interval": None},
    "users": 9,
    "held_out": 9,
    "head_items": 5,
    "champion": {"version": None, "comparable": False, "reason": "nothing is published yet"},
    "dial": [],
    "dial_users": 0,
    "dial_most_popular": None,
    "breakdown": None,
    "settings": {
        "chosen": settings.DEFAULT.as_json(),
        "reason": "The input sets everything.",
        "users": 0,
        "trials": [],
    },
    "hold_out": {"kind": "random", "because": "the data has no timestamp", "tied_users": 0},
}
REQUEST = {"top_x": 10, "factors": 6, "refit": False}
_USERS, _ITEMS, _ROWS = 60, 48, 700
# Twice the tolerance with which the loader accepts a distance as a product: a list's largest product may be smaller
# than its row's.
_ROUNDING = 2 * AGREEMENT
_EXECUTION = "arn:aws:states:eu-west-1:000000000000:execution:topx:faults"

Lists = dict[tuple[str, str], tuple[list[str], list[float]]]


@dataclass
class SmallRun:
    """The run's objects, and the rows from which k-NN's answers are computed."""

    bucket: MemoryBucket
    item_rows: Floats  # of all items, by label
    user_rows: dict[str, Floats]  # by part
    k: int

    def copy(self) -> "SmallRun":
        """A copy of the run, whose objects can be changed."""
        return SmallRun(self.bucket.copy(), self.item_rows, self.user_rows, self.k)

    @property
    def parts(self) -> list[str]:
        return sorted(self.user_rows)

    def document(self, key: str) -> Any:
        return json.loads(self.bucket.objects[key])

    def answers(self, part: str) -> list[dict[str, list[float]]]:
        """The transform's lines."""
        body = self.bucket.objects[answers_key(part)]
        return [json.loads(line) for line in body.splitlines() if line.strip()]

    def answer(self, part: str, lines: list[dict[str, list[float]]]) -> None:
        """Write the transform's output."""
        self.bucket.objects[answers_key(part)] = "".join(f"{json.dumps(line)}\n" for line in lines).encode()

    def find_neighbours(self, item_rows: Floats, labels: list[int], rows: dict[str, Floats] | None = None) -> None:
        """Answer all parts by brute force, ascending, with these item rows and labels."""
        for part, users in (rows or self.user_rows).items():
            products = users @ item_rows.T
            best = np.argsort(-products, axis=1, kind="stable")[:, : self.k][:, ::-1]
            lines = [
                {"labels": [float(labels[place]) for place in row], "distances": products[number, row].tolist()}
                for number, row in enumerate(best)
            ]
            self.answer(part, lines)


def answers_key(part: str) -> str:
    """The key of the transform's output for a part."""
    return f"{LAYOUT.neighbours}{part}.pbr.out"


def small_run(seed: int = 0) -> SmallRun:
    """A run of 60 users in 4 parts."""
    with tempfile.TemporaryDirectory() as folder:
        paths = JobPaths(Path(folder))
        plan = prepared(paths, _random_interactions(seed), REQUEST, {"user": "user", "item": "item"})
        bucket = MemoryBucket({LAYOUT.plan: plan, LAYOUT.metrics: json.dumps(METRICS).encode()})
        run = read_run(paths)
        index = DataIndex(paths.processing_input("index"), run.users, run.items)
        draw = np.random.default_rng(seed)
        items, users = (draw.normal(size=(size, 6)).astype(np.float32) for size in (run.items, run.users))
        vectors = Vectors(np.column_stack([items, draw.normal(size=run.items).astype(np.float32)]), users)
        write_lists(run, index, index.catalogue(), vectors, paths)
        outputs = {"run": LAYOUT.run, "vectors": LAYOUT.vectors}
        for name, prefix in outputs.items():
            root = paths.processing_output(name)
            bucket.objects |= {
                f"{prefix}{file.relative_to(root)}": file.read_bytes() for file in root.rglob("*") if file.is_file()
            }
        rows = {
            file.stem: recordio.read_dense(file.read_bytes()).rows
            for file in (paths.processing_output("vectors") / "users").iterdir()
        }
        found = SmallRun(bucket, vectors.items, rows, run.neighbours)
        found.find_neighbours(vectors.items, list(range(run.items)))
        return found


def _random_interactions(seed: int) -> str:
    draw = np.random.default_rng(seed)
    pairs = zip(draw.integers(0, _USERS, _ROWS), (draw.random(_ROWS) ** 2 * _ITEMS).astype(int), strict=True)
    return "user,item\n" + "".join(f"user {user},item {item}\n" for user, item in pairs)


def prepared(paths: JobPaths, text: str, request: dict[str, Any], dataset: dict[str, Any]) -> bytes:
    """Prepare the interactions in a CSV file; extract's inputs are in place afterwards. Returns plan.json."""
    for name in ("interactions", "plan"):
        paths.processing_input(name).mkdir(parents=True)
    (paths.processing_input("interactions") / "a.csv").write_text(text, encoding="utf-8")
    plan = {
        "run_id": RUN_ID,
        "execution": {
            "arn": _EXECUTION,
            "started": "2026-11-23T03:00:00Z",
        },
        "request": run_request.parse(request),
        "dataset": dataset,
        "input": {"objects": [{"key": "input/interactions/a.csv", "size": len(text)}], "items": [], "users": []},
        "champion": None,
        "forgotten": forgotten_users.note_of(()),
    }
    body = json.dumps(plan).encode()
    (paths.processing_input("plan") / "plan.json").write_bytes(body)
    prepare(paths)
    summary = (paths.processing_output("run") / "summary.json").read_bytes()
    paths.processing_input("summary").mkdir()
    (paths.processing_input("summary") / "summary.json").write_bytes(summary)
    (paths.processing_output("prepared") / "index").rename(paths.processing_input("index"))
    return body


def load(run: SmallRun, table: MemoryTable, manifest: list[Any]) -> None:
    """Load each part like the map does, with its entry in ``manifest``."""
    documents = JsonDocuments(run.bucket, LAYOUT.bucket)
    for entry in manifest:
        load_part(documents, table, "table", RUN_ID, entry, catalogue_of=partial(read_catalogue, documents))


def publish(run: SmallRun, table: MemoryTable, now: Any) -> None:
    """Publish what is loaded."""
    publish_version(
        JsonDocuments(run.bucket, LAYOUT.bucket),
        table,  # type: ignore[arg-type]
        RUN_ID,
        execution=_EXECUTION,
        metrics_sha256=hashlib.sha256(json.dumps(METRICS).encode()).hexdigest(),
        now=now,
    )


def lists(table: MemoryTable) -> Lists:
    """What readers get: ids and scores by key."""
    return {key: (item["items"], list(map(float, item["scores"]))) for key, item in table.items.items()}


def alike(one: Lists, other: Lists) -> bool:
    """Whether readers get the same items, with scores that differ only by rounding."""
    return one.keys() == other.keys() and all(
        items == other[key][0] and np.allclose(scores, other[key][1], rtol=0, atol=_ROUNDING * _largest(scores))
        for key, (items, scores) in one.items()
    )


def _largest(scores: list[float]) -> float:
    return max(map(abs, scores), default=0.0)
