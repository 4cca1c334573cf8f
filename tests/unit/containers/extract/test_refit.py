"""The two extractions of a run that trains a second time, compared with data without a hold-out."""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from containers.extract.data.run_inputs import RunInputError
from containers.extract.extraction import extract
from containers.extract.passes import Pass
from sagemaker_contract import recordio
from sagemaker_contract.job_paths import JobPaths
from tests.unit.containers.extract import oracle
from tests.unit.containers.extract.artifacts import Numbers, params_file
from tests.unit.containers.extract.made_lists import json_lines
from tests.unit.containers.extract.world import World

NUMBERS = Numbers.random(90, 4)
LATE = 29  # an item with held-out interactions only


def world() -> World:
    found = World.random(60, 30, request={"top_x": 30, "exclude_seen": False, "refit": True})
    found.pairs = [pair for pair in found.pairs if pair[1] != LATE]
    late = {user for user, _, held_out, _ in found.pairs if held_out}
    found.pairs += [(user, LATE, True, 1.0) for user in sorted(late)[:9]]
    return found


@dataclass(frozen=True)
class Files:
    """The files of an extraction."""

    vectors: Path
    run: Path

    def all(self) -> dict[str, bytes]:
        """Every file that a later stage reads, by path."""
        roots = {"vectors": self.vectors, "run": self.run}
        return {
            f"{name}/{file.relative_to(root)}": file.read_bytes()
            for name, root in roots.items()
            for file in root.rglob("*")
            if file.is_file() and "evaluation" not in file.parts
        }

    @property
    def evaluation(self) -> set[str]:
        return {file.name for file in (self.run / "evaluation").iterdir()}

    @property
    def report(self) -> str:
        """Its text."""
        html = (self.run / "evaluation" / "report.html").read_text(encoding="utf-8")
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", html.split("</style>")[1])).split())

    def late_row(self) -> np.ndarray:
        rows = [recordio.read_dense(file.read_bytes()) for file in sorted((self.vectors / "items").glob("*.pbr"))]
        values, labels = (np.concatenate(parts) for parts in zip(*((r.rows, r.labels) for r in rows), strict=True))
        return values[labels == LATE][0]


class Job:
    """Extractions of one model's parameters."""

    def __init__(self, folder: Path, mxnet_python: str, numbers: Numbers = NUMBERS) -> None:
        self.folder, self.mxnet_python = folder, mxnet_python
        self.params = params_file(numbers.sparse_family(), folder, mxnet_python)

    def __call__(
        self, name: str, world: World, which: Pass, metrics: dict | None = None, metrics_sha256: dict | None = None
    ) -> Files:
        paths: JobPaths = world.write(self.folder / name)
        world.write_model(paths, self.params)
        if metrics is not None:
            (paths.processing_input("evaluation") / "metrics.json").write_text(json.dumps(metrics))
        extract(
            paths, which, self.mxnet_python, hashlib.sha256(json.dumps(metrics_sha256 or metrics).encode()).hexdigest()
        )
        return Files(paths.processing_output("vectors"), paths.processing_output("run"))


@pytest.fixture(scope="module")
def job(tmp_path_factory, mxnet_python) -> Job:
    return Job(tmp_path_factory.mktemp("refit"), mxnet_python)


@pytest.fixture(scope="module")
def first(job) -> Files:
    return job("first", world(), Pass.EVALUATE)


@pytest.fixture(scope="module")
def metrics(first) -> dict:
    return json.loads((first.run / "evaluation" / "metrics.json").read_text())


@pytest.fixture(scope="module")
def second(job, metrics) -> Files:
    found = {**metrics, "model": {**metrics["model"], "ndcg@10": 0.9753}}
    return job("second", world(), Pass.PUBLISH, found)


@pytest.mark.parametrize("features", [True, False])
def test_an_item_without_interactions_is_in_the_history_block_by_its_features(tmp_path, mxnet_python, features):
    late = world()
    late.request |= {"refit": False, "history_rank": 8, "history_weight": 0.5, "popularity": 0.5}
    if features:
        late = late.with_features(seed=3)  # gives this item some
    job = Job(tmp_path, mxnet_python, Numbers.random(late.dimension, 4))
    row = job("late", late, Pass.EVALUATE).late_row()
    assert len(row) == 4 + 1 + 8
    assert row[5:].any() == features


def test_the_first_extraction_leaves_its_evaluation_and_nothing_to_publish(first):
    assert first.all() == {}
    assert first.evaluation == {"metrics.json", "examples.json", "report.html", "lists"}
    assert "Once it has passed the gate, a second model is trained the same way on all interactions" in first.report


def test_the_first_one_keeps_the_lists_that_it_was_measured_by(first):
    kept = {
        line["user"]: line["items"] for line in json_lines(first.run / "evaluation" / "lists" / "part-00000.jsonl.gz")
    }
    late = [user for user in range(60) if world().held_out(user)]
    assert kept.keys() == {world().user_id(user) for user in late}
    for user in late:
        best = oracle.best(world(), NUMBERS, user, [], weight=0.5)
        assert kept[world().user_id(user)] == [world().item_id(item) for item, _ in best]


def test_the_second_one_is_as_if_nothing_had_been_held_out(job, second):
    whole = world()
    whole.pairs = [(user, item, False, value) for user, item, _, value in whole.pairs]
    never = job("never", whole, Pass.EVALUATE).all()
    assert {"vectors/users/part-00000.pbr", "run/parts.json", "run/default_lists.json"} <= never.keys()
    found = second.all()
    assert found.keys() == never.keys()
    # The only difference: parts.json has the hash of the summary, which counts the held-out pairs.
    found["run/parts.json"], never["run/parts.json"] = map(without_summary, (found, never))
    assert {name for name in found if found[name] != never[name]} == set()


def without_summary(files: dict[str, bytes]) -> bytes:
    entries = json.loads(files["run/parts.json"])
    return json.dumps([{**entry, "sha256": {**entry["sha256"], "summary": ""}} for entry in entries]).encode()


def test_an_item_that_only_held_out_interactions_speak_for_is_trained_and_recommended_after_a_refit_only(job, second):
    without = job("without", replace(world(), request={**world().request, "refit": False}), Pass.EVALUATE)
    assert not without.late_row().any()
    assert without.late_row().shape == second.late_row().shape
    assert second.late_row()[:-1].all()

    def listed(files: Files) -> list[int]:
        """By probe, the position of the late item."""
        headers = [json_lines(part)[0] for part in sorted((files.run / "parts").iterdir())]
        return [probe["labels"].index(LATE) for header in headers for probe in header["probes"]]

    assert np.mean(listed(second)) < np.mean(listed(without)) - 3


def test_the_second_report_has_the_first_ones_metrics_and_says_so(second):
    assert second.evaluation == {"examples.json", "report.html"}
    assert "0.9753" in second.report
    pairs = len(world().pairs)
    trained = sum(not held_out for _, _, held_out, _ in world().pairs)
    assert f"These are metrics of a model trained on {trained:,} of the {pairs:,} interactions" in second.report
    assert "of a second model: trained the same way on all interactions" in second.report


def test_without_the_first_ones_metrics_the_second_ends_with_what_it_lacks(job):
    with pytest.raises(RunInputError, match=r"metrics\.json cannot be read"):
        job("lacking", world(), Pass.PUBLISH)


def test_other_metrics_than_the_gate_checked_end_the_second(job, metrics):
    with pytest.raises(
        RunInputError, match=r"metrics\.json must have the SHA-256 [0-9a-f]{64} of the one that the gate"
    ):
        job("edited", world(), Pass.PUBLISH, {**metrics, "users": 0}, metrics_sha256=metrics)


def test_the_second_one_has_the_settings_that_the_first_one_chose_and_rows_as_wide(job):
    # Its model has random parameters: after one epoch this is not checked.
    free = {"epochs": 1, "history_rank": 7, "history_weight": None, "popularity": None, "refit": True}
    board = World.checkerboard(60, 30, request={"top_x": 30, "exclude_seen": False, **free}).with_choosing()
    first = job("choosing", board, Pass.EVALUATE)
    metrics = json.loads((first.run / "evaluation" / "metrics.json").read_text())
    assert metrics["settings"]["chosen"]["history_weight"] > 0.5, "of noise, and a block that knows"
    second = job("chosen", board, Pass.PUBLISH, metrics)
    assert second.late_row().shape == (4 + 1 + 7,)
    assert second.late_row()[5:].any()
    other = {
        **metrics,
        "settings": {**metrics["settings"], "chosen": {**metrics["settings"]["chosen"], "popularity": 0.9}},
    }
    assert job("other", board, Pass.PUBLISH, other).late_row()[4] > second.late_row()[4]
