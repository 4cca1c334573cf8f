"""The oracle is FM's own formula in float64, on a model with known parameters, and the published lists."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from tests.unit.containers.extract.world import RUN_ID, World
from tests.unit.topx.stored_world import LAYOUT, StoredWorld, described, stored_world
from topx.actions.explain import explain
from topx.explanation import explanation
from topx.problem import Problem
from topx.terminal import Terminal

BLOCK = {"factors": 4, "history_rank": 12, "exclude_seen": True}
HIDDEN = 7
HISTORY = 0.25


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredWorld:
    """For a run that trains once, so that held-out pairs are not history for the model."""
    titles = [f"Film {item}" if item % 2 else None for item in range(30)]
    world = World.random(40, 30, titles=titles, request={**BLOCK, "refit": False}, hidden=frozenset({HIDDEN}))
    folder = tmp_path_factory.mktemp("stored")
    return stored_world(folder, described(world), popularity=0.5, history_weight=HISTORY)


def pairs(world: World) -> list[tuple[int, int]]:
    return [(user, item) for user in range(0, world.users, 7) for item in range(0, world.items, 3) if item != HIDDEN]


def test_the_parts_add_up_to_the_published_score(stored: StoredWorld) -> None:
    world, listed = stored.world, 0
    for user in range(0, world.users, 3):
        own = stored.deployment.table.get_item({"pk": f"user#{world.user_id(user)}", "version": RUN_ID})["Item"]
        for place, (item, score) in enumerate(zip(own["items"], own["scores"], strict=True), start=1):
            found = explanation(stored.deployment, world.user_id(user), item, 3)
            parts, listed = found.parts, listed + 1
            assert (found.place, found.published, found.had) == (place, float(score), False)
            total = parts.history + parts.factors + parts.item + parts.popularity
            assert total == pytest.approx(float(score), rel=2e-5, abs=2e-6)
            assert parts.score == pytest.approx(total, abs=1e-12)
            assert sum(share.with_other for share in parts.by_item) == pytest.approx(parts.factors, abs=1e-12)
            assert sum(share.alone for share in parts.by_item) == pytest.approx(parts.item, abs=1e-12)
            assert sum(share.with_other for share in parts.by_user) == pytest.approx(parts.factors, abs=1e-12)
    assert listed > 40


def test_each_share_is_what_the_formula_gives_it(stored: StoredWorld) -> None:
    world, numbers = stored.world, stored.numbers
    for user, item in pairs(world):
        found = explanation(stored.deployment, world.user_id(user), world.item_id(item), 3).parts
        known = len(world.trained(user))
        weight = 1 - HISTORY * known**3 / (known**3 + 8)
        of_user, of_item = world.user_part(user), world.item_part(item)
        popularity = 0.5 * np.log1p(world.recent_popularity[item])
        assert found.popularity == pytest.approx(weight * popularity, rel=1e-5)
        assert found.history == pytest.approx(found.score - found.factors - found.item - found.popularity, abs=1e-9)

        def with_other(one: dict[int, float], other: dict[int, float]) -> float:
            return sum(x * y * float(numbers.v[j] @ numbers.v[k]) for j, x in one.items() for k, y in other.items())

        def alone(column: int, within: dict[int, float]) -> float:
            rest = {column: within[column]}, {other: x for other, x in within.items() if other != column}
            return numbers.w[column] * within[column] + with_other(*rest) / 2

        own = world.users + item
        features = [column for column in of_item if column != own]
        assert [share.name for share in found.by_item] == ["itself", *(name(world, "items", j) for j in features)]
        for share, column in zip(found.by_item, [own, *features], strict=True):
            known = column in of_item  # an item that training has not seen has only its features
            wanted = weight * with_other({column: of_item[column]}, of_user) if known else 0
            assert share.with_other == pytest.approx(wanted, abs=2e-6)
            assert share.alone == pytest.approx(weight * alone(column, of_item) if known else 0, abs=2e-6)
        features = [column for column in of_user if column != user]
        assert [share.name for share in found.by_user] == ["itself", *(name(world, "users", j) for j in features)]
        for share, column in zip(found.by_user, [user, *features], strict=True):
            wanted = weight * with_other({column: of_user[column]}, of_item) if column in of_user else 0
            assert share.with_other == pytest.approx(wanted, abs=2e-6)


def name(world: World, side: str, column: int) -> str:
    (field,) = world.fields[side]
    return f"{field['column']} = {field['values'][column - field['first']]}"


def test_what_the_user_had_adds_up_to_the_history_block(tmp_path: Path) -> None:
    world = described(World.random(40, 30, request={**BLOCK, "refit": False}))
    stored = stored_world(tmp_path, world, popularity=0.5, history_weight=HISTORY)
    for user, item in pairs(world):
        if item in world.seen(user):
            continue
        found = explanation(stored.deployment, world.user_id(user), world.item_id(item), 30)
        assert {near.item.index for near in found.nearest} == set(world.trained(user))
        shares = [near.share for near in found.nearest]
        assert sum(shares) == pytest.approx(found.parts.history, abs=1e-6)  # type: ignore[arg-type]
        assert shares == sorted(shares, reverse=True)  # type: ignore[type-var]


def test_after_a_second_training_what_was_held_out_is_history_too(tmp_path: Path) -> None:
    world = World.random(40, 30, request={**BLOCK, "refit": True})
    stored = stored_world(tmp_path, world, popularity=0.0, history_weight=HISTORY)
    user = next(user for user in range(40) if world.held_out(user))
    item = next(item for item in range(30) if item not in world.seen(user))
    found = explanation(stored.deployment, world.user_id(user), world.item_id(item), 30)
    assert {near.item.index for near in found.nearest} == set(world.seen(user))
    assert sum(near.share or 0 for near in found.nearest) == pytest.approx(found.parts.history, abs=1e-6)


def test_without_the_block_the_nearest_are_by_their_factors(tmp_path: Path) -> None:
    world = World.random(40, 30, request={"refit": False})
    stored = stored_world(tmp_path, world, popularity=0.5)
    user, item = 3, 4
    found = explanation(stored.deployment, world.user_id(user), world.item_id(item), 30)
    v = stored.numbers.v[world.users : world.users + 30]
    cosines = v @ v[item] / np.linalg.norm(v, axis=1) / np.linalg.norm(v[item])
    wanted = sorted((other for other in world.trained(user) if other != item), key=lambda other: -cosines[other])
    assert [near.item.index for near in found.nearest] == wanted
    assert [near.likeness for near in found.nearest] == pytest.approx([cosines[other] for other in wanted], abs=1e-6)
    assert {near.share for near in found.nearest} == {None}
    assert found.parts.history == 0


@pytest.mark.parametrize(
    ("user", "item", "said"),
    [
        ("no\x1bbody", "item/1", r"does not know user 'no\x1bbody'"),
        ("user 3 ü", "[b]\n", r"does not know item '[b]\n'"),
        ("user 3 ü", f"item/{HIDDEN}", "exclude it from all lists"),
    ],
)
def test_who_or_what_has_no_score_is_told_why(stored: StoredWorld, user: str, item: str, said: str) -> None:
    with pytest.raises(Problem) as refused:
        explanation(stored.deployment, user, item, 3)
    assert said in str(refused.value)


@pytest.mark.parametrize("gone", [LAYOUT.explanation, LAYOUT.item_proofs, f"{LAYOUT.index}pairs.parquet"])
def test_what_has_expired_is_named(stored: StoredWorld, monkeypatch: pytest.MonkeyPatch, gone: str) -> None:
    monkeypatch.delitem(stored.deployment.s3.objects, gone)
    with pytest.raises(Problem, match=f"scratch files of run {RUN_ID} are no longer in the bucket"):
        explanation(stored.deployment, "user 3 ü", "item/1", 3)


def test_a_version_with_other_explanations_is_refused(stored: StoredWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their history weights include the block's share, which is now the user's."""
    body = io.BytesIO()
    with np.load(io.BytesIO(stored.deployment.s3.objects[LAYOUT.explanation])) as arrays:
        np.savez(body, **{"history_weights" if name == "history_columns" else name: arrays[name] for name in arrays})
    monkeypatch.setitem(stored.deployment.s3.objects, LAYOUT.explanation, body.getvalue())
    with pytest.raises(Problem, match=f"version {RUN_ID} was published by an older topx"):
        explanation(stored.deployment, "user 3 ü", "item/1", 3)


def test_it_is_printed_for_people_and_for_scripts(stored: StoredWorld, capsys: pytest.CaptureFixture[str]) -> None:
    console = Terminal(width=100, color_system=None)
    world = stored.world
    user = 14
    item = next(i for i in range(1, 30, 2) if i not in world.seen(user) and len(world.item_part(i)) == 4)
    given = {"user": world.user_id(user), "item": world.item_id(item), "most": 2}
    assert explain(stored.deployment, console, **given, as_json=False) == 0
    reported = capsys.readouterr().out
    assert f"user {world.user_id(user)}, item {world.item_id(item)}, Film {item}, version {RUN_ID}" in reported
    assert "what else users with the same items have had" in reported
    assert "genre = [b]\\x1b]0;x\\x07" in reported  # shown, not interpreted
    assert explain(stored.deployment, console, **given, as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["item"]["title"] == f"Film {item}"
    assert document["parts"]["score"] == pytest.approx(stored.score(user, item), rel=1e-5)
    assert len(document["nearest"]) == 2


def test_what_the_user_had_is_said_to_be_left_out(stored: StoredWorld) -> None:
    world = stored.world
    item = next(item for item in world.left_out(3) if item != HIDDEN)
    found = explanation(stored.deployment, world.user_id(3), world.item_id(item), 3)
    assert (found.place, found.published, found.had) == (None, None, True)
