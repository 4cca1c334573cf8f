"""The lists for users who are not in the data: popular items, overall and by a user feature.

The overall list ranks items by the share of users who have had them. Among the n_v users with value v of the chosen
feature, n_vi have had item i; for few users this share says little, so it is shrunk towards the overall share p_i as if
there were m more users with average taste (a Dirichlet prior: Zhai and Lafferty 2004, section 3):

    score(v, i) = (n_vi + m p_i) / (n_v + m).
"""

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.lists.ranking import NO_ITEM, Ranking, best
from containers.extract.lists.ranking_rules import RankingRules
from containers.extract.model.parameters import Floats
from contract.default_lists_document import DefaultList, DefaultLists
from contract.recommendation_table import MOST_VALUE_BYTES

# m: the users with a value outweigh all others only if there are more of them than this.
_PRIOR_USERS = 50
# A list from fewer users would say little, and could reveal what a single one of them has had.
FEWEST_USERS = 20
# Each is one item of the table.
MOST_GROUPS = 1_000


def default_lists(index: DataIndex, ids: list[str], rules: RankingRules, column: str | None) -> DefaultLists:
    """The content of default_lists.json: ``by`` (the column, or null), and ``lists``, the overall one first.

    Each list has ``value`` (null for the overall one), ``users`` (how many it was computed from), ``items`` (ids, best
    first) and ``scores``.

    Args:
        ids: the catalogue's.
        column: the user feature for whose values there are lists, None for the overall list alone.
    """
    counts, users = index.users_of_items()
    overall = counts / users
    found = [_list(None, users, overall, ids, rules)]
    for group in index.groups(column, FEWEST_USERS, MOST_GROUPS) if column else []:
        if len(group.value.encode()) > MOST_VALUE_BYTES:
            continue  # not a valid key of the table: these users get the overall list
        own = (index.users_of_items_in(group) + _PRIOR_USERS * overall) / (group.users + _PRIOR_USERS)
        found.append(_list(group.value, group.users, own, ids, rules))
    return {"by": column, "lists": found}


def _list(
    value: str | None, users: int, shares: NDArray[np.float64], ids: list[str], rules: RankingRules
) -> DefaultList:
    labels, scores = _ranked(np.where(rules.servable, shares, -np.inf).astype(np.float32), rules).of(0)
    return {"value": value, "users": users, "items": [ids[label] for label in labels], "scores": scores}


def _ranked(row: Floats, rules: RankingRules) -> Ranking:
    labels = np.full((1, rules.top_x), NO_ITEM, dtype=np.int32)
    scores = np.full((1, rules.top_x), -np.inf, dtype=np.float32)
    best(row[np.newaxis], labels, scores, rules.limit)
    return Ranking(labels, scores)
