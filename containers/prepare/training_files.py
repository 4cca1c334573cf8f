"""Examples to the recordIO-protobuf files of one channel."""

from pathlib import Path
from typing import IO

import numpy as np

from containers import recordio
from containers.feature_space import FeatureSpace
from containers.prepare.examples import Block, Examples
from containers.prepare.shuffling import shard_count, shuffled
from contract.run_plan import part_name

_RECORDS_PER_WRITE = 500_000


def write(
    examples: Examples, space: FeatureSpace, folder: Path, *, fewest: int, seed: np.random.SeedSequence, scratch: Path
) -> int:
    """Write all examples, shuffled, to ``folder/part-*.pbr``; return how many files that took.

    Args:
        fewest: files at least, as long as there are as many examples.
        scratch: an absent folder for the shuffle's own files.
    """
    files = shard_count(len(examples), fewest)
    folder.mkdir(parents=True, exist_ok=True)
    for number, shard in enumerate(shuffled(examples.blocks(), files, seed, scratch)):
        with (folder / f"{part_name(number)}.pbr").open("wb") as stream:
            for first in range(0, len(shard), _RECORDS_PER_WRITE):
                _write_records(stream, shard[first : first + _RECORDS_PER_WRITE], space)
    return files


def _write_records(stream: IO[bytes], block: Block, space: FeatureSpace) -> None:
    rows = len(block)
    recordio.write_sparse(
        stream,
        np.arange(0, 2 * rows + 1, 2, dtype=np.int64),
        space.keys(block["user"], block["item"]),
        np.ones(2 * rows, dtype=np.float32),
        space.dimension,
        np.ascontiguousarray(block["label"]),
    )
