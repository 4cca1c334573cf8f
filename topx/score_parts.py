"""Takes a published score apart: it is the inner product of a user's row and an item's.

With w the factorization machine's share of the score, V and v_j, w_j as containers/extract/model/vectors.py has them,
and x_j what is known of an item besides what it is, the machine's part is

    w <V_u, V_i> + w (W_i + S_i + popularity).

V_i is the sum of x_j v_j and of the item's own vector, so <V_u, V_i> falls into the item's own share and one of each
x_j; V_u likewise. S_i is a sum over pairs of these, <x_j v_j, x_l v_l>, of which each of the two gets one half.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
ITSELF = "itself"


@dataclass(frozen=True)
class Feature:
    """What is known of a user or an item: ``vector`` is x_j v_j (factors,), and ``linear`` x_j w_j."""

    name: str
    vector: Vector
    linear: float


@dataclass(frozen=True)
class Share:
    """What of a user or of an item adds ``with_other`` to the score for this pair, and ``alone`` with anybody."""

    name: str
    with_other: float
    alone: float = 0.0


@dataclass(frozen=True)
class ScoreParts:
    """The score, and its four summands; those of ``by_item`` add up to ``factors`` and ``item``, of ``by_user`` to the
    first of them.
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
    """Take apart the product of two rows.

    Args:
        user, item: the rows, (columns,): ``factors`` columns, one more, and the history block's.
        popularity: what is in the item's ``factors + 1``st number for its popularity.
        of_user, of_item: what is known of them.
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
    """What is not for what is known: the user's or the item's own."""
    return Share(ITSELF, together - sum(one.with_other for one in known), alone - sum(one.alone for one in known))


def shares_of_history(item: Vector, had: Vector, factors: int, weights: Vector, shares: Vector) -> NDArray[np.float64]:
    """What each item that the user had adds to the history block's part of the score of ``item``: (items had,).

    Args:
        item: its row.
        had: (items had, columns) the others' rows.
        weights, shares: of contract.explanation_file; ``shares`` of the items had alone.
    """
    return np.asarray(shares * (had[:, factors + 1 :] @ (weights * item[factors + 1 :])))


def likeness(item: Vector, had: Vector, factors: int) -> NDArray[np.float64]:
    """The cosine of the factors of ``item`` and of each other item: (items had,); 0 where one has none."""
    lengths = np.linalg.norm(had[:, :factors], axis=1) * np.linalg.norm(item[:factors])
    products = had[:, :factors] @ item[:factors]
    return np.asarray(np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0))
