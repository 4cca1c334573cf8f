"""Why an item is recommended to a user, or is not: the parts of the score, and the user's most important items."""

from dataclasses import dataclass

import numpy as np

from contract.documents import Summary
from contract.run_layout import RunLayout
from contract.run_plan import refits
from topx import score_parts
from topx.deployment import Deployment
from topx.problem import Problem
from topx.published import own_list, require_version
from topx.run_files import json_object
from topx.run_index import DataGone, Item, Pair, RunIndex
from topx.run_vectors import ItemRows, Makings, RunVectors
from topx.score_parts import ScoreParts, Vector


@dataclass(frozen=True)
class NearItem:
    """An item that the user had: the cosine of its factors and the explained item's, and what it adds to the score.

    ``share`` is None if the score has no history block, the only part with a contribution from each item.
    """

    item: Item
    likeness: float
    share: float | None


@dataclass(frozen=True)
class Explanation:
    """The parts of one score of ``version``.

    ``place`` (from 1) and ``published``, the score in the list, are None if the item is not in the list; ``had`` is
    whether that is because the user had it.
    """

    user: str
    version: str
    item: Item
    parts: ScoreParts
    place: int | None
    published: float | None
    had: bool
    nearest: tuple[NearItem, ...]


def explanation(deployment: Deployment, user: str, item: str, most: int) -> Explanation:
    """Explain the current version's score of ``item`` for ``user``.

    Args:
        user, item: their ids.
        most: how many items of the user's history to name.

    Raises:
        Problem: if nothing is published, the version's data has no such user or item, lists may not contain the item,
            or the files needed have expired.
    """
    version = require_version(deployment.table)
    index, vectors = RunIndex(deployment, version), RunVectors(deployment, version)
    number, found = _known(index, version, user, item)
    summary = _summary(deployment, version)
    factors = _factors(deployment, version)
    row = vectors.user(number)
    rows, makings = vectors.items(len(row)), vectors.makings()
    item_row = rows.of(found.index)
    if item_row is None:
        raise Problem(
            f"item {item!r} has no score in version {version}: for so large a catalogue, only the most popular items' "
            "vectors are kept"
        )
    first = summary["users"] + summary["items"]
    parts = score_parts.parts_of(
        row,
        item_row,
        factors,
        popularity=float(makings.popularity[found.index]),
        of_user=makings.described(index.features("user", number), first),
        of_item=makings.described(index.features("item", found.index), first),
    )
    history = index.history(number)
    trained = [pair for pair in history if refits(summary) or not pair.held_out]
    near = _nearest(index, rows, makings, (row, item_row), found, trained=trained, factors=factors, most=most)
    listed = own_list(deployment.table, user, version)
    scores = {one.id: (place, one.score) for place, one in enumerate(listed.items, start=1)} if listed else {}
    place, published = scores.get(item, (None, None))
    return Explanation(
        user=user,
        version=version,
        item=found,
        parts=parts,
        place=place,
        published=published,
        had=any(pair.item == found.index and pair.left_out for pair in history),
        nearest=near,
    )


def _known(index: RunIndex, version: str, user: str, item: str) -> tuple[int, Item]:
    number, found = index.user(user), index.item(item)
    if number is None:
        raise Problem(
            f"version {version} does not know user {user!r}, who gets the default list of popular items, without model "
            "scores. Ids are text, exactly as in the data"
        )
    if found is None:
        raise Problem(f"version {version} does not know item {item!r}: ids are text, exactly as in the data")
    if not found.servable:
        raise Problem(
            f"item {item!r} has no score in version {version}: the rules exclude it from all lists (rules in "
            "summary.json)"
        )
    return number, found


def _summary(deployment: Deployment, version: str) -> Summary:
    summary: Summary | None = json_object(deployment, RunLayout(deployment.bucket, version).summary)
    if summary is None:
        raise DataGone(version)
    return summary


def _factors(deployment: Deployment, version: str) -> int:
    plan = json_object(deployment, RunLayout(deployment.bucket, version).plan)
    if plan is None:
        raise DataGone(version)
    return int(plan["request"]["factors"])


def _nearest(
    index: RunIndex,
    rows: ItemRows,
    makings: Makings,
    pair: tuple[Vector, Vector],
    item: Item,
    *,
    trained: list[Pair],
    factors: int,
    most: int,
) -> tuple[NearItem, ...]:
    """The user's training items that contribute most to the history block or, without one, are most similar."""
    user_row, item_row = pair
    had = [(one.item, row) for one in trained if one.item != item.index and (row := rows.of(one.item)) is not None]
    if not had:
        return ()
    labels, matrix = [label for label, _ in had], np.array([row for _, row in had])
    likeness = score_parts.likeness(item_row, matrix, factors)
    shares = None
    if makings.history_columns.any():
        shares = score_parts.shares_of_history(
            user_row, item_row, matrix, factors, (makings.history_columns, makings.history_shares[labels])
        )
    order = np.argsort(-(likeness if shares is None else shares), kind="stable")[:most].tolist()
    items = index.items({labels[place] for place in order})
    return tuple(
        NearItem(items[labels[place]], float(likeness[place]), None if shares is None else float(shares[place]))
        for place in order
    )
