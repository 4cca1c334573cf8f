import hashlib

import duckdb
import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex, IndexFileError
from tests.unit.containers.extract.world import World


def index_of(world: World, folder) -> DataIndex:
    return DataIndex(world.write(folder / "opt").processing_input("index"), world.users, world.items)


@pytest.fixture
def world() -> World:
    return World.random(12, 20, titles=["A", None] * 10)


def lists(sets) -> list[list[int]]:
    return [sets.of(row).tolist() for row in range(len(sets))]


def test_interactions_of_a_range_and_of_chosen_users(world, tmp_path):
    index = index_of(world, tmp_path)
    assert lists(index.interactions(0, 12).all) == [world.seen(user) for user in range(12)]
    assert lists(index.interactions(5, 9).all) == [world.seen(user) for user in range(5, 9)]
    chosen = index.interactions_of(np.array([2, 7, 11]))
    assert lists(chosen.all) == [world.seen(user) for user in (2, 7, 11)]
    assert lists(chosen.trained()) == [sorted(world.trained(user)) for user in (2, 7, 11)]
    assert lists(chosen.relevant()) == [sorted(world.held_out(user)) for user in (2, 7, 11)]


def test_a_user_without_interactions_has_an_empty_set(tmp_path):
    world = World(3, 2, [(0, 1, False, 1.0), (2, 0, False, 1.0)])
    index = index_of(world, tmp_path)
    assert lists(index.interactions(0, 3).all) == [[1], [], [0]]
    assert lists(index.interactions_of(np.array([1, 2])).all) == [[], [0]]


def test_held_out_users(world, tmp_path):
    expected = [user for user in range(12) if world.held_out(user)]
    assert 0 < len(expected) < 12
    assert index_of(world, tmp_path).measured.users.tolist() == expected


def test_nobody_held_out(tmp_path):
    assert index_of(World(1, 1, [(0, 0, False, 1.0)]), tmp_path).measured.users.tolist() == []


def test_ids_and_titles_come_in_index_order(world, tmp_path):
    index = index_of(world, tmp_path)
    assert index.user_ids(3, 6) == [world.user_id(user) for user in (3, 4, 5)]
    catalogue = index.catalogue()
    assert len(catalogue) == 20
    assert catalogue.ids == [world.item_id(item) for item in range(20)]
    assert catalogue.titles == world.titles
    assert catalogue.popularity.tolist() == world.popularity


def test_no_title_is_known(tmp_path):
    assert index_of(World(1, 2, [(0, 1, False, 1.0)]), tmp_path).catalogue().titles == [None, None]


def test_history_is_the_latest_or_the_best_liked(tmp_path):
    values = [3.0, 5.0, 1.0, 5.0, 2.0]
    world = World(2, 5, [(1, item, False, value) for item, value in enumerate(values)] + [(0, 0, False, 5.0)])
    index = index_of(world, tmp_path)
    assert index.history(1, 3, best_liked=False) == [4, 3, 2]
    assert index.history(1, 4, best_liked=True) == [3, 1, 0, 4]
    assert index.history(1, 9, best_liked=False) == [4, 3, 2, 1, 0]


def test_history_without_times_or_values_is_drawn_by_a_hash_whatever_the_order_of_the_rows(tmp_path):
    world = World(1, 9, [(0, item, False, 1.0) for item in (2, 0, 3, 1, 8, 7, 4, 6, 5)])
    folder = world.write(tmp_path / "opt").processing_input("index")
    pairs = folder / "pairs.parquet"
    duckdb.execute(
        f"CREATE TABLE blank AS SELECT * REPLACE (NULL::DOUBLE AS time, NULL::DOUBLE AS value) FROM '{pairs}'"
    )
    duckdb.execute(f"COPY blank TO '{pairs}' (FORMAT parquet)")
    duckdb.execute("DROP TABLE blank")
    for best_liked in (False, True):
        found = DataIndex(folder, 1, 9).history(0, 9, best_liked=best_liked)
        assert found == sorted(range(9), key=lambda item: hashlib.md5(str(item).encode()).digest())


def test_a_missing_file_is_named_with_what_is_there(world, tmp_path):
    folder = world.write(tmp_path / "opt").processing_input("index")
    (folder / "pairs.parquet").unlink()
    with pytest.raises(
        IndexFileError, match=r"holds no pairs\.parquet; it holds item_features\.parquet, items\.parquet"
    ):
        DataIndex(folder, 12, 20)


@pytest.mark.parametrize(("users", "items", "file"), [(13, 20, "users"), (11, 20, "users"), (12, 21, "items")])
def test_an_index_that_contradicts_the_summary_is_refused(world, tmp_path, users, items, file):
    folder = world.write(tmp_path / "opt").processing_input("index")
    with pytest.raises(IndexFileError, match=rf"{file}\.parquet must number its rows 0\.\."):
        DataIndex(folder, users, items)


def test_an_index_with_a_number_twice_is_refused(world, tmp_path):
    folder = world.write(tmp_path / "opt").processing_input("index")
    file = folder / "users.parquet"
    duckdb.execute(
        "CREATE TABLE bad AS SELECT * REPLACE (CASE user_index WHEN 4 THEN 5 ELSE user_index END AS user_index) "
        f"FROM '{file}'"
    )
    duckdb.execute(f"COPY bad TO '{file}' (FORMAT parquet)")
    duckdb.execute("DROP TABLE bad")
    with pytest.raises(IndexFileError, match="it has 12 rows, 11 different numbers"):
        DataIndex(folder, 12, 20)
