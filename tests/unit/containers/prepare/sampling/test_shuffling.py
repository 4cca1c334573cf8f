"""A shuffle through files is a random permutation."""

import numpy as np
import pytest

from containers.prepare.sampling.examples import EXAMPLE
from containers.prepare.sampling.shuffling import shard_count, shuffled


def numbered(count: int, block: int):
    examples = np.zeros(count, dtype=EXAMPLE)
    examples["user"] = np.arange(count)
    return [examples[first : first + block] for first in range(0, count, block)]


@pytest.mark.parametrize(
    ("count", "block", "shards"), [(10, 3, 2), (7, 7, 3), (1000, 11, 4), (1000, 1000, 1), (5, 1, 5)]
)
def test_nothing_is_lost_and_shards_are_of_equal_size(tmp_path, count, block, shards):
    found = list(shuffled(numbered(count, block), shards, np.random.SeedSequence(1), tmp_path / "s"))
    assert sorted(np.concatenate(found)["user"].tolist()) == list(range(count))
    assert len(found) == shards
    assert max(map(len, found)) - min(map(len, found)) <= 1
    assert list((tmp_path / "s").iterdir()) == []


def test_every_place_is_equally_likely_for_an_example(tmp_path):
    """20 examples in blocks of 6 over 2 shards, 2,000 times: chi-square over places, 99.99 % quantile of 19 degrees."""
    places = np.zeros((20, 20))
    for seed in range(2000):
        folder = tmp_path / str(seed)
        order = np.concatenate(list(shuffled(numbered(20, 6), 2, np.random.SeedSequence(seed), folder)))["user"]
        places[order, np.arange(20)] += 1
    assert ((places - 100) ** 2 / 100).sum(axis=1).max() < 53.0


@pytest.mark.parametrize(
    ("examples", "fewest", "shards"),
    [(0, 2, 0), (1, 2, 1), (2, 2, 2), (10_000_000, 2, 2), (10_000_001, 2, 3), (3, 1, 1)],
)
def test_shards_by_size(examples, fewest, shards):
    assert shard_count(examples, fewest) == shards
