"""The k-NN model: a faiss index, the items' labels, and the three files that both live in.

Files, as SageMaker names them: ``model_algo-1`` (the index, written by faiss), ``model_algo-1.labels``
(float32, one an item, in the index's order), ``model_algo-1.json`` (the hyperparameters).
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from local_aws.algorithms.nearest_neighbours.hyperparameters import Hyperparameters

Floats = npt.NDArray[np.float32]

# SageMaker's k-NN reports this many probed lists in its logs (_faiss_index_nprobe).
IVF_PROBES = 5


class TrainingDataRefused(ValueError):
    """The rows cannot be indexed as the hyperparameters ask."""


@dataclass(frozen=True)
class Neighbours:
    """What a search found: per row, ``counts[n]`` neighbours at the front of ``distances[n]`` and ``positions[n]``.

    ``distances`` float32[n, k] are faiss's own: inner products, cosines, or *squared* L2; ascending, so
    under L2 the best neighbour is first and under the other metrics last. ``positions`` int64[n, k]
    are places in the model's ``labels``.
    """

    distances: Floats
    positions: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    def reversed(self) -> "Neighbours":
        """The same neighbours, each row's the other way round; what lies behind them stays behind."""
        width = self.distances.shape[1]
        order = (self.counts[:, None] - 1 - np.arange(width)) % width
        distances = np.take_along_axis(self.distances, order, axis=1)
        return Neighbours(distances, np.take_along_axis(self.positions, order, axis=1), self.counts)


@dataclass(frozen=True)
class NearestNeighbours:
    """A trained model. ``labels`` is float32[n], so whole numbers are exact up to 2^24."""

    index: Any
    labels: Floats
    hyperparameters: Hyperparameters

    @classmethod
    def train(cls, rows: Floats, labels: Floats, hyperparameters: Hyperparameters) -> "NearestNeighbours":
        """Index ``rows`` float32[n, feature_dim].

        Raises:
            TrainingDataRefused: when an IVF index has more lists than rows.
        """
        lists = hyperparameters.ivf_nlists
        metric = faiss.METRIC_L2 if hyperparameters.index_metric == "L2" else faiss.METRIC_INNER_PRODUCT
        ivf = hyperparameters.index_type == "faiss.IVFFlat"
        if ivf and lists > len(rows):
            raise TrainingDataRefused(
                f"faiss_index_ivf_nlists must be at most the {len(rows)} indexed rows, got {lists}; "
                "give fewer, or a sample_size that is not above the number of rows"
            )
        index: Any = faiss.index_factory(hyperparameters.feature_dim, f"IVF{lists},Flat" if ivf else "Flat", metric)
        if ivf:
            index.nprobe = IVF_PROBES
        vectors = _for_metric(rows, hyperparameters)
        index.train(vectors)
        index.add(vectors)
        return cls(index, labels, hyperparameters)

    def search(self, rows: Floats) -> Neighbours:
        """The ``k`` nearest items of each row float32[n, feature_dim]; fewer when the index finds fewer.

        faiss fills up with the position -1, when there are fewer than ``k`` items or the probed lists
        hold fewer. Those are left out: a made-up neighbour would be worse than a missing one.
        """
        distances, positions = self.index.search(_for_metric(rows, self.hyperparameters), self.hyperparameters.k)
        counts = (positions >= 0).sum(axis=1)
        found = Neighbours(distances, positions, counts)
        # faiss puts the best first, and under L2 alone that is ascending.
        return found if self.hyperparameters.index_metric == "L2" else found.reversed()

    def save(self, folder: Path) -> None:
        """Write the artifact's three files."""
        faiss.write_index(self.index, str(folder / "model_algo-1"))
        (folder / "model_algo-1.labels").write_bytes(self.labels.astype("<f4").tobytes())
        (folder / "model_algo-1.json").write_text(json.dumps(asdict(self.hyperparameters)))

    @classmethod
    def load(cls, folder: Path) -> "NearestNeighbours":
        """Read what ``save`` wrote."""
        index = faiss.read_index(str(folder / "model_algo-1"))
        labels = np.fromfile(folder / "model_algo-1.labels", dtype="<f4")
        if len(labels) != index.ntotal:
            raise ValueError(f"{folder} holds {len(labels)} labels for {index.ntotal} indexed rows; train it again")
        return cls(index, labels, Hyperparameters(**json.loads((folder / "model_algo-1.json").read_text())))


def _for_metric(rows: Floats, hyperparameters: Hyperparameters) -> Floats:
    """Rows as the index takes them: for COSINE of length one, so that the inner product is the cosine."""
    vectors = np.ascontiguousarray(rows, dtype=np.float32)
    if hyperparameters.index_metric == "COSINE":
        vectors = vectors.copy()
        faiss.normalize_L2(vectors)
    return vectors
