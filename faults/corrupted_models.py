"""Damage to the index and the model that extract reads: how often it is refused, and that an undamaged one never
is.

The models are trained as in a run, by the stand-in for SageMaker's algorithm, on data of different shapes.
"""

import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from containers.extract.data.data_index import DataIndex, IndexFileError
from containers.extract.data.index_hashes import require_untouched
from containers.extract.data.run_inputs import RunInputs, read_run
from containers.extract.data.settings import given
from containers.extract.model.artifact import ARCHIVE, open_artifact, size_limit
from containers.extract.model.parameters import FactorizationMachine, Shape, read_parameters
from containers.extract.model.trained_model import ModelLearnedNothing, require_finite, require_trained
from containers.extract.model.vectors import Side, vector_terms
from contract.measured_documents import EpochLoss
from contract.training_log import epoch_losses
from faults import job_tree
from faults.corrupted_documents import damaged
from faults.small_run import prepared
from faults.tally import Tally
from lambdas.planning import training_plan
from local_aws.door import FACTORIZATION_MACHINES, pack
from sagemaker_contract.job_paths import JobPaths

Chance = np.random.Generator
Spoil = Callable[[FactorizationMachine, Chance], FactorizationMachine]


@dataclass(frozen=True)
class Trained:
    """A model, with the index and the losses of its training."""

    run: RunInputs
    index: DataIndex
    folder: Path
    model: FactorizationMachine
    losses: list[float]

    def refused(self, model: FactorizationMachine) -> bool:
        """Whether extract would refuse this model."""
        run, index = self.run, self.index
        users = Side(run.space.user_columns, index.side_features("user"), index.trained_users())
        items = Side(run.space.item_columns, index.side_features("item"), index.catalogue().popularity > 0)
        with np.errstate(over="ignore", invalid="ignore"):
            terms = vector_terms(model, users, items, index.recent_popularity())
        try:
            require_finite(terms.at(given(run)))
            losses: list[EpochLoss] = [{"epoch": n, "loss": loss} for n, loss in enumerate(self.losses, start=1)]
            require_trained(run, index, terms, losses)
        except ModelLearnedNothing:
            return True
        return False


def _tastes(chance: Chance) -> str:
    """Users with tastes of four dimensions, items of uneven popularity."""
    users, items, popular = chance.normal(size=(150, 4)), chance.normal(size=(80, 4)), chance.normal(size=80)
    liked = 1.5 * users @ items.T + popular + chance.gumbel(size=(150, 80))
    return _rows(*np.nonzero(liked > np.quantile(liked, 0.8)))


def _noise(chance: Chance) -> str:
    """No user prefers any item."""
    return _rows(chance.integers(0, 100, 1_500), chance.integers(0, 100, 1_500))


def _long_tail(chance: Chance) -> str:
    """A few items have most of the interactions, which is all that distinguishes them."""
    weights = 1 / np.arange(1, 301) ** 1.1
    return _rows(chance.integers(0, 500, 5_000), chance.choice(300, 5_000, p=weights / weights.sum()))


def _single(chance: Chance) -> str:
    """One interaction for each user."""
    return _rows(np.arange(1_500), (chance.random(1_500) ** 2 * 60).astype(int))


def _ratings(chance: Chance) -> str:
    """Values that follow tastes and noise."""
    users, items = chance.integers(0, 200, 5_000), chance.integers(0, 120, 5_000)
    own, other = chance.normal(size=(200, 3)), chance.normal(size=(120, 3))
    values = np.clip(np.round(3.5 + 0.6 * (own[users] * other[items]).sum(1) + chance.normal(size=5_000)), 1, 5)
    return _rows(users, items, values)


SHAPES: dict[str, Callable[[Chance], str]] = {
    "tastes": _tastes,
    "noise": _noise,
    "a long tail": _long_tail,
    "one interaction a user": _single,
    "ratings": _ratings,
}


def _rows(users: np.ndarray, items: np.ndarray, values: np.ndarray | None = None) -> str:
    given = np.ones(len(users)) if values is None else values
    rows = (f"u{user},i{item},{value}\n" for user, item, value in zip(users, items, given, strict=True))
    return "user,item,value\n" + "".join(rows)


def _shuffled(model: FactorizationMachine, chance: Chance) -> FactorizationMachine:
    return replace(model, factors=chance.permutation(model.factors))


def _all_shuffled(model: FactorizationMachine, chance: Chance) -> FactorizationMachine:
    order = chance.permutation(len(model.factors))
    return replace(model, factors=model.factors[order], linear=model.linear[order])


def _scaled(factor: float) -> Spoil:
    def scaled(model: FactorizationMachine, _chance: Chance) -> FactorizationMachine:
        with np.errstate(over="ignore"):
            return FactorizationMachine(
                (model.factors * factor).astype(np.float32),
                (model.linear * factor).astype(np.float32),
                model.bias * factor,
            )

    return scaled


def _untrained(model: FactorizationMachine, chance: Chance) -> FactorizationMachine:
    return replace(model, factors=chance.normal(0, 0.01, model.factors.shape).astype(np.float32))


SPOILED: dict[str, Spoil] = {
    "zeroed": _scaled(0.0),
    "times 1e20": _scaled(1e20),
    "times 1e10": _scaled(1e10),
    "rows of v shuffled": _shuffled,
    "all rows shuffled": _all_shuffled,
    "v as before any training": _untrained,
}


def trained(folder: Path, shape: str, seed: int = 0) -> Trained:
    """A model for data of this shape, trained in ``folder``."""
    request = {"refit": False, "feedback": "explicit" if shape == "ratings" else "implicit"}
    dataset = {"user": "user", "item": "item"} | ({"value": "value"} if shape == "ratings" else {})
    paths = JobPaths(folder)
    prepared(paths, SHAPES[shape](np.random.default_rng(seed)), request, dataset)
    run = read_run(paths)
    hyperparameters = training_plan.hyperparameters(run.request, run.summary)
    channel = {"ChannelName": "train", "ContentType": "application/x-recordio-protobuf"}
    with job_tree.tree() as root:
        shutil.copytree(paths.processing_output("prepared") / "train", root / "input" / "data" / "train")
        job_tree.write_configuration(root, {"HyperParameters": hyperparameters, "InputDataConfig": [channel]})
        code, log = job_tree.called(FACTORIZATION_MACHINES, ["train"], {"FM_SEED": str(seed)})
        if code:
            raise RuntimeError((root / "output" / "failure").read_text(encoding="utf-8"))
        pack(root / "model", root / ARCHIVE)
        model = _machine(root / ARCHIVE, root / "opened", hyperparameters)
    losses = [epoch.loss for epoch in epoch_losses(log)]
    index = paths.processing_input("index")
    return Trained(run, DataIndex(index, run.users, run.items), index, model, losses)


def _machine(archive: Path, folder: Path, given: Mapping[str, str]) -> FactorizationMachine:
    shape = Shape(int(given["feature_dim"]), int(given["num_factors"]), given["predictor_type"])
    folder.mkdir()
    opened = open_artifact(archive, folder, size_limit(shape.feature_dim, shape.factors))
    return read_parameters(opened, shape, os.environ["MXNET_PYTHON"])


def trials(times: int, shapes: Sequence[str] = tuple(SHAPES)) -> Iterator[Tally]:
    """Undamaged models, damaged ones of every shape, and damaged indexes; this many of each kind."""
    with tempfile.TemporaryDirectory() as name:
        models = [trained(Path(name) / shape, shape) for shape in shapes]
        sound = Tally("model: sound, which must be passed", promised=True)
        for number in range(len(models)):
            sound.counts["wrong" if models[number].refused(models[number].model) else "harmless"] += 1
        yield sound
        for kind, spoil in SPOILED.items():
            tally = Tally(f"model: {kind}", promised=spoil not in {_shuffled, _all_shuffled, _untrained})
            for number, chance in enumerate(_chances(kind, times)):
                one = models[number % len(models)]
                tally.counts["caught" if one.refused(spoil(one.model, chance)) else "wrong"] += 1
            yield tally
        yield _spoiled_index(models[0], times)


def _spoiled_index(one: Trained, times: int) -> Tally:
    tally = Tally("index files: damaged before extract", promised=True)
    for chance in _chances("index", times):
        file = one.folder / str(chance.choice(sorted(one.run.index_files)))
        body = file.read_bytes()
        try:
            file.write_bytes(damaged(body, chance))
            require_untouched(one.folder, one.run.index_files)
        except IndexFileError:
            tally.counts["caught"] += 1
        else:
            tally.counts["wrong"] += 1
        finally:
            file.write_bytes(body)
    return tally


def _chances(kind: str, times: int) -> list[Chance]:
    seeds = np.random.SeedSequence(zlib.crc32(kind.encode())).spawn(times)
    return [np.random.default_rng(seed) for seed in seeds]
