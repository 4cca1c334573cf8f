"""An append-only file of a table's items: a saved state refers to a length of it, and later lengths include earlier
ones.
"""

import os
import struct
import weakref
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# CRC-32 of everything after it, bytes of the body, of the partition key and of the sort key.
_HEADER = struct.Struct("<IIHH")
# A place is a body's offset and, in its lowest bits, the body's size: a single number takes a third of the memory of a
# pair.
_SIZE_BITS = 24


class ItemsDamaged(ValueError):
    """The bytes of a log are not those that were written; the message says where."""


@dataclass(frozen=True, slots=True)
class Record:
    """An item that was put, or, with an empty body, one that was deleted."""

    partition: str
    sort: str
    place: int

    @property
    def deleted(self) -> bool:
        return not size_of(self.place)


class ItemLog:
    """One file. The caller ensures that only one thread at a time appends."""

    def __init__(self, path: Path) -> None:
        """Open the file, or create it; records are appended after those that ``records`` has read."""
        self.path = path
        self.end = 0
        self._synced = 0
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._release = weakref.finalize(self, _release, self._descriptor, path)
        self._release.atexit = False

    def records(self, length: int) -> Iterator[Record]:
        """The records in the first ``length`` bytes, oldest first; the rest of the file was never saved, and is
        dropped.

        Raises:
            ItemsDamaged: at the first record that has changed.
        """
        with open(self._descriptor, "rb", closefd=False) as file:
            file.seek(0)
            while self.end < length:
                header = file.read(_HEADER.size)
                if len(header) < _HEADER.size:
                    raise self._damaged("it ends early")
                crc, *sizes = _HEADER.unpack(header)
                content = file.read(sum(sizes))
                if len(content) < sum(sizes) or zlib.crc32(content, zlib.crc32(header[4:])) != crc:
                    raise self._damaged("the record there is not as it was written")
                body, partition, sort = sizes
                at = self.end + _HEADER.size + partition + sort
                self.end = at + body
                yield Record(
                    content[:partition].decode(), content[partition : partition + sort].decode(), _place(at, body)
                )
        if self.end != length:
            raise self._damaged(f"{length} bytes were saved")
        os.ftruncate(self._descriptor, length)
        self._synced = length

    def append(self, partition: str, sort: str, body: bytes) -> int:
        """Append a record; returns its place.

        Raises:
            OSError: if the disk rejects it; the file is unchanged.
        """
        keys = partition.encode(), sort.encode()
        rest = _HEADER.pack(0, len(body), *map(len, keys))[4:] + b"".join(keys) + body
        record = struct.pack("<I", zlib.crc32(rest)) + rest
        written = 0
        try:
            while written < len(record):
                written += os.pwrite(self._descriptor, record[written:], self.end + written)
        except OSError:
            os.ftruncate(self._descriptor, self.end)
            raise
        self.end += len(record)
        return _place(self.end - len(body), len(body))

    def read(self, place: int) -> bytes:
        """The body at a place."""
        return os.pread(self._descriptor, size_of(place), place >> _SIZE_BITS)

    def sync(self) -> None:
        """Flush all records to the disk.

        Raises:
            OSError: if this fails.
        """
        end = self.end
        if self._synced < end:
            os.fsync(self._descriptor)
            self._synced = end

    def close(self) -> None:
        """Close the file and delete its name, as when it is no longer used; hard links to it remain."""
        self._release()

    def _damaged(self, why: str) -> ItemsDamaged:
        return ItemsDamaged(f"{self.path.name} at byte {self.end}: {why}")


def _release(descriptor: int, path: Path) -> None:
    os.close(descriptor)
    path.unlink(missing_ok=True)


def record_bytes(partition: str, sort: str, place: int) -> int:
    """The number of bytes that the record at ``place`` takes in the file."""
    return _HEADER.size + len(partition.encode()) + len(sort.encode()) + size_of(place)


def size_of(place: int) -> int:
    """The size in bytes of the body at a place."""
    return place & ((1 << _SIZE_BITS) - 1)


def _place(offset: int, size: int) -> int:
    """Encodes both in one number.

    Raises:
        ValueError: for a body larger than any DynamoDB item can be, written as JSON.
    """
    if size >> _SIZE_BITS:
        raise ValueError(f"an item must have less than {1 << _SIZE_BITS} bytes as stored, got {size}")
    return offset << _SIZE_BITS | size
