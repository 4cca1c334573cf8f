"""Turns a user's neighbours into the list to publish."""

import math
from dataclasses import dataclass
from itertools import islice, pairwise

from contract import run_plan
from contract.part_manifest import PartUser
from contract.refusal import PublishRefused
from lambdas.loading.neighbour_lists import Neighbours
from lambdas.loading.probe_proofs import RESOLUTION, Direction


@dataclass(frozen=True, slots=True)
class RankedList:
    """Labels and scores, best first."""

    labels: list[int]
    scores: list[float]


# Why a list has fewer than top_x items, the first that applies: the data has no more items, the rules allow no more,
# the user has seen the others, more would exceed a category limit, or the approximate index missed some.
SHORT = ("few_items", "rules", "seen", "most_per_category", "index")


@dataclass(frozen=True)
class ListRules:
    """The rules for every list of a run: it has ``top_x`` of the ``servable`` among ``items``, or all unseen ones.

    It may be shorter only if categories are ``limited``, or without ``complete``.
    """

    top_x: int
    items: int
    servable: int
    complete: bool
    limited: bool = False

    def list_of(self, user: PartUser, found: Neighbours, direction: Direction) -> RankedList:
        """The user's best unseen items: the exact list from extract, or the neighbours without the seen ones.

        Raises:
            PublishRefused: if the list is too short or otherwise invalid.
        """
        seen = set(user["seen"])
        exact = user.get("exact")
        if exact is None and self.limited:
            raise PublishRefused(
                f"the list of user {user['user']!r} must be exact, because categories are limited, and extract made "
                "none; extract the vectors again"
            )
        if exact is None:
            ranked = _unseen(found, seen, direction, self.top_x)
        else:
            ranked = RankedList(exact["labels"][: self.top_x], exact["scores"][: self.top_x])
        fault = self._fault(ranked, seen, may_be_short=not self.complete if exact is None else self.limited)
        if fault:
            raise PublishRefused(f"the list of user {user['user']!r} {fault}")
        return ranked

    def shortage(self, user: PartUser, length: int) -> str | None:
        """Why a list of this length is short, one of ``SHORT``; None if it is not."""
        if length >= self.top_x:
            return None
        if length < run_plan.list_length(self.servable, len(user["seen"]), self.top_x):
            return "most_per_category" if "exact" in user else "index"
        if self.items < self.top_x:
            return "few_items"
        return "rules" if self.servable < self.top_x else "seen"

    def _fault(self, ranked: RankedList, seen: set[int], *, may_be_short: bool) -> str | None:
        labels, scores = ranked.labels, ranked.scores
        due = run_plan.list_length(self.servable, len(seen), self.top_x)
        if len(labels) != len(scores):
            return f"has {len(labels)} labels and {len(scores)} scores"
        if len(labels) > due or (len(labels) < due and not may_be_short):
            return f"must have {due} items ({self.servable} may be shown, {len(seen)} seen), got {len(labels)}"
        if len(set(labels)) != len(labels) or not seen.isdisjoint(labels):
            return "holds an item twice, or one that the user has seen"
        if labels and not 0 <= min(labels) <= max(labels) < self.items:
            return f"holds labels outside the catalogue, 0..{self.items - 1}: {min(labels)}..{max(labels)}"
        return _order_fault(scores)


def _unseen(found: Neighbours, seen: set[int], direction: Direction, most: int) -> RankedList:
    labels, scores = found.labels, found.distances
    if direction == "ascending":
        labels, scores = labels[::-1], scores[::-1]
    fault = _order_fault(scores)
    if fault:
        raise PublishRefused(f"direction: the probes are {direction}, but of another row the best-first order {fault}")
    kept = list(
        islice(((label, score) for label, score in zip(labels, scores, strict=True) if label not in seen), most)
    )
    return RankedList([label for label, _ in kept], [score for _, score in kept])


def _order_fault(scores: list[float]) -> str | None:
    """Why ``scores`` are not finite and descending, or None; a rise within float32's precision counts as a tie."""
    if not all(map(math.isfinite, scores)):
        return "has scores that are not finite"
    if scores == sorted(scores, reverse=True):
        return None
    noise = RESOLUTION * max(map(abs, scores))
    for place, (before, after) in enumerate(pairwise(scores), start=1):
        if after > before + noise:
            return f"rises from {before:.7g} to {after:.7g} at place {place}"
    return None
