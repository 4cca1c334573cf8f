"""Brute force over FM's own formula, one user and one item at a time, in float64."""

import math

from tests.unit.containers.extract.artifacts import Numbers
from tests.unit.containers.extract.world import World


def best(world: World, numbers: Numbers, user: int, without: list[int], weight: float) -> list[tuple[int, float]]:
    """All items but ``without``, best first, with their scores."""
    popularity = world.popularity
    scores = {
        item: numbers.score(world.user_part(user) | world.item_part(item))
        - numbers.score(world.user_part(user))
        + weight * math.log(popularity[item] + 1)
        for item in range(world.items)
        if item not in set(without)
    }
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


def most_popular(world: World, user: int) -> list[int]:
    popularity = world.popularity
    known = set(world.trained(user))
    order = sorted(range(world.items), key=lambda item: (-popularity[item], item))
    return [item for item in order if item not in known]


def mean_metrics(world: World, lists: dict[int, list[int]]) -> dict[str, float]:
    """The three metrics of full rankings, by user, written from their definitions."""
    ndcg, recall, covered = [], [], set()
    for user, order in lists.items():
        wanted = world.held_out(user)
        gained = sum(1 / math.log2(place + 2) for place, item in enumerate(order[:10]) if item in wanted)
        ideal = sum(1 / math.log2(place + 2) for place in range(min(10, len(wanted))))
        ndcg.append(gained / ideal)
        recall.append(sum(item in wanted for item in order[:20]) / len(wanted))
        covered |= set(order[:10])
    return {
        "ndcg@10": sum(ndcg) / len(ndcg),
        "recall@20": sum(recall) / len(recall),
        "coverage": len(covered) / world.items,
    }
