"""Reads a channel's records in chunks of whole batches, so that a job need not hold all of them in memory."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_aws.algorithms.factorization_machines.batches import Chunk
from local_aws.algorithms.factorization_machines.samples import Samples, concatenated, decoded
from local_aws.algorithms.factorization_machines.settings import ClientError, Settings
from sagemaker_contract.recordio import CorruptRecord, frame_starts

_ROWS = 500_000
# A row of two entries takes about 66 bytes of a file and 80 of memory. Larger channels are read again in each epoch.
_BYTES_KEPT = 1_000_000_000
# Chunks are decoded in parallel with the training; a chunk is about 40 MB.
_THREADS = 2
_AHEAD = 3


class Piece(NamedTuple):
    """Consecutive records of one file: the number of the first, and the byte range."""

    path: Path
    first: int
    begin: int
    end: int


@dataclass(frozen=True)
class Channel:
    """The location of each chunk's records, in the order of file names, then of records.

    ``rows`` counts all records. The chunks of a small channel are kept in memory.
    """

    settings: Settings
    rows: int
    pieces: list[list[Piece]]
    _kept: list[Chunk] = field(default_factory=list)

    def chunks(self) -> Iterator[Chunk]:
        """All records. Every chunk except the last has a whole number of batches.

        Raises:
            ClientError: if a file is not recordIO-protobuf, or its records do not match the settings.
        """
        if self._kept:
            yield from self._kept
            return
        keep = sum(piece.end - piece.begin for pieces in self.pieces for piece in pieces) <= _BYTES_KEPT
        with ThreadPoolExecutor(_THREADS) as pool:
            running: deque[Future[Chunk]] = deque()
            found = []
            try:
                for pieces in self.pieces:
                    running.append(pool.submit(_load, pieces, self.settings))
                    if len(running) == _AHEAD:
                        found.append(running.popleft().result())
                        yield found[-1] if keep else found.pop()
                while running:
                    found.append(running.popleft().result())
                    yield found[-1] if keep else found.pop()
            finally:
                for waiting in running:
                    waiting.cancel()
        self._kept.extend(found)


def open_channel(folder: Path, settings: Settings) -> Channel:
    """Find the records of all files under ``folder``.

    Raises:
        ClientError: if there are none, or a file is not recordIO.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    size = max(1, _ROWS // settings.mini_batch_size) * settings.mini_batch_size
    pieces: list[list[Piece]] = []
    rows = 0
    for path in files:
        if not path.stat().st_size:
            continue
        starts = _frame_starts(path)
        first, count = 0, starts.size - 1
        while first < count:
            if rows % size == 0:
                pieces.append([])
            last = min(count, first + size - rows % size)
            pieces[-1].append(Piece(path, first, int(starts[first]), int(starts[last])))
            rows += last - first
            first = last
    if not rows:
        raise ClientError(
            f"channel {folder.name} has no records in {len(files)} files: give it recordIO-protobuf files"
        )
    return Channel(settings, rows, pieces)


def _frame_starts(path: Path) -> NDArray[np.int64]:
    try:
        return frame_starts(np.memmap(path, np.uint8, "r"))
    except CorruptRecord as error:
        raise ClientError(f"{path.name}: {error}") from error


def _load(pieces: list[Piece], settings: Settings) -> Chunk:
    return Chunk.of(concatenated([_read(piece, settings) for piece in pieces]), settings.mini_batch_size)


def _read(piece: Piece, settings: Settings) -> Samples:
    with piece.path.open("rb") as file:
        file.seek(piece.begin)
        data = file.read(piece.end - piece.begin)
    try:
        return decoded(data, settings)
    except CorruptRecord as error:
        # Its number in the whole file.
        moved = CorruptRecord(piece.first + error.record, piece.begin + error.offset, error.fault)
        raise ClientError(f"{piece.path.name}: {moved}") from error
    except ClientError as error:
        raise ClientError(f"{piece.path.name}: {error}") from error
