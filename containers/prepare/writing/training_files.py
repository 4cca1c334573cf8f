"""Writes examples to the recordIO-protobuf files of one channel."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from containers.prepare.sampling.design_matrix import DesignMatrix
from containers.prepare.sampling.examples import Block, Examples
from containers.prepare.sampling.shuffling import shard_count, shuffled
from contract.job_progress import Counted
from contract.run_plan import part_name
from sagemaker_contract import recordio

_RECORDS_PER_WRITE = 500_000


def write(
    examples: Examples, matrix: DesignMatrix, folder: Path, *, fewest: int, seed: np.random.SeedSequence, scratch: Path
) -> int:
    """Write all examples, shuffled, to ``folder/part-*.pbr``; return the number of files.

    Args:
        fewest: the least number of files, if there are as many examples.
        scratch: a folder that does not exist yet, for the shuffle's temporary files.
    """
    files = shard_count(len(examples), fewest)
    folder.mkdir(parents=True, exist_ok=True)
    # Each example is sampled once and written once.
    progress = Counted(f"writing {folder.name} examples", 2 * len(examples))
    for number, shard in enumerate(shuffled(_reported(examples.blocks(), progress), files, seed, scratch)):
        with (folder / f"{part_name(number)}.pbr").open("wb") as stream:
            for first in range(0, len(shard), _RECORDS_PER_WRITE):
                block = shard[first : first + _RECORDS_PER_WRITE]
                _write_records(stream, block, matrix)
                progress.add(len(block))
    return files


def _reported(blocks: Iterable[Block], progress: Counted) -> Iterator[Block]:
    for block in blocks:
        yield block
        progress.add(len(block))


def _write_records(stream: IO[bytes], block: Block, matrix: DesignMatrix) -> None:
    rows = matrix.rows(block["user"], block["item"])
    labels = np.ascontiguousarray(block["label"])
    recordio.write_sparse(stream, rows.indptr, rows.keys, rows.values, matrix.space.dimension, labels)
