"""Damages, swaps or deletes each object between two states of a run, and continues the run from there.

Either the published lists are nevertheless right, or the run fails with one sentence that names the object, and readers
keep the current version.
"""

import copy
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import boto3

from faults import damage, material, stages
from faults.network import Network, connect
from faults.results import Result
from faults.watcher import Watcher

_PLACE = "topx-damaged"
_SHORT = 8
# Objects that are read by the given state and later ones. An object is damaged before the state that first reads it.
_TARGETS = (
    ("Train factorization machines", r"prepared/train/part-00000\.pbr"),
    ("Extract vectors", r"fm/.*model\.tar\.gz|index/.*\.parquet|features\.json|evaluation/training\.json"),
    ("Extract vectors", r"runs/[^/]*/(plan|summary)\.json"),
    ("Check quality", r"metrics\.json"),
    ("Train k-NN", r"vectors/items/.*|vectors/users/part-0000[01]\.pbr"),
    ("Create k-NN model", r"knn/.*model\.tar\.gz"),
    ("Load recommendations", r"neighbours/part-0000[01].*|runs/[^/]*/(plan|summary|parts|default_lists)\.json"),
    ("Load recommendations", r"item_ids\.jsonl\.gz|parts/part-0000[01].*|vectors/proofs/.*"),
    ("Publish version", r"loaded/.*|recommendations/part-0000[01].*"),
    ("Publish version", r"runs/[^/]*/(plan|summary|parts|default_lists|item_ids).*|metrics\.json"),
)
# States whose work takes seconds; the short version covers the others.
_SLOW = ("Train factorization machines", "Extract vectors")
# A model trained on other numbers is still a valid model: only the gate checks how well it ranks. The same is true for
# a model with a single bit changed.
_NOT_TO_BE_TOLD = re.compile(r"Train factorization machines|Extract vectors .*fm/.*: (flipped|zeroed|of another run)")


@dataclass(frozen=True)
class _Checkpoint:
    """A run before a state: the objects, and the run itself."""

    objects: dict[str, bytes]
    data: Any
    model: str
    log: str


@dataclass(frozen=True)
class Case:
    """One object damaged in one way before one state."""

    state: str
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.state} {self.key.split('/', 2)[-1]}: {self.what}"


def part(seed: int, scale: float) -> Result:
    """Every case once at scale 1; a few fast ones at 0."""
    scene = _Scene.set(connect(), seed)
    cases = list(scene.cases())
    draw = random.Random(seed)
    if scale < 1:
        quick = [case for case in cases if case.state not in _SLOW]
        cases = draw.sample(quick, min(len(quick), max(_SHORT, round(scale * len(quick)))))
    result, ends = Result("damaged_objects"), Counter[str]()
    for case in cases:
        end = scene.play(case, random.Random(f"{seed} {case}"))
        result.tried += 1
        lost = end.startswith(("wrong", "red without"))
        result.held += not lost
        ends[end.partition(":")[0]] += 1
        if lost:
            result.losses.append(f"{case} ended in {end}")
        elif end.startswith("undetectable"):
            result.measurements.append(f"{end.partition(':')[0]}: {case}{end.partition(':')[2]}")
    result.measurements.insert(0, ", ".join(f"{count} {end}" for end, count in ends.most_common()))
    return result


class _Scene:
    """A published version, and a second run that can be continued from before any of its states."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.checkpoints: dict[str, _Checkpoint] = {}
        self.runs: list[material.Prepared] = []
        self._table: list[dict[str, Any]] = []

    @classmethod
    def set(cls, network: Network, seed: int) -> "_Scene":
        scene = cls(network)
        material.make_place(_PLACE)
        for week in range(2):
            scene._begin(week, seed)
        return scene

    def _begin(self, week: int, seed: int) -> None:
        """Run a week's run from beginning to end, with a checkpoint before each state."""
        material.put_input(_PLACE, seed + week)
        run = material.new_run(self.network, week)
        stages.listen(self.network, lambda: run)
        if week:
            self._table = boto3.resource("dynamodb").Table(_PLACE).scan(ConsistentRead=True)["Items"]
            run.before = lambda state: self._remember(state, run)
        run.walk("Plan the run")
        self.runs.append(material.prepared_of(run, _PLACE))
        watcher = self._watcher()
        fault = watcher.fault_of(watcher.pointer())
        assert watcher.pointer() == self.runs[-1].run_id, "an undisturbed run must publish"
        assert not fault, fault

    def _remember(self, state: str, run: stages.Run) -> None:
        self.checkpoints[state] = _Checkpoint(material.objects(_PLACE), copy.deepcopy(run.data), run.model, run.log)

    def _watcher(self) -> Watcher:
        return Watcher(_PLACE, {run.run_id: run for run in self.runs})

    def cases(self) -> Iterator[Case]:
        """All cases for the second run's objects."""
        run_id = self.runs[1].run_id
        for state, pattern in _TARGETS:
            for key in self.checkpoints[state].objects:
                if run_id in key and re.search(f"(?:{pattern})$", key):
                    ways = [name for name, _ in damage.all_of(key)]
                    yield from (Case(state, key, what) for what in [*ways, "deleted", "of another run"])

    def play(self, case: Case, draw: random.Random) -> str:
        """How the run ends: right, failed, failed without naming the object, undetectable, or wrong."""
        checkpoint = self.checkpoints[case.state]
        body = self._damaged(case, checkpoint.objects, draw)
        if body == checkpoint.objects[case.key]:
            return "unchanged"
        self._restore(checkpoint)
        if body is None:
            boto3.client("s3").delete_object(Bucket=_PLACE, Key=case.key)
        else:
            material.put(_PLACE, {case.key: body})
        run = material.new_run(self.network, 1)
        run.data, run.model, run.log = copy.deepcopy(checkpoint.data), checkpoint.model, checkpoint.log
        stages.listen(self.network, lambda: run)
        ended = None
        try:
            run.walk(case.state)
        except stages.RunEnded as red:
            ended = red
        return self._classified(case, ended)

    def _damaged(self, case: Case, there: dict[str, bytes], draw: random.Random) -> bytes | None:
        if case.what == "deleted":
            return None
        if case.what == "of another run":
            return self._twin(case.key) or there[case.key]
        return dict(damage.all_of(case.key))[case.what](there[case.key], draw)

    def _twin(self, key: str) -> bytes | None:
        """The same object of the first run; the last parts of job names differ."""
        old, new = self.runs[0].run_id, self.runs[1].run_id
        wanted = _nameless(key.replace(new, old).replace(_short(new), _short(old)))
        found = [body for name, body in self.checkpoints["Plan the run"].objects.items() if _nameless(name) == wanted]
        return found[0] if found else None

    def _restore(self, checkpoint: _Checkpoint) -> None:
        os.environ |= {"BUCKET": _PLACE, "TABLE": _PLACE}
        there = material.objects(_PLACE)
        for key in there.keys() - checkpoint.objects.keys():
            boto3.client("s3").delete_object(Bucket=_PLACE, Key=key)
        material.put(_PLACE, {key: body for key, body in checkpoint.objects.items() if there.get(key) != body})
        table = boto3.resource("dynamodb").Table(_PLACE)
        with table.batch_writer() as batch:
            for item in table.scan(ConsistentRead=True)["Items"]:
                batch.delete_item(Key={"pk": item["pk"], "version": item["version"]})
        with table.batch_writer() as batch:
            for item in self._table:
                batch.put_item(Item=item)
        if checkpoint is self.checkpoints["Publish version"]:
            self._load_again(checkpoint)

    def _load_again(self, checkpoint: _Checkpoint) -> None:
        run = material.new_run(self.network, 1)
        run.data = copy.deepcopy(checkpoint.data)
        run.walk("Load recommendations", "Load recommendations")

    def _classified(self, case: Case, red: stages.RunEnded | None) -> str:
        watcher = self._watcher()
        served = watcher.pointer()
        fault = watcher.fault_of(served)
        if fault:
            known = _NOT_TO_BE_TOLD.match(str(case))
            return "undetectable" if known else f"wrong lists: {fault}"
        if red is None:
            return "right lists"
        if "\n" in red.cause.strip() or not _named(case.key, red.cause):
            return f"red without the object's name: {red.error}: {red.cause[:150]!r}"
        return "red"


def _named(key: str, cause: str) -> bool:
    """Whether a cause names the object, or the folder in its run that contains it."""
    *_, run_id, below = re.split(r"(\d{8}t\d+-[0-9a-f]{6}/)", key)
    folders = [f"{run_id}{folder}/" for folder in map(str, PurePosixPath(below).parents) if folder != "."]
    return key.rsplit("/", 1)[1].split(".", 1)[0] in cause or any(
        re.search(rf"{re.escape(folder)}(?![\w-])", cause) for folder in folders
    )


def _nameless(key: str) -> str:
    return re.sub(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", key)


def _short(run_id: str) -> str:
    """The short form in the names of jobs."""
    time, digest = run_id.split("-")
    return f"{time[:15]}-{digest}"
