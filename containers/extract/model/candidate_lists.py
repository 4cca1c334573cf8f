"""Computes the lists of some users for many settings, at the cost of a few matrix products.

Settings change the weights of the products of the factorization machine and of the history block, not the products
(vectors.py). The score with a share g_u < 1 is, up to the factor 1 - g_u,

    <V_u, V_i> + W_i + S_i + p * log(popularity_i + 1) + g_u c / (1 - g_u) * h(u, i),

in the same order as the published one.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.data.settings import Settings
from containers.extract.lists.ranking import NO_ITEM, best
from containers.extract.model.history import HistoryRows
from containers.extract.model.parameters import Floats
from containers.extract.model.vectors import Terms

# A block of scores that stays in the processor's cache while it is weighted repeatedly.
_BLOCK_BYTES = 4 * 2**20


def candidate_lists(
    terms: Terms,
    users: NDArray[np.int64],
    candidates: Sequence[Settings],
    *,
    excluded: ItemSets,
    servable: NDArray[np.bool_],
    count: int,
) -> Iterator[tuple[Settings, Labels]]:
    """Each candidate with its lists, (users, count), equal to those of ``rank`` for ``terms.at(candidate)``.

    Args:
        users: indices.
        candidates: grouped by history block, because the block is recomputed when it changes.
        excluded: the items to leave out of each of these users' lists.
        servable: (items,) which items lists may contain.
    """
    for block, settings in groupby(candidates, key=_block_of):
        together = list(settings)
        rows = terms.history.rows(*block) if terms.history is not None and block is not None else None
        yield from zip(together, _lists(terms, users, together, rows, (excluded, servable, count)), strict=True)


def _block_of(settings: Settings) -> tuple[float, float] | None:
    """The parameters of the history block; None if its weight is 0."""
    return (settings.exponent, settings.ridge) if settings.history_weight else None


def _lists(
    terms: Terms,
    users: NDArray[np.int64],
    candidates: Sequence[Settings],
    rows: HistoryRows | None,
    listed: tuple[ItemSets, NDArray[np.bool_], int],
) -> list[Labels]:
    excluded, servable, count = listed
    labels = [np.full((len(users), count), NO_ITEM, dtype=np.int32) for _ in candidates]
    ratios = _ratios(terms, users, candidates, rows)
    step = max(1, _BLOCK_BYTES // (4 * len(servable)))
    for first in range(0, len(users), step):
        block = slice(first, min(first + step, len(users)))
        banned = _banned(excluded.between(block.start, block.stop), servable)
        machine = banned(terms.user_factors[users[block]] @ terms.item_factors.T)
        own = None
        if terms.history is not None and rows is not None:
            own = terms.history.of_users(rows, users[block]) @ rows.items.T
        for popularity, some in groupby(
            zip(candidates, ratios, labels, strict=True), key=lambda each: each[0].popularity
        ):
            weighed = machine + terms.last_column(popularity)
            for _, ratio, found in some:
                scores = np.full(found[block].shape, -np.inf, dtype=np.float32)
                best(weighed if own is None else own * ratio[block] + weighed, found[block], scores, None)
    return labels


def _banned(excluded: ItemSets, servable: NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """Marks the items that lists may not contain, in the form that ``best`` expects, in place."""
    places, never = (excluded.owners(), excluded.items), np.flatnonzero(~servable)

    def marked(scores: Floats) -> Floats:
        scores[places] = -np.inf
        scores[:, never] = -np.inf
        return scores

    return marked


def _ratios(
    terms: Terms, users: NDArray[np.int64], candidates: Sequence[Settings], rows: HistoryRows | None
) -> list[Floats]:
    """g_u c / (1 - g_u) of the users for each candidate: (users, 1)."""
    if terms.history is None or rows is None:
        return [np.zeros((len(users), 1), dtype=np.float32)] * len(candidates)
    equal = {popularity: terms.equalizer(popularity, rows) for popularity in {c.popularity for c in candidates}}
    trust = terms.history.trust(users)[:, np.newaxis]
    shares = [np.float32(c.history_weight) * trust for c in candidates]
    return [equal[c.popularity] * share / (1 - share) for c, share in zip(candidates, shares, strict=True)]
