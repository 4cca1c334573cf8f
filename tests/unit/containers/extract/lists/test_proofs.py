import numpy as np

from containers.extract.lists import proofs
from containers.extract.lists.proofs import write_item_proofs


def read(file, width: int) -> tuple[list[int], np.ndarray]:
    body = file.read_bytes()
    count = len(body) // (4 * (width + 1))
    return np.frombuffer(body, "<i4", count).tolist(), np.frombuffer(body, "<f4", offset=4 * count).reshape(-1, width)


def test_items_that_no_list_may_hold_are_no_number(tmp_path):
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    write_item_proofs(tmp_path / "proofs" / "items.f32", rows, np.array([True, False, True, True]), np.ones(4))
    labels, found = read(tmp_path / "proofs" / "items.f32", 3)
    assert labels == [0, 1, 2, 3]
    assert np.isnan(found[1]).all()
    assert np.array_equal(found[[0, 2, 3]], rows[[0, 2, 3]])


def test_of_too_many_items_the_most_popular_ones_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(proofs, "MOST_BYTES", 3 * 4 * (2 + 1))
    rows = np.arange(14, dtype=np.float32).reshape(7, 2)
    popularity = np.array([5, 9, 0, 9, 1, 7, 5])
    write_item_proofs(tmp_path / "items.f32", rows, np.ones(7, dtype=bool), popularity)
    labels, found = read(tmp_path / "items.f32", 2)
    assert labels == [1, 3, 5]
    assert np.array_equal(found, rows[labels])
