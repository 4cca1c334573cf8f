import json
from pathlib import Path

import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import RunInputs, read_run
from containers.extract.lists import parts
from containers.extract.lists.parts import (
    Places,
    spans,
    write_item_ids,
    write_item_titles,
    write_item_vectors,
    write_parts,
)
from containers.extract.model.vectors import Vectors
from contract import run_plan
from sagemaker_contract.recordio import read_dense
from tests.unit.containers.extract.made_lists import json_lines
from tests.unit.containers.extract.world import World

SHARED = {name: name[0] * 64 for name in ("item_ids", "item_rows", "default_lists", "plan", "summary")}


def written(
    world: World, vectors: Vectors, folder: Path
) -> tuple[RunInputs, list[tuple[dict, list[dict]]], tuple[int, int]]:
    paths = world.write(folder / "opt")
    run = read_run(paths)
    index = DataIndex(paths.processing_input("index"), run.users, run.items)
    places = Places(rows=folder / "rows", proofs=folder / "proofs", manifest=folder / "run")
    counts = write_parts(run, index, vectors, places=places, shared=SHARED)
    entries = json.loads((folder / "run" / "parts.json").read_text())
    read = [json_lines(folder / "run" / "parts" / f"{entry['part']}.jsonl.gz") for entry in entries]
    return run, [(header, lines) for header, *lines in read], counts


def colours(users: int, items: int) -> Vectors:
    """A model that knows colors: 1 for the user's own, -1 for the other."""
    item_rows = np.column_stack([np.where(np.arange(items) % 2 == 0, 1, -1), np.zeros(items)]).astype(np.float32)
    return Vectors(item_rows, np.where(np.arange(users) % 2 == 0, 1, -1).astype(np.float32)[:, np.newaxis])


def test_on_a_checkerboard_neighbours_and_exact_lists_are_of_the_own_colour(tmp_path):
    world = World.checkerboard(14, 40, request={"top_x": 2})
    run, found, counts = written(world, colours(14, 40), tmp_path)
    assert run.neighbours == 20
    assert counts == (4, 0)
    user = 0
    for header, lines in found:
        for probe in header["probes"]:
            own = (user + probe["row"]) % 2
            assert probe["labels"] == [item for item in range(40) if item % 2 == own]
            assert probe["scores"] == [1.0] * 20
        user += len(lines)
    assert user == 14


def test_on_a_checkerboard_a_longer_list_goes_on_with_the_other_colour(tmp_path, monkeypatch):
    monkeypatch.setattr(run_plan, "MOST_NEIGHBOURS", 10)  # so that all users are heavy
    world = World.checkerboard(14, 40, request={"top_x": 4})
    _, found, counts = written(world, colours(14, 40), tmp_path)
    assert counts == (4, 14)
    lines = [line for _, some in found for line in some]
    for user, line in enumerate(lines):
        own = [item for item in range(40) if item % 2 == user % 2 and item not in world.seen(user)]
        other = [item for item in range(40) if item % 2 != user % 2]
        assert line["exact"]["labels"] == (own + other)[:4]
        assert line["exact"]["scores"] == [1.0] * len(own) + [-1.0] * (4 - len(own))


def test_when_seen_items_may_be_repeated_nothing_is_seen_and_nobody_is_heavy(tmp_path):
    world = World.random(30, 40, request={"exclude_seen": False})
    run, found, counts = written(world, colours(30, 40), tmp_path)
    assert run.neighbours == 5
    assert counts == (4, 0)
    assert all(line["seen"] == [] and "exact" not in line for _, lines in found for line in lines)


def test_one_user_and_one_item_are_a_part_and_a_file(tmp_path):
    _, found, counts = written(World(1, 1, [(0, 0, False, 1.0)]), colours(1, 1), tmp_path)
    assert counts == (1, 0)
    assert found == [
        (
            {**found[0][0], "users": 1, "items": 1, "k": 1, "probes": [{"row": 0, "labels": [0], "scores": [1.0]}]},
            [{"user": "user 0 ü", "seen": [0]}],
        )
    ]


def test_written_twice_is_the_same_to_the_byte(tmp_path):
    world, vectors = World.random(20, 12), colours(20, 12)
    written(world, vectors, tmp_path / "a")
    written(world, vectors, tmp_path / "b")
    files = sorted(
        file for folder in ("run", "rows") for file in (tmp_path / "a" / folder).rglob("*") if file.is_file()
    )
    assert len(files) == 9
    for file in files:
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


@pytest.mark.parametrize(("rows", "count"), [(1, 1), (7, 4), (8, 4), (20_001, 5), (3, 3)])
def test_spans_cover_every_row_once(rows, count):
    made = spans(rows, count)
    assert [row for span in made for row in range(span.first, span.last)] == list(range(rows))
    assert len(made) == count
    sizes = [span.last - span.first for span in made]
    assert 1 <= min(sizes) <= max(sizes) <= min(sizes) + 1


@pytest.mark.parametrize(("items", "files"), [(1, 1), (2, 2), (9, 3), (10, 4)])
def test_item_files_are_two_at_least_and_limited_in_size(tmp_path, monkeypatch, items, files):
    monkeypatch.setattr(parts, "_ITEMS_PER_FILE", 3)
    rows = np.random.default_rng(0).normal(size=(items, 3)).astype(np.float32)
    write_item_vectors(rows, tmp_path / "items", np.ones(items, dtype=bool))
    written_files = sorted((tmp_path / "items").iterdir())
    assert [file.name for file in written_files] == [f"part-{number:05d}.pbr" for number in range(files)]
    read = [read_dense(file.read_bytes()) for file in written_files]
    assert np.array_equal(np.concatenate([one.rows for one in read]), rows)
    assert np.concatenate([one.labels for one in read]).tolist() == list(range(items))


def test_ids_with_line_breaks_stay_on_their_line(tmp_path):
    ids = ["a\nb", "c\r", "\u2028", '"', "", "日本", "\x00"]
    write_item_ids(ids, tmp_path / "ids.jsonl.gz")
    assert json_lines(tmp_path / "ids.jsonl.gz") == ids


def test_titles_are_kept_of_the_items_that_have_one_and_no_file_of_none(tmp_path):
    write_item_titles(["a", "b", "ü"], ["Älien", None, ""], tmp_path / "some.jsonl.gz")
    assert json_lines(tmp_path / "some.jsonl.gz") == [{"item": "a", "title": "Älien"}]
    write_item_titles(["a"], [None], tmp_path / "none.jsonl.gz")
    assert not (tmp_path / "none.jsonl.gz").exists()
