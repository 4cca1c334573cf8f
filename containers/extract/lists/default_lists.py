"""The lists for users that the data does not know: what is popular, overall and among users of one kind.

The overall list ranks items by the share of users who have had them. Among the n_v users who have the value v of the
chosen feature, n_vi have had item i; of few users that share says little, so it is drawn towards the overall share p_i
as if m more users had voted as everybody does (a Dirichlet prior: Zhai and Lafferty 2004, section 3):

    score(v, i) = (n_vi + m p_i) / (n_v + m).
"""

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.lists.ranking import NO_ITEM, Ranking, best
from containers.extract.lists.serving import Serving
from containers.extract.model.parameters import Floats
from contract.default_lists_document import DefaultList, DefaultLists
from contract.recommendation_table import MOST_VALUE_BYTES

# m: a value's own users outvote everybody else only when they are more than these.
_PRIOR_USERS = 50
# A list of fewer users would say little, and could tell what a single one of them has had.
FEWEST_USERS = 20
# One item of the table each.
MOST_GROUPS = 1_000


def default_lists(index: DataIndex, ids: list[str], serving: Serving, column: str | None) -> DefaultLists:
    """What default_lists.json holds: ``by`` (the column, or null), and ``lists``, the overall one first.

    Each list has ``value`` (null overall), ``users`` (how many it is of), ``items`` (ids, best first) and ``scores``.

    Args:
        ids: of the catalogue.
        column: the user feature whose values have a list each, None for the overall list alone.
    """
    counts, users = index.users_of_items()
    overall = counts / users
    found = [_list(None, users, overall, ids, serving)]
    for group in index.groups(column, FEWEST_USERS, MOST_GROUPS) if column else []:
        if len(group.value.encode()) > MOST_VALUE_BYTES:
            continue  # no key of the table: these users get the overall list
        own = (index.users_of_items_in(group) + _PRIOR_USERS * overall) / (group.users + _PRIOR_USERS)
        found.append(_list(group.value, group.users, own, ids, serving))
    return {"by": column, "lists": found}


def _list(value: str | None, users: int, shares: NDArray[np.float64], ids: list[str], serving: Serving) -> DefaultList:
    labels, scores = _ranked(np.where(serving.servable, shares, -np.inf).astype(np.float32), serving).of(0)
    return {"value": value, "users": users, "items": [ids[label] for label in labels], "scores": scores}


def _ranked(row: Floats, serving: Serving) -> Ranking:
    labels = np.full((1, serving.top_x), NO_ITEM, dtype=np.int32)
    scores = np.full((1, serving.top_x), -np.inf, dtype=np.float32)
    best(row[np.newaxis], labels, scores, serving.limit)
    return Ranking(labels, scores)
