"""The lists as they will be published, for a sample of the users, shown in the report."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import RunInputs
from containers.extract.lists.ranking import Ranking
from containers.extract.lists.ranking_rules import RankingRules
from containers.extract.model.vectors import Vectors


@dataclass(frozen=True)
class SampleLists:
    """``users`` (indices, ascending) and their lists of up to top_x items."""

    users: NDArray[np.int64]
    ranking: Ranking


def sample_lists(run: RunInputs, index: DataIndex, vectors: Vectors, users: NDArray[np.int64]) -> SampleLists:
    """The published lists of ``users`` (ascending): following the rules, and without seen items if requested."""
    seen = index.interactions_of(users).not_to_repeat()
    return SampleLists(users, RankingRules.of(run, index).lists(vectors.of_users(users), vectors.items, seen))
