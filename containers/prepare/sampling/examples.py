"""Turns pairs into labelled examples, block by block: positives with sampled negatives, or values."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.prepare.indexing.pairs import GroupedPairs
from containers.prepare.sampling.negative_sampling import NegativeSampler
from contract.run_plan import NEGATIVES_PER_POSITIVE

EXAMPLE = np.dtype([("user", np.int32), ("item", np.int32), ("label", np.float32)])
Block = NDArray[np.void]  # with dtype EXAMPLE

_PAIRS_PER_BLOCK = 250_000


@dataclass(frozen=True)
class ImplicitExamples:
    """Every pair with label 1, and for it NEGATIVES_PER_POSITIVE sampled items with label 0, ``passes`` times.

    A user who has seen every item that can be sampled gets no negatives.
    """

    pairs: GroupedPairs
    sampler: NegativeSampler
    passes: int
    seed: np.random.SeedSequence

    def __len__(self) -> int:
        return self.passes * (len(self.pairs) + int(self._negatives().sum()))

    def blocks(self) -> Iterator[Block]:
        """All examples, pass after pass; each pass samples new negatives."""
        negatives = self._negatives()
        for stream in self.seed.generate_state(self.passes, np.uint64):
            for first, last in self.pairs.blocks(_PAIRS_PER_BLOCK):
                counts = negatives[first:last]
                positives = _block(
                    self.pairs.user_column(first, last), self.pairs.items[self.pairs.of_users(first, last)]
                )
                positives["label"] = 1
                yield positives
                drawn = self.sampler.draw(first, counts, int(stream))
                yield _block(np.repeat(np.arange(first, last, dtype=np.int32), counts), drawn)

    def _negatives(self) -> NDArray[np.int64]:
        return np.where(self.sampler.has_unseen(), np.diff(self.pairs.bounds) * NEGATIVES_PER_POSITIVE, 0)


@dataclass(frozen=True)
class ExplicitExamples:
    """Every pair once, with its value as label."""

    pairs: GroupedPairs

    def __len__(self) -> int:
        return len(self.pairs)

    def blocks(self) -> Iterator[Block]:
        """All examples."""
        for first, last in self.pairs.blocks(_PAIRS_PER_BLOCK):
            span = self.pairs.of_users(first, last)
            block = _block(self.pairs.user_column(first, last), self.pairs.items[span])
            block["label"] = self.pairs.values[span]
            yield block


Examples = ImplicitExamples | ExplicitExamples


def _block(users: NDArray[np.int32], items: NDArray[np.int32]) -> Block:
    block = np.zeros(len(users), dtype=EXAMPLE)
    block["user"] = users
    block["item"] = items
    return block
