"""The whole job as SageMaker starts it, on a model written by MXNet; other readers read its files."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sagemaker.amazon.common import read_recordio
from sagemaker.amazon.record_pb2 import Record

from contract import run_plan
from sagemaker_contract.job_paths import JobPaths
from tests.unit.containers.extract import oracle
from tests.unit.containers.extract.artifacts import Numbers, params_file
from tests.unit.containers.extract.made_lists import json_lines
from tests.unit.containers.extract.started_job import run_job
from tests.unit.containers.extract.world import RUN_ID, World

WEIGHT = 0.5
KNOWS_ALL, KNOWS_MUCH = 3, 7
ABSENT = [1, 70]  # features that training never touched: rows missing in a row-sparse array


@dataclass(frozen=True)
class Finished:
    world: World
    numbers: Numbers
    paths: JobPaths

    @property
    def run(self) -> Path:
        return self.paths.processing_output("run")

    @property
    def vectors(self) -> Path:
        return self.paths.processing_output("vectors")

    @property
    def manifest(self) -> list[dict]:
        return json.loads((self.run / "parts.json").read_text())

    def part(self, name: str) -> tuple[dict, list[dict]]:
        header, *users = json_lines(self.run / "parts" / f"{name}.jsonl.gz")
        return header, users

    def rows(self, file: Path) -> list[tuple[list[float], list[float]]]:
        """Values and label of each record, by the SDK's own frames and protobuf."""
        found = []
        with file.open("rb") as stream:
            for payload in read_recordio(stream):
                record = Record.FromString(payload)
                label = record.label["values"].float32_tensor.values if record.label else []
                found.append((list(record.features["values"].float32_tensor.values), list(label)))
        return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory, mxnet_python) -> Finished:
    titles = [f"Film {item}" if item % 2 else None for item in range(30)]
    world = World.random(60, 30, titles=titles, request={"refit": False}).with_features()
    world.pairs = [pair for pair in world.pairs if pair[0] not in (KNOWS_ALL, KNOWS_MUCH)]
    world.pairs += [(KNOWS_ALL, item, item >= 24, 3.0) for item in range(30)]
    world.pairs += [(KNOWS_MUCH, item, item >= 22, 3.0) for item in range(27)]
    folder = tmp_path_factory.mktemp("extract")
    paths = world.write(folder / "opt")
    numbers = Numbers.random(95, world.factors).without_rows(ABSENT)
    present = [row for row in range(95) if row not in ABSENT]
    world.write_model(paths, params_file(numbers.sparse_family(present), folder, mxnet_python))
    job = run_job(paths, mxnet_python)
    assert job.returncode == 0, job.stderr
    assert not paths.message.exists()
    return Finished(world, numbers, paths)


def test_every_file_is_where_the_next_stage_looks_and_nothing_else_is(finished):
    files = {str(file.relative_to(finished.vectors)) for file in finished.vectors.rglob("*") if file.is_file()}
    names = [run_plan.part_name(number) for number in range(4)]
    proofs = {f"proofs/{name}.f32" for name in (*names, "items")}
    assert files == proofs | {"explanation.npz"} | {f"users/{name}.pbr" for name in names} | {
        f"items/{name}.pbr" for name in names[:2]
    }
    files = {str(file.relative_to(finished.run)) for file in finished.run.rglob("*") if file.is_file()}
    assert files == {
        "parts.json",
        "item_ids.jsonl.gz",
        "item_titles.jsonl.gz",
        "default_lists.json",
        *(f"parts/{name}.jsonl.gz" for name in names),
    } | {f"evaluation/{name}" for name in ("metrics.json", "examples.json", "report.html")}


def test_parts_json_has_the_hash_of_every_file_that_the_loader_reads(finished):
    read = {
        "item_ids": finished.run / "item_ids.jsonl.gz",
        "item_rows": finished.vectors / "proofs" / "items.f32",
        "default_lists": finished.run / "default_lists.json",
        "plan": finished.paths.processing_input("plan") / "plan.json",
        "summary": finished.paths.processing_input("summary") / "summary.json",
    }
    first = 0
    for entry in finished.manifest:
        assert entry["first"] == finished.part(entry["part"])[0]["first"] == first
        first += entry["users"]
        own = {
            "part": finished.run / "parts" / f"{entry['part']}.jsonl.gz",
            "rows": finished.vectors / "proofs" / f"{entry['part']}.f32",
        }
        assert entry["sha256"] == {
            name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in (own | read).items()
        }
    assert first == finished.world.users


def test_the_loaders_vectors_are_those_that_knn_reads(finished):
    rows = [row for file in sorted((finished.vectors / "items").iterdir()) for row in finished.rows(file)]
    body = (finished.vectors / "proofs" / "items.f32").read_bytes()
    assert np.frombuffer(body, "<i4", len(rows)).tolist() == [int(label) for _, (label,) in rows]
    found = np.frombuffer(body, "<f4", offset=4 * len(rows)).reshape(len(rows), -1)
    assert found.tolist() == [values for values, _ in rows]
    for entry in finished.manifest:
        rows = finished.rows(finished.vectors / "users" / f"{entry['part']}.pbr")
        found = np.fromfile(finished.vectors / "proofs" / f"{entry['part']}.f32", "<f4").reshape(len(rows), -1)
        assert found.tolist() == [values for values, _ in rows]


def test_an_index_that_prepare_did_not_write_ends_the_job(finished, tmp_path):
    world = finished.world
    for name in ("pairs", "item_features"):
        paths = world.write(tmp_path / name)
        file = paths.processing_input("index") / f"{name}.parquet"
        file.write_bytes(finished.paths.processing_input("index").joinpath("users.parquet").read_bytes())
        assert run_job(paths, mxnet_python=None).returncode == 1
        reported = f"IndexFileError: the index is not what prepare wrote: {name}.parquet must have the SHA-256"
        assert paths.message.read_text().startswith(reported)


def test_item_rows_carry_their_index_and_the_popularity_term(finished):
    world, numbers = finished.world, finished.numbers
    rows = [row for file in sorted((finished.vectors / "items").iterdir()) for row in finished.rows(file)]
    assert [label for _, label in rows] == [[float(item)] for item in range(world.items)]
    for item, (values, _) in enumerate(rows):
        part = world.item_part(item)
        # What FM scores for the item alone, minus w0: its linear terms and the interactions inside it.
        alone = numbers.score(part) - numbers.w0 + WEIGHT * math.log(world.recent_popularity[item] + 1)
        expected = [*sum(weight * numbers.v[column] for column, weight in part.items()), alone]
        np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)


def test_part_rows_users_and_vectors_are_in_the_same_order(finished):
    world, numbers = finished.world, finished.numbers
    user = 0
    for entry in finished.manifest:
        header, lines = finished.part(entry["part"])
        rows = finished.rows(finished.vectors / "users" / f"{entry['part']}.pbr")
        assert entry["users"] == header["users"] == len(lines) == len(rows)
        assert header["part"] == entry["part"]
        for line, (values, label) in zip(lines, rows, strict=True):
            assert line["user"] == world.user_id(user)
            assert line["seen"] == world.seen(user)
            assert label == []
            factors = sum(weight * numbers.v[column] for column, weight in world.user_part(user).items())
            np.testing.assert_allclose(values, [*factors, 1.0], rtol=1e-5, atol=1e-7)
            user += 1
    assert user == world.users


def test_parts_are_of_nearly_equal_size(finished):
    sizes = [entry["users"] for entry in finished.manifest]
    assert len(sizes) == run_plan.part_count(60)
    assert max(sizes) - min(sizes) <= 1


def test_the_header_names_run_catalogue_and_k(finished):
    k = run_plan.neighbour_count(30, 5, finished.world.summary()["seen_p95"], exclude_seen=True)
    assert k < 30
    for entry in finished.manifest:
        header, _ = finished.part(entry["part"])
        assert (header["run_id"], header["items"], header["k"]) == (RUN_ID, 30, k)


def test_probes_hold_the_true_neighbours_seen_or_not(finished):
    first = 0
    for entry in finished.manifest:
        header, lines = finished.part(entry["part"])
        rows = [probe["row"] for probe in header["probes"]]
        assert rows[0] == 0
        assert rows[-1] == len(lines) - 1
        assert len(set(rows)) == len(rows) > 2
        for probe in header["probes"]:
            order = oracle.best(finished.world, finished.numbers, first + probe["row"], [], WEIGHT)[: header["k"]]
            assert probe["labels"] == [item for item, _ in order]
            np.testing.assert_allclose(probe["scores"], [score for _, score in order], rtol=1e-4, atol=1e-6)
        first += len(lines)


def test_heavy_users_and_nobody_else_have_exact_lists_that_equal_brute_force(finished):
    world, user, heavy = finished.world, 0, []
    for entry in finished.manifest:
        header, lines = finished.part(entry["part"])
        for line in lines:
            seen = world.seen(user)
            assert ("exact" in line) == run_plan.is_heavy(len(seen), header["k"], 30, 5)
            if "exact" in line:
                heavy.append(user)
                order = oracle.best(world, finished.numbers, user, seen, WEIGHT)[:5]
                assert len(order) == run_plan.list_length(30, len(seen), 5)
                assert line["exact"]["labels"] == [item for item, _ in order]
                np.testing.assert_allclose(line["exact"]["scores"], [score for _, score in order], rtol=1e-4)
            user += 1
    assert heavy == [KNOWS_ALL, KNOWS_MUCH]


def test_line_n_of_the_item_ids_is_label_n(finished):
    ids = json_lines(finished.run / "item_ids.jsonl.gz")
    assert ids == [finished.world.item_id(item) for item in range(30)]


def test_metrics_equal_the_definitions_over_full_rankings(finished):
    world, numbers = finished.world, finished.numbers
    evaluated = [user for user in range(world.users) if world.held_out(user)]
    by_model = {
        user: [item for item, _ in oracle.best(world, numbers, user, world.trained(user), WEIGHT)] for user in evaluated
    }
    by_popularity = {user: oracle.most_popular(world, user) for user in evaluated}
    metrics = json.loads((finished.run / "evaluation" / "metrics.json").read_text())
    assert metrics["users"] == len(evaluated)
    assert metrics["held_out"] == sum(len(world.held_out(user)) for user in evaluated)
    assert metrics["model"] == pytest.approx(oracle.mean_metrics(world, by_model))
    assert metrics["most_popular"] == pytest.approx(oracle.mean_metrics(world, by_popularity))


@pytest.mark.parametrize("popularity", [0, 0.3, 1])
def test_a_point_of_the_dial_is_what_brute_force_gives_there(finished, popularity):
    world, numbers = finished.world, finished.numbers
    lists = {
        user: [item for item, _ in oracle.best(world, numbers, user, world.trained(user), popularity)]
        for user in range(world.users)
        if world.held_out(user)
    }
    metrics = json.loads((finished.run / "evaluation" / "metrics.json").read_text())
    (point,) = (point for point in metrics["dial"] if point["popularity"] == popularity)
    expected = oracle.mean_metrics(world, lists)
    assert metrics["dial_users"] == len(lists)
    assert point == pytest.approx(
        {"popularity": popularity} | {name: expected[name] for name in ("ndcg@10", "coverage")}
    )


def test_the_dial_goes_from_0_to_1_through_the_models_own_metrics(finished):
    metrics = json.loads((finished.run / "evaluation" / "metrics.json").read_text())
    assert [point["popularity"] for point in metrics["dial"]] == [tenth / 10 for tenth in range(11)]
    (chosen,) = (point for point in metrics["dial"] if point["popularity"] == WEIGHT)
    same = {name: metrics["model"][name] for name in ("ndcg@10", "coverage")}
    assert chosen == pytest.approx({"popularity": WEIGHT, **same}, rel=1e-12)
    popular = {name: metrics["most_popular"][name] for name in ("ndcg@10", "coverage")}
    assert metrics["dial_most_popular"] == pytest.approx(popular, rel=1e-12)
    assert len({point["ndcg@10"] for point in metrics["dial"]}) > 5, "it does not change what is recommended"


def test_examples_show_the_latest_history_and_the_list_that_will_be_published(finished):
    world = finished.world
    examples = json.loads((finished.run / "evaluation" / "examples.json").read_text())
    assert len(examples) == 10
    users = {world.user_id(user): user for user in range(world.users)}
    for example in examples:
        user = users[example["user"]]
        latest = [item for owner, item, _, _ in reversed(world.pairs) if owner == user][:10]
        assert [item["id"] for item in example["history"]] == [world.item_id(item) for item in latest]
        order = oracle.best(world, finished.numbers, user, world.seen(user), WEIGHT)[:5]
        assert [item["id"] for item in example["recommended"]] == [world.item_id(item) for item, _ in order]
        assert [item["title"] for item in example["recommended"]] == [world.titles[item] for item, _ in order]
        np.testing.assert_allclose([item["score"] for item in example["recommended"]], [s for _, s in order], rtol=1e-4)
