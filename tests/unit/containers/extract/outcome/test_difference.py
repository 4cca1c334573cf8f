"""Two versions' lists, compared with sets and counters instead of a database."""

import random
from collections import Counter
from pathlib import Path

import pytest

from containers.extract.outcome.difference import BEFORE, NOW, Difference, ItemChange, UserChange, compare_versions
from containers.extract.outcome.published_lists import lists_database, show
from tests.unit.containers.extract.outcome.versions import Lists, write_lists


def compared(folder: Path, now: Lists, before: Lists) -> Difference:
    write_lists(folder / "now", now)
    write_lists(folder / "before", before, parts=3)
    with lists_database(folder / "scratch") as database:
        show(database, NOW, folder / "now")
        show(database, BEFORE, folder / "before")
        return compare_versions(database)


def drawn(users: range, length: int, seed: int) -> dict[str, list[str]]:
    draw = random.Random(seed)
    ids = [f"it'em\x00{number} ü" for number in range(60)]
    return {f"u{user:03d}": draw.sample(ids, draw.randint(0, length)) for user in users}


def test_every_number_is_what_sets_say(tmp_path: Path) -> None:
    now, before = drawn(range(200), 12, seed=1), drawn(range(20, 230), 9, seed=2)
    now |= {user: before[user] for user in ("u020", "u021", "u022")}  # unchanged
    now["u023"] = [*before["u024"], "extra"][::-1]
    found = compared(tmp_path, now, before)
    length = max(len(items) for items in before.values())
    assert (found.length, found.came, found.went) == (length, 20, 30)
    both = sorted(now.keys() & before.keys())
    assert found.users == len(both) == 180
    cut = {user: (now[user][:length], before[user][:length]) for user in both}
    longer = {user: max(map(len, lists)) for user, lists in cut.items()}
    shares = {
        user: len(set(ours) & set(theirs)) / longer[user] if longer[user] else 1.0
        for user, (ours, theirs) in cut.items()
    }
    assert found.overlaps == Counter(shares.values())
    assert found.mean == pytest.approx(sum(shares.values()) / len(both))
    assert found.same == sum(ours == theirs for ours, theirs in cut.values()) >= 3
    counts = [Counter(item for items in lists.values() for item in items[:length]) for lists in (now, before)]
    change = {item: counts[0][item] - counts[1][item] for item in counts[0] | counts[1]}
    for items, sign in ((found.gained, 1), (found.lost, -1)):
        order = sorted(
            (item for item in change if sign * change[item] > 0), key=lambda item: (-sign * change[item], item)
        )
        assert items == [ItemChange(item, counts[0][item], counts[1][item]) for item in order[:10]]
    assert found.items_came == len(counts[0].keys() - counts[1].keys())
    assert found.items_went == len(counts[1].keys() - counts[0].keys())
    changed = sorted((user for user in both if cut[user][0] != cut[user][1]), key=lambda user: (shares[user], user))
    assert found.most_changed == [UserChange(user, shares[user], *cut[user]) for user in changed[:5]]


def test_the_same_lists_differ_in_nothing(tmp_path: Path) -> None:
    lists = drawn(range(30), 8, seed=3) | {"empty": []}
    found = compared(tmp_path, lists, lists)
    assert (found.users, found.same, found.overlaps) == (31, 31, {1.0: 31})
    assert (found.gained, found.lost, found.most_changed) == ([], [], [])


def test_a_longer_list_is_compared_as_far_as_the_shorter_goes(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a": ["x", "y", "z"]}, {"a": ["y", "x"]})
    assert (found.length, found.overlaps, found.same) == (2, {1.0: 1}, 0)


def test_versions_without_a_common_user(tmp_path: Path) -> None:
    found = compared(tmp_path, {"a": ["x"]}, {"b": ["x"]})
    assert (found.users, found.mean, found.came, found.went, found.most_changed) == (0, None, 1, 1, [])
