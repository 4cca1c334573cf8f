"""The k-NN model: a faiss index, the items' labels, and the three files that store both.

Files, named as in SageMaker: ``model_algo-1`` (the index, written by faiss), ``model_algo-1.labels`` (float32, one for
each item, in the index's order), ``model_algo-1.json`` (the hyperparameters).
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

# The number of probed lists that SageMaker's k-NN reports in its logs (_faiss_index_nprobe).
IVF_PROBES = 5


class TrainingDataRefused(ValueError):
    """The rows cannot be indexed with these hyperparameters."""


@dataclass(frozen=True)
class Neighbours:
    """The result of a search: for row n, ``counts[n]`` neighbours at the start of ``distances[n]`` and
    ``positions[n]``.

    ``distances`` float32[n, k] are faiss's own: inner products, cosines, or *squared* L2; ascending, so with L2 the
    best neighbour comes first and with the other metrics last. ``positions`` int64[n, k] are indexes into the model's
    ``labels``.
    """

    distances: Floats
    positions: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    def reversed(self) -> "Neighbours":
        """The same neighbours, in reverse order in each row; the unused rest of the row stays at the end."""
        width = self.distances.shape[1]
        order = (self.counts[:, None] - 1 - np.arange(width)) % width
        distances = np.take_along_axis(self.distances, order, axis=1)
        return Neighbours(distances, np.take_along_axis(self.positions, order, axis=1), self.counts)


@dataclass(frozen=True)
class NearestNeighbours:
    """A trained model. ``labels`` is float32[n], so integers are exact up to 2^24."""

    index: Any
    labels: Floats
    hyperparameters: Hyperparameters

    @classmethod
    def train(cls, rows: Floats, labels: Floats, hyperparameters: Hyperparameters) -> "NearestNeighbours":
        """Index ``rows`` float32[n, feature_dim].

        Raises:
            TrainingDataRefused: if an IVF index has more lists than rows.
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
        """The ``k`` nearest items of each row float32[n, feature_dim]; fewer if the index finds fewer.

        faiss pads with position -1, if there are fewer than ``k`` items or the probed lists have fewer. These are left
        out: a made-up neighbour would be worse than a missing one.
        """
        distances, positions = self.index.search(_for_metric(rows, self.hyperparameters), self.hyperparameters.k)
        counts = (positions >= 0).sum(axis=1)
        found = Neighbours(distances, positions, counts)
        # faiss returns the best first, which is ascending only for L2.
        return found if self.hyperparameters.index_metric == "L2" else found.reversed()

    def save(self, folder: Path) -> None:
        """Write the three files of the artifact."""
        faiss.write_index(self.index, str(folder / "model_algo-1"))
        (folder / "model_algo-1.labels").write_bytes(self.labels.astype("<f4").tobytes())
        (folder / "model_algo-1.json").write_text(json.dumps(asdict(self.hyperparameters)))

    @classmethod
    def load(cls, folder: Path) -> "NearestNeighbours":
        """Read what ``save`` wrote."""
        index = faiss.read_index(str(folder / "model_algo-1"))
        labels = np.fromfile(folder / "model_algo-1.labels", dtype="<f4")
        if len(labels) != index.ntotal:
            raise ValueError(f"{folder} holds {len(labels)} labels for {index.ntotal} indexed rows: train it again")
        return cls(index, labels, Hyperparameters(**json.loads((folder / "model_algo-1.json").read_text())))


def _for_metric(rows: Floats, hyperparameters: Hyperparameters) -> Floats:
    """Rows in the form that the index needs: for COSINE normalized to length 1, so that the inner product is the
    cosine.
    """
    vectors = np.ascontiguousarray(rows, dtype=np.float32)
    if hyperparameters.index_metric == "COSINE":
        vectors = vectors.copy()
        faiss.normalize_L2(vectors)
    return vectors
