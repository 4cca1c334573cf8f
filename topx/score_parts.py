"""Splits a published score into parts: it is the inner product of a user's row and an item's.

With w the factorization machine's share of the score, V and v_j, w_j as in containers/extract/model/vectors.py, and x_j
the item's side features, the machine's part is

    w <V_u, V_i> + w (W_i + S_i + popularity).

V_i is the sum of the x_j v_j and the item's own vector, so <V_u, V_i> splits into the item's own part and one for each
x_j; V_u likewise. S_i is a sum over pairs of these, <x_j v_j, x_l v_l>, each of which is divided equally between the
two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
ITSELF = "itself"


@dataclass(frozen=True)
class Feature:
    """A side feature of a user or an item: ``vector`` is x_j v_j (factors,), and ``linear`` x_j w_j."""

    name: str
    vector: Vector
    linear: float


@dataclass(frozen=True)
class Share:
    """What a feature of a user or an item adds to the score: ``with_other`` in this pair, ``alone`` in any pair."""

    name: str
    with_other: float
    alone: float = 0.0


@dataclass(frozen=True)
class ScoreParts:
    """The score, and its four summands; those of ``by_item`` add up to ``factors`` and ``item``, of ``by_user`` to
    ``factors``.
    """

    score: float
    history: float
    factors: float
    item: float
    popularity: float
    by_item: tuple[Share, ...]
    by_user: tuple[Share, ...]


def parts_of(
    user: Vector,
    item: Vector,
    factors: int,
    *,
    popularity: float,
    of_user: Sequence[Feature],
    of_item: Sequence[Feature],
) -> ScoreParts:
    """Split the product of two rows.

    Args:
        user, item: the rows, (columns,): ``factors`` columns, one more, and the history block's.
        popularity: the part of the item's number after the factors that comes from its popularity.
        of_user, of_item: their side features.
    """
    weighted, weight = user[:factors], float(user[factors])
    vector = item[:factors]
    together = float(weighted @ vector)
    alone = float(item[factors]) - popularity
    history = float(user[factors + 1 :] @ item[factors + 1 :])
    by_item = [
        Share(
            each.name,
            float(weighted @ each.vector),
            weight * (each.linear + float(each.vector @ (vector - each.vector)) / 2),
        )
        for each in of_item
    ]
    by_user = [Share(each.name, weight * float(each.vector @ vector)) for each in of_user]
    return ScoreParts(
        score=together + weight * float(item[factors]) + history,
        history=history,
        factors=together,
        item=weight * alone,
        popularity=weight * popularity,
        by_item=(_rest(by_item, together, weight * alone), *by_item),
        by_user=(_rest(by_user, together), *by_user),
    )


def _rest(known: Sequence[Share], together: float, alone: float = 0.0) -> Share:
    """What is not from side features: the user's or the item's own part."""
    return Share(ITSELF, together - sum(one.with_other for one in known), alone - sum(one.alone for one in known))


def shares_of_history(
    user: Vector, item: Vector, had: Vector, factors: int, history: tuple[Vector, Vector]
) -> NDArray[np.float64]:
    """What each item that the user had adds to the history block's part of the score of ``item``: (items had,).

    Args:
        user, item: their rows.
        had: (items had, columns) the rows of those items.
        history: HISTORY_COLUMNS and HISTORY_SHARES of contract.explanation_file, the latter only for the items had.
    """
    columns, shares = history
    weight = 1 - user[factors]
    return np.asarray(weight * shares * (had[:, factors + 1 :] @ (columns * item[factors + 1 :])))


def likeness(item: Vector, had: Vector, factors: int) -> NDArray[np.float64]:
    """The cosine of the factors of ``item`` and of each other item: (items had,); 0 if one has none."""
    lengths = np.linalg.norm(had[:, :factors], axis=1) * np.linalg.norm(item[:factors])
    products = had[:, :factors] @ item[:factors]
    return np.asarray(np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0))
