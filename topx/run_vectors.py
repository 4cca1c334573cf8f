"""The vectors whose inner products are a version's scores, and their components, as written by "Extract vectors"."""

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contract import explanation_file
from contract.part_manifest import PartEntry
from contract.run_layout import RunLayout
from topx.deployment import Deployment
from topx.problem import Problem
from topx.run_files import json_object, object_at
from topx.run_index import DataGone, KnownFeature
from topx.score_parts import Feature, Vector
from topx.stored_file import StoredFile

_BYTES = 4  # of a float32, and of a label


@dataclass(frozen=True)
class ItemRows:
    """The stored rows (contract.part_manifest): ``labels`` ascend, ``rows`` is (labels, width)."""

    labels: np.ndarray
    rows: np.ndarray

    def of(self, item: int) -> Vector | None:
        """The item's row; None if there is none, because no list may contain it, or the model has no data for it."""
        place = int(np.searchsorted(self.labels, item))
        if place == len(self.labels) or self.labels[place] != item:
            return None
        row = self.rows[place].astype(np.float64)
        return None if np.isnan(row).any() else row


@dataclass(frozen=True)
class Makings:
    """The components of rows: the arrays of contract.explanation_file, in float64."""

    features: np.ndarray
    popularity: Vector
    history_columns: Vector
    history_shares: Vector

    def described(self, known: Sequence[KnownFeature], first: int) -> list[Feature]:
        """The side features of a user or an item, with what the model has learnt about them.

        Args:
            known: from the index.
            first: the first column of side features in the feature space.
        """
        rows = [(one, one.weight * self.features[one.column - first]) for one in known]
        return [Feature(one.name, row[:-1], float(row[-1])) for one, row in rows]


class RunVectors:
    """The vectors of one published version.

    Raises:
        DataGone: from every method, if they have expired.
        Problem: from ``makings``, if an older topx published the version.
    """

    def __init__(self, deployment: Deployment, version: str) -> None:
        """The vectors of ``version``; nothing is read yet."""
        self._deployment, self._layout = deployment, RunLayout(deployment.bucket, version)

    def user(self, user: int) -> Vector:
        """The user's row, by the user's index."""
        entries: list[PartEntry] = json_object(self._deployment, self._layout.manifest) or []
        holding = itertools.dropwhile(lambda entry: entry["first"] + entry["users"] <= user, entries)
        entry = next(holding, None)
        if entry is None:
            raise DataGone(self._layout.run_id)
        file = StoredFile.opened(self._deployment, self._layout.row_proofs(entry["part"]))
        if file is None:
            raise DataGone(self._layout.run_id)
        row_bytes = len(file) // entry["users"]
        file.seek((user - entry["first"]) * row_bytes)
        return np.frombuffer(file.read(row_bytes), "<f4").astype(np.float64)

    def items(self, width: int) -> ItemRows:
        """The rows of all items: at most 256 MB. ``width`` is the length of a row."""
        body = self._object(self._layout.item_proofs)
        count = len(body) // (_BYTES * (width + 1))
        rows = np.frombuffer(body, "<f4", offset=_BYTES * count).reshape(count, width)
        return ItemRows(np.frombuffer(body, "<i4", count), rows)

    def makings(self) -> Makings:
        """The components of the rows."""
        with np.load(io.BytesIO(self._object(self._layout.explanation)), allow_pickle=False) as arrays:
            if explanation_file.HISTORY_COLUMNS not in arrays:
                raise Problem(
                    f"version {self._layout.run_id} was published by an older topx, which stored explanations in "
                    "another form; start another run, and try again"
                )
            return Makings(
                *(
                    arrays[name].astype(np.float64)
                    for name in (
                        explanation_file.FEATURES,
                        explanation_file.POPULARITY,
                        explanation_file.HISTORY_COLUMNS,
                        explanation_file.HISTORY_SHARES,
                    )
                )
            )

    def _object(self, key: str) -> bytes:
        body = object_at(self._deployment, key)
        if body is None:
            raise DataGone(self._layout.run_id)
        return body
