"""Packed ids are correct, and so small that the largest allowed catalogue fits into the loader."""

import gzip
import json
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from containers.extract.lists import proofs
from contract.stored_object import unpacked_json
from lambdas.handlers import load_part
from lambdas.loading.packed_ids import PackedIds
from lambdas.planning import training_plan
from workflow.stages import FUNCTIONS

# Python, boto3, a part's users, rows and lists.
_ALL_ELSE = 300 * 2**20


def test_ids_come_back_as_they_were() -> None:
    draw = random.Random(5)
    texts = [
        "".join(chr(draw.choice((65, 233, 0x20AC, 0x1F600, 10))) for _ in range(draw.randrange(9))) for _ in range(300)
    ]
    ids = PackedIds(iter(texts))
    assert list(ids) == texts
    assert [ids[label] for label in range(-300, 0)] == texts
    assert ids[7:250:3] == texts[7:250:3]
    for label in (300, -301):
        with pytest.raises(IndexError, match=f"there are 300 ids, got label {label}"):
            ids[label]


def _stored(count: int) -> bytes:
    draw = random.Random(1)
    return gzip.compress("".join(f"{json.dumps(f'{draw.getrandbits(128):032x}')}\n" for _ in range(count)).encode(), 1)


def test_the_largest_catalogue_that_is_planned_fits_into_the_loader() -> None:
    """An eightieth of its items, with ids of the maximum mean length, extrapolated."""
    share = 80
    count = training_plan.MOST_ITEMS // share
    packed = _stored(count)
    tracemalloc.start()
    ids = PackedIds(unpacked_json(packed, "item_ids", str))
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(ids) == count
    assert len(ids[0]) == training_plan.MOST_ID_BYTES // training_plan.MOST_ITEMS
    memory = FUNCTIONS["load_part"].memory_mb * 2**20
    assert _ALL_ELSE + share * (peak + len(packed)) < memory
    # The rows are read after the packed ids are released, and are in memory twice for a moment.
    assert _ALL_ELSE + share * held + 2 * proofs.MOST_BYTES < memory


def test_a_warm_function_lets_one_catalogue_go_before_it_reads_another(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def read(_: object, files: Any) -> Iterator[Any]:
        seen.append(len(load_part._last))
        return iter([files])

    monkeypatch.setattr(load_part, "read_catalogue", read)
    monkeypatch.setattr(load_part.aws_clients, "client", lambda _: None)
    monkeypatch.setattr(load_part, "_last", {})
    layout = load_part.RunLayout("bucket", "run")
    one, other = (load_part.CatalogueFiles(layout, 1, 1, sha, sha) for sha in ("a", "b"))
    assert load_part._remembered(one) is load_part._remembered(one)
    load_part._remembered(other)
    assert seen == [0, 0]
