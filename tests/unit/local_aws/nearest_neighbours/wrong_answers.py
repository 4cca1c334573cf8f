"""The serving stand-in with wrong answers, to test that readers notice each. Started as a module.

All errors are off unless enabled by the process's environment:

- ``KNN_ORDER=descending``: each row's neighbours in reverse order.
- ``KNN_SHUFFLE_ROWS=1``: each row gets the neighbours of another row of its payload.
- ``KNN_SHIFT_LABELS=1``: each neighbour has the label of the item indexed after it.
- ``KNN_DISTANCES=negated`` or ``squared``: the distances are not faiss's.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from local_aws.algorithms.nearest_neighbours import serving
from local_aws.algorithms.nearest_neighbours.__main__ import main
from local_aws.algorithms.nearest_neighbours.model import Floats, NearestNeighbours, Neighbours


@dataclass(frozen=True)
class DeliberateFaults:
    """Which of the errors are enabled."""

    descending: bool = False
    shuffle_rows: bool = False
    shift_labels: bool = False
    distances: str = ""

    @classmethod
    def asked_for(cls, environment: Mapping[str, str]) -> "DeliberateFaults":
        """Read the switches.

        Raises:
            ValueError: if a switch has an unknown value, so that a test cannot pass for the wrong reason.
        """
        allowed = {
            "KNN_ORDER": ("", "ascending", "descending"),
            "KNN_SHUFFLE_ROWS": ("", "0", "1"),
            "KNN_SHIFT_LABELS": ("", "0", "1"),
            "KNN_DISTANCES": ("", "negated", "squared"),
        }
        given = {name: environment.get(name, "") for name in allowed}
        for name, value in given.items():
            if value not in allowed[name]:
                raise ValueError(f"{name} must be one of {', '.join(allowed[name][1:])}, got {value!r}")
        return cls(
            descending=given["KNN_ORDER"] == "descending",
            shuffle_rows=given["KNN_SHUFFLE_ROWS"] == "1",
            shift_labels=given["KNN_SHIFT_LABELS"] == "1",
            distances=given["KNN_DISTANCES"],
        )

    def labels(self, labels: Floats) -> Floats:
        """The items' labels, shifted by one item if enabled."""
        return np.roll(labels, -1) if self.shift_labels else labels

    def neighbours(self, found: Neighbours) -> Neighbours:
        """The neighbours, with the enabled errors."""
        if self.shuffle_rows:
            distances, positions = np.roll(found.distances, 1, axis=0), np.roll(found.positions, 1, axis=0)
            found = Neighbours(distances, positions, np.roll(found.counts, 1))
        if self.descending:
            found = found.reversed()
        if self.distances:
            found = replace(found, distances=-found.distances if self.distances == "negated" else found.distances**2)
        return found


class WrongModel(NearestNeighbours):
    """A model with the errors enabled in this process's environment."""

    @classmethod
    def load(cls, folder: Path) -> "WrongModel":
        faults, sound = DeliberateFaults.asked_for(os.environ), NearestNeighbours.load(folder)
        return cls(sound.index, faults.labels(sound.labels), sound.hyperparameters)

    def search(self, rows: Floats) -> Neighbours:
        return DeliberateFaults.asked_for(os.environ).neighbours(super().search(rows))


if __name__ == "__main__":
    serving.NearestNeighbours = WrongModel  # type: ignore[attr-defined]
    sys.exit(main(["serve"]))
