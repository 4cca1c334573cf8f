"""A table's items on disk equal those of a dictionary, even after a kill, with a full disk and in a new log."""

import copy
import gc
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws import table_items
from local_aws.item_log import ItemsDamaged
from local_aws.packed_item import pack, unpack
from local_aws.table_items import TableItems
from tests.unit.local_aws.test_state_generations import files_of_at_most

Content = dict[str, dict[str, dict[str, Any]]]

_scalars = st.one_of(
    st.text(max_size=5).map(lambda text: {"S": text}),
    st.integers().map(lambda number: {"N": str(number)}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.lists(st.text(max_size=3), min_size=1, max_size=3, unique=True).map(lambda texts: {"SS": texts}),
    st.just({"NULL": True}),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda elements: {"L": elements}),
        st.lists(st.text(max_size=3).map(lambda text: {"S": text}), max_size=4).map(lambda elements: {"L": elements}),
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(lambda entries: {"M": entries}),
    ),
    max_leaves=8,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(TableItems, "folder", tmp_path / "open", raising=False)
    (tmp_path / "open").mkdir()
    return tmp_path


def content(items: TableItems) -> Content:
    return {partition: dict(found) for partition, found in items.items()}


def killed_and_restored(items: TableItems, folder: Path, length: int) -> TableItems:
    """What another process reads from the log after this one has ended."""
    saved = folder / f"{len(list(folder.iterdir()))}.items"
    saved.hardlink_to(items.settle()[0].path)
    return TableItems.restored(saved, length)


@given(st.dictionaries(st.text(max_size=3), _values, max_size=4))
def test_an_item_that_was_packed_is_the_same_unpacked(item: dict[str, Any]) -> None:
    assert unpack(pack(item)) == item


def test_a_list_of_recommendations_is_short() -> None:
    wire = {
        "items": {"L": [{"S": str(n)} for n in range(100)]},
        "scores": {"L": [{"N": f"{n / 7}"} for n in range(100)]},
    }
    assert len(pack(wire)) < 0.7 * len(json.dumps(wire, separators=(",", ":")))


@pytest.mark.parametrize("seed", range(5))
def test_they_are_what_a_dictionary_holds(folder: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Used like in ministack: ``_set_item`` and ``_remove_item`` of its DynamoDB, line by line."""
    monkeypatch.setattr(table_items, "_MOST_IDLE_BYTES", 2000)
    chance, known, items = random.Random(seed), dict[str, Any](), TableItems(dict)
    for step in range(400):
        partition, sort = f"user#{chance.randrange(12)}", f"v{chance.randrange(3)}"
        if chance.random() < 0.7:
            item = {"pk": {"S": partition}, "n": {"N": str(step)}, "items": {"L": [{"S": "é" * chance.randrange(9)}]}}
            known.setdefault(partition, {})[sort] = item
            items.setdefault(partition, {})[sort] = copy.deepcopy(item)
        else:
            expected = known.get(partition, {}).pop(sort, None)
            found = items.get(partition)
            assert (found.pop(sort, None) if found is not None else None) == expected
            if partition in known and not known[partition]:
                assert not items[partition]
                del known[partition], items[partition]
        if step % 97 == 0:
            items = killed_and_restored(items, folder, items.settle()[1])
    assert content(items) == known
    assert (len(items), set(items), "user#99" in items) == (len(known), set(known), False)


def test_what_was_not_settled_is_gone_after_a_kill(folder: Path) -> None:
    items = TableItems(dict, {"a": {"v1": {"n": {"N": "1"}}, "v2": {"n": {"N": "2"}}}})
    before, length = content(items), items.settle()[1]
    items.put("b", "v1", {"n": {"N": "3"}})
    items.delete("a", "v1")
    restored = killed_and_restored(items, folder, length)
    assert content(restored) == before
    assert restored.settle()[0].path.stat().st_size == length


def test_an_emptied_partition_is_not_there_after_a_restart(folder: Path) -> None:
    items = TableItems(dict, {"a": {"v": {"n": {"N": "1"}}}, "b": {"v": {"n": {"N": "2"}}}})
    items["a"].pop("v")
    del items["a"]
    assert list(killed_and_restored(items, folder, items.settle()[1])) == ["b"]


def test_a_full_disk_loses_nothing_and_is_told_when_settling(folder: Path) -> None:
    items = TableItems(dict, {"a": {"v": {"s": {"S": "x" * 500}}}, "b": {"v": {"n": {"N": "1"}}}})
    with files_of_at_most(1000):
        items.put("a", "v", {"s": {"S": "y" * 900}})
        items.delete("b", "v")
        items.put("c", "v", {"s": {"S": "z" * 900}})
        items.put("c", "v", {"n": {"N": "2"}})  # small enough
        with pytest.raises(OSError, match="File too large"):
            items.settle()
        expected = {"a": {"v": {"s": {"S": "y" * 900}}}, "b": {}, "c": {"v": {"n": {"N": "2"}}}}
        assert content(items) == expected
    assert content(items) == expected
    del items["b"], expected["b"]
    assert content(killed_and_restored(items, folder, items.settle()[1])) == expected


@pytest.fixture
def saved(folder: Path) -> tuple[Path, int]:
    items = TableItems(dict, {f"user#{n}": {"v": {"n": {"N": str(n)}}} for n in range(20)})
    log, length = items.settle()
    (folder / "saved.items").write_bytes(log.path.read_bytes())
    return folder / "saved.items", length


def test_each_damaged_byte_is_noticed(saved: tuple[Path, int]) -> None:
    path, length = saved
    whole = path.read_bytes()
    for at in range(0, length, 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(ItemsDamaged, match=r"saved\.items at byte \d+"):
            TableItems.restored(path, length)


@pytest.mark.parametrize("missing", [1, 15, 40])
def test_a_log_that_ends_early_is_noticed(saved: tuple[Path, int], missing: int) -> None:
    path, length = saved
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(ItemsDamaged, match=r"saved\.items at byte \d+"):
        TableItems.restored(path, length)


def test_a_log_of_mostly_deleted_items_is_rewritten_and_the_saved_one_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_items, "_MOST_IDLE_BYTES", 1000)
    items = TableItems(dict, {f"user#{n}": {"old": {"n": {"N": str(n)}}} for n in range(100)})
    log, length = items.settle()
    (folder / "saved.items").hardlink_to(log.path)
    del log
    for n in range(100):
        items.put(f"user#{n}", "new", {"n": {"N": str(-n)}})
        if n:
            items.delete(f"user#{n}", "old")
    shorter, now = items.settle()
    assert shorter.path.name != "saved.items"
    assert now < length * 1.1
    assert items["user#7"] == {"new": {"n": {"N": "-7"}}}
    assert [path.name for path in (folder / "open").iterdir()] == [shorter.path.name]
    assert TableItems.restored(folder / "saved.items", length)["user#7"] == {"old": {"n": {"N": "7"}}}


def test_the_log_of_a_table_that_is_gone_is_gone(folder: Path) -> None:
    items = TableItems(dict, {"a": {"v": {"n": {"N": "1"}}}})
    assert list((folder / "open").iterdir())
    del items
    gc.collect()
    assert not list((folder / "open").iterdir())


def test_a_copy_of_a_partition_does_not_change_with_the_table(folder: Path) -> None:
    items = TableItems(dict, {"a": {"v": {"n": {"N": "1"}}}})
    copied = copy.deepcopy(dict(items))
    items.put("a", "v", {"n": {"N": "2"}})
    assert copied == {"a": {"v": {"n": {"N": "1"}}}}
    assert content(TableItems(dict, copied)) == copied
