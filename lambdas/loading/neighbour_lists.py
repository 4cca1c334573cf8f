"""Reads batch transform's output for one part: each user's neighbours, as returned by k-NN."""

import hashlib
import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas.s3_json import JsonDocuments

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The neighbours of one row in the order of the output: item labels and ``distances``."""

    labels: list[int]
    distances: list[float]


class TransformOutput:
    """The lines of one part's output, on local disk, so that all can be verified before any is used.

    Blank lines are ignored: ``AssembleWith: Line`` may write some between payloads.
    """

    def __init__(self, lines: IO[bytes], *, items: int, k: int, complete: bool) -> None:
        """Use the output as it is in ``lines``.

        Args:
            lines: one JSON object a line, {"distances": [...], "labels": [...]}.
            items: size of the catalogue, the limit for labels.
            k: how many neighbours were requested.
            complete: whether the index finds all of them, like ``faiss.Flat``.
        """
        self._lines = lines
        self._items = items
        self._k = k
        self._complete = complete

    def rows(self, chosen: set[int]) -> tuple[int, dict[int, Neighbours]]:
        """The number of rows, and the rows ``chosen`` by their number; the others are not parsed."""
        found, count = {}, 0
        for count, line in enumerate(self._written(), start=1):
            if count - 1 in chosen:
                found[count - 1] = self._neighbours(line, count - 1)
        return count, found

    def __iter__(self) -> Iterator[Neighbours]:
        """Each row's neighbours.

        Raises:
            PublishRefused: if a line is not such an object, or has impossible labels or distances.
        """
        for row, line in enumerate(self._written()):
            yield self._neighbours(line, row)

    def sha256(self) -> str:
        """The SHA-256 of all bytes as received, in hexadecimal."""
        self._lines.seek(0)
        digest = hashlib.sha256()
        while chunk := self._lines.read(_CHUNK_BYTES):
            digest.update(chunk)
        return digest.hexdigest()

    def _written(self) -> Iterator[bytes]:
        self._lines.seek(0)
        return (line for line in self._lines if line.strip())

    def _neighbours(self, line: bytes, row: int) -> Neighbours:
        try:
            document = json.loads(line)
            distances, given = document["distances"], document["labels"]
            # Operations on whole lists run at C speed; a loop over millions of numbers would not.
            labels = list(map(int, given))
            finite = all(map(math.isfinite, distances))
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise PublishRefused(
                f"row {row} of the transform output is not a verbose k-NN response: {error!r}"
            ) from None
        fault = self._fault(given, labels, distances, finite=finite)
        if fault:
            raise PublishRefused(f"row {row} of the transform output: {fault}")
        return Neighbours(labels, distances)

    def _fault(self, given: list[Any], labels: list[int], distances: list[float], *, finite: bool) -> str | None:
        if len(labels) != len(distances):
            return f"labels and distances must have the same length, got {len(labels)} and {len(distances)}"
        if len(labels) > self._k or (self._complete and len(labels) < self._k):
            return f"there must be {'' if self._complete else 'at most '}{self._k} neighbours, got {len(labels)}"
        if given != labels:
            return (
                f"labels must be whole numbers, got {next(g for g, n in zip(given, labels, strict=True) if g != n)!r}"
            )
        if labels and not 0 <= min(labels) <= max(labels) < self._items:
            return f"labels must be in the catalogue, 0..{self._items - 1}, got {min(labels)}..{max(labels)}"
        if len(set(labels)) != len(labels):
            return f"labels must be unique, got {len(labels) - len(set(labels))} repeated"
        return None if finite else "distances must be finite"


@contextmanager
def opened_output(documents: JsonDocuments, layout: RunLayout, part: str) -> Iterator[IO[bytes]]:
    """The lines of ``part``'s output, downloaded to a temporary file.

    It is found by the end of its key: the rest of the key is up to the service. An error while reading it names it, and
    the files it was made from: a row does not show which of them is wrong.

    Raises:
        PublishRefused: if there is none, or more than one.
    """
    ending = f"/{part}.pbr.out"
    keys = [entry["Key"] for entry in documents.objects(layout.neighbours) if entry["Key"].endswith(ending)]
    if len(keys) != 1:
        raise PublishRefused(
            f"one object under {layout.uri(layout.neighbours)} must end in {ending}, got {keys or 'none'}; "
            "a transform writes to a fresh prefix, so start another run"
        )
    with tempfile.TemporaryFile() as lines:
        documents.download(keys[0], lines)
        try:
            yield lines
        except PublishRefused as refused:
            raise PublishRefused(
                f"{refused.args[0]} (in {layout.uri(keys[0])}, k-NN's answers to {layout.user_vectors}{part}.pbr by "
                f"its index under {layout.knn_output} of {layout.item_vectors})"
            ) from None
