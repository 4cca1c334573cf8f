"""Ways to damage an object regardless of its content, and further ways that depend on its format."""

import gzip
import io
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from sagemaker_contract import recordio

Damage = Callable[[bytes, random.Random], bytes]


def truncated(body: bytes, draw: random.Random) -> bytes:
    """The end is missing."""
    return body[: draw.randrange(len(body))]


def emptied(body: bytes, draw: random.Random) -> bytes:
    """The object is empty."""
    del body, draw
    return b""


def flipped(body: bytes, draw: random.Random) -> bytes:
    """One bit is flipped."""
    place = draw.randrange(len(body))
    return body[:place] + bytes([body[place] ^ 1 << draw.randrange(8)]) + body[place + 1 :]


def zeroed(body: bytes, draw: random.Random) -> bytes:
    """A range is zero, as after losing a disk block."""
    first = draw.randrange(len(body))
    last = draw.randrange(first, len(body)) + 1
    return body[:first] + bytes(last - first) + body[last:]


def doubled(body: bytes, draw: random.Random) -> bytes:
    """Written twice."""
    del draw
    return body + body


ANY: dict[str, Damage] = {one.__name__: one for one in (truncated, emptied, flipped, zeroed, doubled)}


def of_format(key: str) -> dict[str, Damage]:
    """Damage to an object of this name that leaves it well-formed."""
    if key.endswith((".jsonl.gz", ".out")):
        packed = key.endswith(".gz")
        return {name: _lines(change, packed=packed) for name, change in _ROWS.items()}
    if key.endswith(".pbr"):
        changes: Mapping[str, Callable[..., Any]] = {**_ROWS, **_NUMBERS}
        return {name: _records(change) for name, change in changes.items()}
    if key.endswith(".parquet"):
        return {name: _parquet(change) for name, change in _ROWS.items()}
    return {}


Rows = list[int]


def _dropped(rows: Rows, draw: random.Random) -> Rows:
    place = draw.randrange(len(rows))
    return rows[:place] + rows[place + 1 :]


def _repeated(rows: Rows, draw: random.Random) -> Rows:
    place = draw.randrange(len(rows))
    return rows[: place + 1] + rows[place:]


def _exchanged(rows: Rows, draw: random.Random) -> Rows:
    if len(rows) < 2:
        return rows
    one, other = draw.sample(range(len(rows)), 2)
    changed = rows.copy()
    changed[one], changed[other] = changed[other], changed[one]
    return changed


def _rotated(rows: Rows, draw: random.Random) -> Rows:
    by = draw.randrange(1, max(2, len(rows)))
    return rows[by:] + rows[:by]


def _replaced(rows: Rows, draw: random.Random) -> Rows:
    """One element is missing and another occurs twice, so that the count is right."""
    if len(rows) < 2:
        return rows
    one, other = draw.sample(range(len(rows)), 2)
    return [other if place == one else row for place, row in enumerate(rows)]


_ROWS: dict[str, Callable[[Rows, random.Random], Rows]] = {
    "row dropped": _dropped,
    "row repeated": _repeated,
    "rows exchanged": _exchanged,
    "rows rotated": _rotated,
    "row replaced by another": _replaced,
}
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def _scaled(rows: Matrix, draw: random.Random) -> Matrix:
    del draw
    with np.errstate(over="ignore"):
        return (rows * np.float32(1e20)).astype(np.float32)


def _nothing(rows: Matrix, draw: random.Random) -> Matrix:
    del draw
    return np.zeros_like(rows)


def _turned(rows: Matrix, draw: random.Random) -> Matrix:
    changed = rows.copy()
    row = draw.randrange(len(rows))
    changed[row] = -changed[row]
    return changed


_NUMBERS: dict[str, Callable[[Matrix, random.Random], Matrix]] = {
    "numbers times 1e20": _scaled,
    "numbers zeroed": _nothing,
    "one row's signs changed": _turned,
}


def _lines(change: Callable[[Rows, random.Random], Rows], *, packed: bool) -> Damage:
    def damaged(body: bytes, draw: random.Random) -> bytes:
        lines = (gzip.decompress(body) if packed else body).splitlines(keepends=True)
        # The first line of a part's file is its header, and is kept.
        kept = 1 if b'"probes"' in lines[0] else 0
        order = change(list(range(kept, len(lines))), draw)
        changed = b"".join([*lines[:kept], *(lines[row] for row in order)])
        return gzip.compress(changed, mtime=0) if packed else changed

    return damaged


def _records(change: Callable[..., Any]) -> Damage:
    def damaged(body: bytes, draw: random.Random) -> bytes:
        if recordio.is_sparse(body):
            return body
        found = recordio.read_dense(body)
        rows, labels = found.rows, found.labels
        stream = io.BytesIO()
        if change in _ROWS.values():
            order = change(list(range(len(rows))), draw)
            recordio.write_dense(stream, rows[order], None if labels is None else labels[order])
        else:
            recordio.write_dense(stream, change(rows, draw), labels)
        return stream.getvalue()

    return damaged


def _parquet(change: Callable[[Rows, random.Random], Rows]) -> Damage:
    def damaged(body: bytes, draw: random.Random) -> bytes:
        table: pa.Table = parquet.read_table(io.BytesIO(body))
        if not len(table):
            return body
        stream = io.BytesIO()
        parquet.write_table(table.take(change(list(range(len(table))), draw)), stream)
        return stream.getvalue()

    return damaged


def all_of(key: str) -> Iterator[tuple[str, Damage]]:
    """Every way to damage the object of this name, with a name for each."""
    yield from ANY.items()
    yield from of_format(key).items()
