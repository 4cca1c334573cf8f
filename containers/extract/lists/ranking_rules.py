"""The rules of this run's lists, and ranking with them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.data.item_sets import ItemSets
from containers.extract.data.run_inputs import RunInputs
from containers.extract.lists.ranking import CategoryLimit, Ranking, rank
from containers.extract.model.parameters import Floats


@dataclass(frozen=True)
class RankingRules:
    """The rules of all lists: ``servable`` (items,), and the category limit, None if there is none."""

    top_x: int
    servable: NDArray[np.bool_]
    limit: CategoryLimit | None

    @classmethod
    def of(cls, run: RunInputs, index: DataIndex) -> "RankingRules":
        """From the run's plan."""
        limit = run.rules.limit
        found = None if limit is None else index.category_limit(limit.column, limit.most)
        return cls(run.top_x, index.servable(), found)

    def lists(self, user_rows: Floats, item_rows: Floats, seen: ItemSets) -> Ranking:
        """The exact lists of ``user_rows`` without the ``seen`` items of each."""
        return rank(user_rows, item_rows, seen, self.top_x, servable=self.servable, limit=self.limit)
