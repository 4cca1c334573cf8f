"""Prepare, train and extract as in a run, each as its own container process, without the engine."""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract import forgotten_users, run_request
from contract.documents import Summary
from lambdas.planning import training_plan
from local_aws.door import FACTORIZATION_MACHINES, interpreter
from sagemaker_contract import recordio
from sagemaker_contract.job_paths import JobPaths
from topx.home import REPOSITORY

# The report is not used here.
_NO_LOG: dict[str, Any] = {
    "metric": None,
    "asked": 0,
    "complete": False,
    "epochs": [],
    "untrained_loss": None,
    "test_loss": None,
}


def prepare(data: Path, request: Mapping[str, Any], work: Path) -> JobPaths:
    """Run the prepare container on a folder as for ``topx run --data``.

    Args:
        data: dataset.json, interactions/ and perhaps items/ and users/.
        request: an execution's input.
        work: a folder for the job's tree that does not exist yet.
    """
    paths = JobPaths(work)
    dataset = json.loads((data / "dataset.json").read_text(encoding="utf-8"))
    inputs = {"objects": "interactions", "items": "items", "users": "users"}
    snapshot: dict[str, list[dict[str, Any]]] = {}
    for entry, name in inputs.items():
        wanted = name == "interactions" or name in dataset
        files = [path for path in sorted((data / name).rglob("*")) if path.is_file()] if wanted else []
        snapshot[entry] = [
            {"key": f"input/{name}/{file.relative_to(data / name)}", "size": file.stat().st_size} for file in files
        ]
        for file in files:
            target = paths.processing_input(name) / file.relative_to(data / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(file)
    plan = {
        "run_id": "20261123t030000120-a9711f",
        "execution": {"arn": "arn:aws:states:eu-west-1:1:execution:topx:quality", "started": "2026-11-23T03:00:00Z"},
        "request": run_request.parse(request),
        "dataset": dataset,
        "input": {**snapshot, "rules": []},
        "champion": None,
        "forgotten": forgotten_users.note_of(()),
    }
    paths.processing_input("plan").mkdir(parents=True)
    (paths.processing_input("plan") / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    _run("containers/prepare", ["-m", "containers.prepare"], paths)
    summary = json.loads((paths.processing_output("run") / "summary.json").read_text(encoding="utf-8"))
    if summary["status"] != "ready":
        raise ValueError("; ".join(summary["reasons"]))
    return paths


def train(prepared: JobPaths, work: Path, changed: Mapping[str, str], *, files: str = "train") -> Path:
    """Run the training stand-in on the output of ``prepare``; return the artifact, model.tar.gz.

    Args:
        changed: hyperparameters that replace the recipe's.
        files: ``train``, or ``refit`` for everything, if that was prepared.
    """
    plan, summary = _documents(prepared)
    paths = JobPaths(work)
    paths.config.mkdir(parents=True)
    hyperparameters = {**training_plan.hyperparameters(plan["request"], summary), **changed}
    channel = {"ContentType": "application/x-recordio-protobuf", "TrainingInputMode": "File"}
    documents = {
        "hyperparameters": hyperparameters,
        "inputdataconfig": {"train": channel},
        "resourceconfig": {"current_host": "algo-1", "hosts": ["algo-1"]},
    }
    for name, document in documents.items():
        (paths.config / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    paths.channel("train").parent.mkdir(parents=True, exist_ok=True)
    paths.channel("train").symlink_to(prepared.processing_output("prepared") / files)
    _run(FACTORIZATION_MACHINES, ["-m", FACTORIZATION_MACHINES.replace("/", "."), "train"], paths)
    archive = paths.root / "model.tar.gz"
    subprocess.run(["tar", "czf", str(archive), "-C", str(paths.model), "model_algo-1"], check=True)
    return archive


def extract(
    prepared: JobPaths,
    archive: Path,
    request: Mapping[str, Any],
    work: Path,
    *,
    measured: Mapping[str, Any] | None = None,
) -> JobPaths:
    """Run the extract container; return its tree.

    Args:
        request: may differ from the one for prepare.
        measured: metrics.json of the first model, if this one is trained on everything.
    """
    plan, summary = _documents(prepared)
    paths = JobPaths(work)
    documents: dict[str, Any] = {"plan": plan | {"request": run_request.parse(request)}, "summary": summary}
    for name, document in documents.items():
        paths.processing_input(name).mkdir(parents=True)
        (paths.processing_input(name) / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    paths.processing_input("evaluation").mkdir()
    (paths.processing_input("evaluation") / "training.json").write_text(json.dumps(_NO_LOG), encoding="utf-8")
    metrics = json.dumps(measured)
    if measured:
        (paths.processing_input("evaluation") / "metrics.json").write_text(metrics, encoding="utf-8")
        (paths.processing_input("evaluation") / "refit_training.json").write_text(json.dumps(_NO_LOG), encoding="utf-8")
    paths.processing_input("index").symlink_to(prepared.processing_output("prepared") / "index")
    paths.processing_input("model").mkdir()
    (paths.processing_input("model") / "model.tar.gz").symlink_to(archive)
    _run(
        "containers/extract",
        ["-m", "containers.extract"],
        paths,
        PASS="publish" if measured else "evaluate",
        METRICS_SHA256=hashlib.sha256(metrics.encode()).hexdigest(),
    )
    return paths


@dataclass(frozen=True)
class ServedRows:
    """The rows for k-NN: of all users and of all items, 0 for those that no list may contain."""

    users: NDArray[np.float32]
    items: NDArray[np.float32]
    servable: NDArray[np.bool_]


def rows_of(extracted: JobPaths, items: int) -> ServedRows:
    """The vectors that an extraction wrote, for a run with this many items."""
    vectors = extracted.processing_output("vectors")
    users, listed = (
        [recordio.read_dense(file.read_bytes()) for file in sorted((vectors / side).iterdir())]
        for side in ("users", "items")
    )
    rows = np.zeros((items, listed[0].rows.shape[1]), dtype=np.float32)
    servable = np.zeros(items, dtype=np.bool_)
    for part in listed:
        assert part.labels is not None, "items are labelled"
        rows[part.labels.astype(np.int64)], servable[part.labels.astype(np.int64)] = part.rows, True
    return ServedRows(np.concatenate([part.rows for part in users]), rows, servable)


def metrics_of(extracted: JobPaths) -> dict[str, Any]:
    """The metrics.json that an extraction wrote."""
    file = extracted.processing_output("run") / "evaluation" / "metrics.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def summary_of(prepared: JobPaths) -> Summary:
    """The summary.json that prepare wrote."""
    found: Summary = json.loads((prepared.processing_output("run") / "summary.json").read_text(encoding="utf-8"))
    return found


def _documents(prepared: JobPaths) -> tuple[dict[str, Any], Summary]:
    plan = json.loads((prepared.processing_input("plan") / "plan.json").read_text(encoding="utf-8"))
    return plan, summary_of(prepared)


def _run(folder: str, command: list[str], paths: JobPaths, **environment: str) -> None:
    finished = subprocess.run(
        [str(interpreter(folder)), *command],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "OPT_ML": str(paths.root),
            **environment,
            "MXNET_PYTHON": str(interpreter("containers/extract/mxnet")),
        },
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {finished.stdout[-2000:]}{finished.stderr[-2000:]}")
