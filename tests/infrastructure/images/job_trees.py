"""The content of /opt/ml for prepare and extract: small data, and a model in the algorithm's own format."""

import csv
import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import duckdb
import numpy as np

from contract import run_request
from local_aws.door import clean_environment, interpreter
from sagemaker_contract.job_paths import JobPaths
from tests.unit.containers.extract.artifacts import Numbers, artifact, meta, params_file
from tests.unit.containers.extract.world import TRAINING
from tests.unit.contract import made_plan
from topx.home import REPOSITORY

USERS, ITEMS, ROWS = 60, 40, 900
_FACTORS = 4
_MXNET = "containers/extract/mxnet"
# The Environment of extract's job; prepare's has none.
VARIABLES = {"PASS": "evaluate"}


def prepare_tree(root: Path) -> JobPaths:
    """Interactions with repeated pairs, a row to reject and titles, and the plan of their run."""
    draw = np.random.default_rng(5)
    users, items = draw.integers(0, USERS, ROWS), (draw.random(ROWS) ** 2 * ITEMS).astype(int)
    rows = [(f"u{u}", f"i{i}", 1_700_000_000 + 3_600 * n) for n, (u, i) in enumerate(zip(users, items, strict=True))]
    interactions = _csv([("user", "item", "time"), *rows, ("u1", "", 1_700_000_000)])
    titles = _csv([("item", "name"), *((f"i{item}", f"Tïtle {item}") for item in range(ITEMS))])
    paths = JobPaths(root)
    _write(paths, "interactions", "monday.csv", interactions)
    _write(paths, "items", "titles.csv", titles)
    plan = made_plan.plan(
        "20261123t030000120-a9711f",
        run_request.parse({"factors": _FACTORS, "top_x": 5, "refit": False}),
        {"user": "user", "item": "item", "timestamp": "time", "items": {"id": "item", "title": "name"}},
        files={
            "objects": [{"key": "input/interactions/monday.csv", "size": len(interactions.encode()), "etag": "0" * 32}],
            "items": [{"key": "input/items/titles.csv", "size": len(titles.encode()), "etag": "1" * 32}],
        },
    )
    _write(paths, "plan", "plan.json", json.dumps(plan))
    return paths


def extract_tree(root: Path, prepared: JobPaths, folder: Path) -> JobPaths:
    """The index and the summary from prepare, and an artifact with parameters written by MXNet."""
    paths = JobPaths(root)
    shutil.copytree(prepared.processing_input("plan"), paths.processing_input("plan"))
    shutil.copytree(prepared.processing_output("prepared") / "index", paths.processing_input("index"))
    summary = (prepared.processing_output("run") / "summary.json").read_text()
    _write(paths, "summary", "summary.json", summary)
    _write(paths, "evaluation", "training.json", json.dumps(TRAINING))
    described = json.loads(summary)
    numbers = _knowing(paths.processing_input("index"), described["feature_dim"], described["users"])
    params = params_file(numbers.sparse_family(), folder, str(interpreter(_MXNET)))
    artifact(paths.processing_input("model") / "model.tar.gz", params, meta(described["feature_dim"], _FACTORS))
    return paths


def _knowing(index: Path, features: int, users: int) -> Numbers:
    """Random numbers, except that a user's factors are composed of those of the user's items."""
    numbers = Numbers.random(features, _FACTORS)
    pairs = duckdb.execute("FROM read_parquet(?)", [str(index / "pairs.parquet")]).fetchnumpy()
    numbers.v[:users] = 0
    np.add.at(numbers.v, pairs["user_index"], numbers.v[users + pairs["item_index"]] / 4)
    return numbers


def run_as_process(folder: str, paths: JobPaths) -> None:
    """Run the job like the engine on this machine does."""
    (paths.root / "tmp").mkdir()
    finished = subprocess.run(
        [str(interpreter(folder)), "-m", folder.replace("/", ".")],
        cwd=REPOSITORY,
        env=clean_environment(
            paths.root, extra={"MXNET_PYTHON": str(interpreter(_MXNET)), **VARIABLES}, own=os.environ
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


def outputs(paths: JobPaths) -> dict[str, bytes]:
    """Every file below ``processing/output``, by its path there; for an archive of arrays, the arrays.

    The ZIP version that an archive requires differs between Python versions.
    """
    root = paths.root / "processing" / "output"
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): _content(path) for path in files}


def _content(path: Path) -> bytes:
    if path.suffix != ".npz":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(name.encode() + archive.read(name) for name in archive.namelist())


def _write(paths: JobPaths, name: str, file: str, text: str) -> None:
    folder = paths.processing_input(name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, encoding="utf-8")


def _csv(rows: list[tuple[object, ...]]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()
