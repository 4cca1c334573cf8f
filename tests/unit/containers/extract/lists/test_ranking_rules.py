"""Lists with rules: the oracle goes through the brute-force order, item by item."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containers.extract.data.data_index import DataIndex
from containers.extract.data.item_sets import ItemSets
from containers.extract.data.run_inputs import RunInputs, read_run
from containers.extract.evaluation.model_evaluation import compare_with_popular
from containers.extract.lists import ranking as module
from containers.extract.lists.held_out_lists import held_out_lists
from containers.extract.lists.parts import Places, write_item_vectors, write_parts
from containers.extract.lists.ranking import CategoryLimit, rank
from containers.extract.lists.ranking_rules import RankingRules
from containers.extract.lists.sample_lists import sample_lists
from containers.extract.model.vectors import Vectors
from contract import run_plan
from sagemaker_contract.recordio import read_dense
from tests.unit.containers.extract.made_lists import item_sets, json_lines
from tests.unit.containers.extract.world import World

GENRES = [{"column": "genres", "first": 40, "values": ["x", "y", "z"]}]


def walked(order: Iterable[int], categories: list[list[int]], most: int | None, count: int) -> list[int]:
    """The first ``count`` items of ``order`` with at most ``most`` in each category."""
    found: list[int] = []
    for item in order:
        held = [sum(category in categories[other] for other in found) for category in categories[item]]
        if len(found) < count and (most is None or all(number < most for number in held)):
            found.append(item)
    return found


@st.composite
def catalogues(draw: st.DrawFn) -> dict[str, Any]:
    items = draw(st.integers(1, 12))
    return {
        "scores": draw(st.lists(st.lists(st.integers(0, 4), min_size=items, max_size=items), min_size=1, max_size=4)),
        "categories": [draw(st.lists(st.integers(0, 3), unique=True, max_size=3)) for _ in range(items)],
        "servable": [draw(st.booleans()) for _ in range(items)],
        "most": draw(st.none() | st.integers(1, 3)),
        "count": draw(st.integers(1, 6)),
        "depth": draw(st.sampled_from([1, 5])),
        "seen": draw(st.lists(st.integers(0, items - 1), unique=True)),
    }


@given(catalogues())
@settings(max_examples=60)
def test_every_list_is_the_best_that_the_rules_allow(given_: dict[str, Any]) -> None:
    scores = np.array(given_["scores"], dtype=np.float32)
    users, items = scores.shape
    limit = None if given_["most"] is None else CategoryLimit(given_["most"], item_sets(given_["categories"]), 4)
    seen = item_sets([given_["seen"] if user % 2 == 0 else [] for user in range(users)])
    servable = np.array(given_["servable"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FIRST_DEPTH", given_["depth"])
        ranking = rank(scores, np.eye(items, dtype=np.float32), seen, given_["count"], servable=servable, limit=limit)
    for user in range(users):
        may = [item for item in range(items) if servable[item] and item not in seen.of(user)]
        order = sorted(may, key=lambda item: (-scores[user, item], item))
        due = walked(order, given_["categories"], given_["most"], given_["count"])
        assert ranking.of(user) == (due, [float(scores[user, item]) for item in due])


class Small:
    """Thirty users and ten items with genres, of which 2 and 5 are never shown; a random model."""

    def __init__(self, folder: Path, **request: Any) -> None:
        draw = np.random.default_rng(3)
        self.genres = [[0], [0], [0, 1], [1], [], [2], [0, 2], [1], [2], []]
        known = [{genre: 1 / len(genres) for genre in genres} for genres in self.genres]
        self.world = World.random(
            30,
            10,
            item_features=known,
            features=3,
            fields={"items": GENRES, "users": []},
            hidden=frozenset({2, 5}),
            request=request,
        )
        self.vectors = Vectors(
            draw.normal(size=(10, 4)).astype(np.float32), draw.normal(size=(30, 3)).astype(np.float32)
        )
        self.world.pairs = [
            (user, item, held or item in {5, 7, 8, 9}, value) for user, item, held, value in self.world.pairs
        ]
        self.paths = self.world.write(folder / "opt")
        self.run: RunInputs = read_run(self.paths)
        self.index = DataIndex(self.paths.processing_input("index"), 30, 10)

    def due(self, user: int, most: int | None) -> list[int]:
        scores = self.vectors.items @ self.vectors.of_users(np.array([user]))[0]
        may = set(range(10)) - self.world.hidden - set(self.world.left_out(user))
        return walked(sorted(may, key=lambda item: -scores[item]), self.genres, most, self.run.top_x)

    def parts(self, folder: Path) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
        places = Places(rows=folder / "rows", proofs=folder / "proofs", manifest=folder)
        write_parts(self.run, self.index, self.vectors, places=places, shared={})
        entries = json.loads((folder / "parts.json").read_text())
        read = [json_lines(folder / "parts" / f"{entry['part']}.jsonl.gz") for entry in entries]
        return [(header, lines) for header, *lines in read]


def test_rows_of_knn_are_those_of_items_that_may_be_shown_and_keep_their_labels(tmp_path: Path) -> None:
    small = Small(tmp_path)
    write_item_vectors(small.vectors.items, tmp_path / "items", small.index.catalogue().servable)
    read = [read_dense(file.read_bytes()) for file in sorted((tmp_path / "items").iterdir())]
    assert [label for one in read if one.labels is not None for label in one.labels.tolist()] == [
        0,
        1,
        3,
        4,
        6,
        7,
        8,
        9,
    ]
    assert np.array_equal(np.concatenate([one.rows for one in read]), small.vectors.items[[0, 1, 3, 4, 6, 7, 8, 9]])


def test_heavy_users_and_probes_know_only_what_may_be_shown(tmp_path: Path) -> None:
    small = Small(tmp_path)
    user, heavy = 0, 0
    for header, lines in small.parts(tmp_path):
        assert (header["items"], header["servable"], header["limited"]) == (10, 8, False)
        assert header["k"] == small.run.neighbours == min(8, 5 + small.world.summary()["seen_p95"])
        assert all(
            not {2, 5} & set(probe["labels"]) and len(probe["labels"]) == header["k"] for probe in header["probes"]
        )
        for line in lines:
            assert line["seen"] == small.world.left_out(user)
            assert ("exact" in line) == run_plan.is_heavy(len(line["seen"]), header["k"], 8, 5)
            if "exact" in line:
                heavy += 1
                assert line["exact"]["labels"] == small.due(user, None)
            user += 1


def test_under_a_limit_every_list_is_exact_and_keeps_to_it(tmp_path: Path) -> None:
    small = Small(tmp_path, rules={"most_per_category": {"column": "genres", "most": 1}}, exclude_seen=False)
    lists = []
    for header, lines in small.parts(tmp_path):
        assert header["limited"]
        lists += [line["exact"]["labels"] for line in lines]
    assert lists == [small.due(user, 1) for user in range(30)]
    assert all(4 in labels and 9 in labels for labels in lists), "what has no category is never too much of one"
    served = sample_lists(small.run, small.index, small.vectors, np.arange(30))
    assert [served.ranking.of(user)[0] for user in range(30)] == lists, "the report shows what is published"


def test_nothing_is_held_out_that_no_list_may_hold(tmp_path: Path) -> None:
    small = Small(tmp_path)
    users = small.index.measured.users
    wanted = {user: set(small.world.held_out(user)) - small.world.hidden for user in range(30)}
    assert users.tolist() == [user for user in range(30) if wanted[user]]
    kept_back = small.index.interactions_of(users).relevant()
    assert [set(kept_back.of(row).tolist()) for row in range(len(users))] == [wanted[user] for user in users]
    assert any(small.world.hidden & set(small.world.held_out(user)) for user in users.tolist())


def test_serving_without_rules_holds_everything(tmp_path: Path) -> None:
    world = World.random(3, 4)
    paths = world.write(tmp_path / "opt")
    rules = RankingRules.of(read_run(paths), DataIndex(paths.processing_input("index"), 3, 4))
    assert (rules.servable.tolist(), rules.limit, rules.top_x) == ([True] * 4, None, 5)
    assert len(rules.lists(np.ones((1, 1), np.float32), np.ones((4, 1), np.float32), ItemSets.empty(1)).of(0)[0]) == 4


def test_the_model_and_most_popular_are_measured_without_what_no_list_may_hold(tmp_path: Path) -> None:
    # Item 0 comes before item 1 in both rankings; ten users have item 1 held out, and one has item 0, which is hidden.
    pairs = [(user, item, False, 1.0) for user in range(10, 20) for item in (0, 1)]
    pairs += [(user, 0, False, 1.0) for user in range(20, 25)]
    pairs += [pair for user in range(10) for pair in ((user, 2, False, 1.0), (user, 1, True, 1.0))]
    pairs += [(25, 2, False, 1.0), (25, 0, True, 1.0)]
    vectors = Vectors(np.array([[3, 0], [2, 0], [1, 0]], dtype=np.float32), np.ones((26, 1), dtype=np.float32))
    for hidden, first, users in ((frozenset({0}), 1.0, 10), (frozenset(), (10 / np.log2(3) + 1) / 11, 11)):
        world = World(26, 3, pairs, hidden=hidden)
        index = DataIndex(world.write(tmp_path / str(users)).processing_input("index"), 26, 3)
        popularity = np.array(world.popularity)
        found = compare_with_popular(held_out_lists(index, vectors, popularity), popularity)
        assert found is not None
        assert found.users == users
        for side in (found.model, found.other):
            assert side.metrics["ndcg@10"] == pytest.approx(first)
