"""Popular items, overall and by the value of a user feature, counted by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.lists import default_lists as module
from containers.extract.lists.default_lists import default_lists
from containers.extract.lists.ranking_rules import RankingRules
from tests.unit.containers.extract.world import World

# Sixty users: all have item 0, held out in half of them; the first twenty are Dutch and have 3, the next thirty are
# Danish and have 1 and 4, five more are Finns and have 2, and for five no country is known. No user has item 5.
COUNTRY = [0] * 20 + [1] * 30 + [2] * 5 + [None] * 5
OWN = {0: [3], 1: [1, 4], 2: [2], None: []}
FIELDS = {"users": [{"column": "country", "first": 66, "values": ["NL", "DK", "FI"]}], "items": []}


def made(folder: Path, column: str | None = "country", **others: Any) -> dict[str, Any]:
    pairs = [(user, item, item == 0 and user % 2 == 0, 1.0) for user in range(60) for item in [0, *OWN[COUNTRY[user]]]]
    known: list[dict[int, float]] = [{} if country is None else {country: 1.0} for country in COUNTRY]
    world = World(60, 6, pairs, user_features=known, features=3, fields=FIELDS, **others)
    world.dataset = {**world.dataset, "users": {"id": "u", "features": {"country": "category"}, "default_by": column}}
    paths = world.write(folder / "opt")
    run = read_run(paths)
    index = DataIndex(paths.processing_input("index"), 60, 6)
    assert run.default_by == column
    return default_lists(index, [f"i{item}" for item in range(6)], RankingRules.of(run, index), run.default_by)


def items(found: dict[str, Any]) -> dict[str | None, list[str]]:
    return {entry["value"]: entry["items"] for entry in found["lists"]}


def test_everybodys_list_counts_users_held_out_items_among_theirs(tmp_path: Path) -> None:
    (overall,) = made(tmp_path, None, request={"top_x": 6})["lists"]
    assert (overall["value"], overall["users"]) == (None, 60)
    assert overall["items"] == ["i0", "i1", "i4", "i3", "i2", "i5"]  # ties by lower index
    np.testing.assert_allclose(overall["scores"], [1, 1 / 2, 1 / 2, 1 / 3, 5 / 60, 0], rtol=1e-6)


def test_each_kinds_own_choice_is_drawn_towards_everybodys(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert found["by"] == "country"
    assert items(found) == {
        None: ["i0", "i1", "i4", "i3", "i2"],
        "DK": ["i0", "i1", "i4", "i3", "i2"],
        "NL": ["i0", "i3", "i1", "i4", "i2"],
    }
    dutch = next(entry for entry in found["lists"] if entry["value"] == "NL")
    drawn = [(20 + 50) / 70, (20 + 50 / 3) / 70, 25 / 70, 25 / 70, 50 * 5 / 60 / 70]
    np.testing.assert_allclose(dutch["scores"], drawn, rtol=1e-6)
    assert dutch["users"] == 20


def test_few_users_have_no_list_of_their_own(tmp_path: Path) -> None:
    assert "FI" not in items(made(tmp_path)), "five users are too few to distinguish"


def test_the_largest_groups_come_first_and_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_GROUPS", 1)
    assert list(items(made(tmp_path))) == [None, "DK"]


def test_a_value_too_long_for_a_key_has_no_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIELDS["users"][0], "values", ["x" * 3000, "DK", "FI"])
    assert list(items(made(tmp_path))) == [None, "DK"]


def test_rules_hold_for_these_lists_too(tmp_path: Path) -> None:
    for number, (rules, due) in enumerate(
        [({}, ["i1", "i4", "i2", "i5"]), ({"most_per_category": {"column": "kind", "most": 1}}, ["i1", "i2", "i5"])]
    ):
        fields = {**FIELDS, "items": [{"column": "kind", "first": 68, "values": ["k"]}]}
        kinds: list[dict[int, float]] = [{2: 1.0} if item in (1, 4) else {} for item in range(6)]
        found = made_with(tmp_path / str(number), fields, kinds, rules)
        assert items(found)[None] == due


def made_with(
    folder: Path, fields: dict[str, Any], kinds: list[dict[int, float]], rules: dict[str, Any]
) -> dict[str, Any]:
    """The overall list without 0 and 3; items 1 and 4 are of one category."""
    pairs = [(user, item, False, 1.0) for user in range(60) for item in [0, *OWN[COUNTRY[user]]]]
    world = World(60, 6, pairs, item_features=kinds, features=3, fields=fields, hidden=frozenset({0, 3}))
    world.request = {"rules": rules}
    paths = world.write(folder / "opt")
    index = DataIndex(paths.processing_input("index"), 60, 6)
    return default_lists(index, [f"i{item}" for item in range(6)], RankingRules.of(read_run(paths), index), None)
