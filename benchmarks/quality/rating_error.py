"""RMSE of the explicit recipe on a random tenth of MovieLens' ratings, compared with Surprise's SVD on the same
split.
"""

import csv
import gzip
import json
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import stages
from containers.extract.model.artifact import open_artifact, size_limit
from containers.extract.model.parameters import FactorizationMachine, Shape, read_parameters
from local_aws.door import interpreter

_REQUEST = {"feedback": "explicit", "refit": False}
_FACTORS = 64
_HELD_OUT = 0.1
_SEED = 0
# The recipe trains with the training's own seed, as on SageMaker; a run's seed shuffles its files.
_SEEDS = (0, 1, 2)

Rating = tuple[str, str, float]
"""User, item, value."""


@dataclass(frozen=True)
class RatingErrors:
    """RMSE on the same held-out ratings: for each seed of ours, and for each seed of Surprise's SVD with its
    settings.
    """

    ours: list[float]
    svd: list[float]
    setting: dict[str, float]

    @property
    def worse(self) -> bool:
        return statistics.mean(self.ours) > statistics.mean(self.svd)


def measure(data: Path, work: Path) -> RatingErrors:
    """Split the sample's ratings at random, 90 to 10, and predict the tenth.

    Args:
        data: the MovieLens sample without side features.
        work: a folder that does not exist yet.
    """
    header, rows = _rows(data / "interactions")
    chosen = np.random.default_rng(_SEED).random(len(rows)) < _HELD_OUT
    shutil.copytree(data, work / "data")
    shutil.rmtree(work / "data" / "interactions")
    training = [row for row, held in zip(rows, chosen, strict=True) if not held]
    _write(work / "data" / "interactions" / "ratings.csv", [header, *training])
    # MovieLens' columns: user, item, rating, timestamp.
    wanted = [(user, item, float(rating)) for user, item, rating, _ in _where(rows, chosen)]
    ours = [_ours(work / "data", wanted, work / str(seed), seed) for seed in _SEEDS]
    _write(work / "training.csv", [row[:3] for row in training])
    _write(work / "testing.csv", [row[:3] for row in _where(rows, chosen)])
    reported = subprocess.run(
        [
            str(interpreter("benchmarks/quality/surprise")),
            str(Path(__file__).parent / "surprise" / "svd.py"),
            str(work / "training.csv"),
            str(work / "testing.csv"),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    theirs = json.loads(reported.stdout)
    return RatingErrors(ours, theirs["rmse"], theirs["setting"])


def _ours(data: Path, wanted: list[Rating], work: Path, seed: int) -> float:
    prepared = stages.prepare(data, _REQUEST | {"seed": seed}, work / "prepare")
    output = prepared.processing_output("prepared")
    # What a run would hold out for its own metrics is training data here, as for the other library.
    for file in sorted((output / "test").iterdir()):
        file.rename(output / "train" / f"held-out-{file.name}")
    archive = stages.train(prepared, work / "train", {})
    names = [_ids(output / "index", side) for side in ("user", "item")]
    dimension = sum(len(side) for side in names)
    (work / "model").mkdir()
    artifact = open_artifact(archive, work / "model", size_limit(dimension, _FACTORS))
    shape = Shape(dimension, _FACTORS, "regressor")
    model = read_parameters(artifact, shape, str(interpreter("containers/extract/mxnet")))
    predicted = _predict(model, names, wanted)
    ratings = np.array([value for _, _, value in wanted])
    # Surprise also clips to the scale of the ratings.
    return float(np.sqrt(np.mean((np.clip(predicted, 0.5, 5) - ratings) ** 2)))


def _predict(model: FactorizationMachine, names: list[dict[str, int]], wanted: list[Rating]) -> NDArray[np.float64]:
    """w0 + w_u + w_i + <v_u, v_i>; an unknown user or item adds nothing, as in the other library."""
    factors = np.vstack([model.factors, np.zeros(model.factors.shape[1], dtype=np.float32)]).astype(np.float64)
    linear = np.append(model.linear, 0).astype(np.float64)
    users = np.array([names[0].get(user, -1) for user, _, _ in wanted])
    items = np.array([names[1].get(item, -1) for _, item, _ in wanted])
    items = np.where(items < 0, -1, items + len(names[0]))
    pairs = np.einsum("nk,nk->n", factors[users], factors[items])
    return np.asarray(model.bias + linear[users] + linear[items] + pairs)


def _ids(index: Path, side: str) -> dict[str, int]:
    rows = duckdb.execute(
        f"SELECT {side}, {side}_index FROM read_parquet(?)",
        [str(index / f"{side}s.parquet")],
    ).fetchall()
    return {str(name): int(index) for name, index in rows}


def _rows(folder: Path) -> tuple[list[str], list[list[str]]]:
    header, found = list[str](), list[list[str]]()
    for file in sorted(folder.iterdir()):
        text = (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode()
        header, *rows = csv.reader(text.splitlines())
        found += rows
    return header, found


def _where(rows: list[list[str]], chosen: NDArray[np.bool_]) -> list[list[str]]:
    return [row for row, held in zip(rows, chosen, strict=True) if held]


def _write(path: Path, rows: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
