"""Brute force over FM's own formula, one user and one item at a time, in float64."""

import math

from tests.unit.containers.extract import trec
from tests.unit.containers.extract.artifacts import Numbers
from tests.unit.containers.extract.world import World


def best(world: World, numbers: Numbers, user: int, without: list[int], weight: float) -> list[tuple[int, float]]:
    """All items except ``without``, best first, with their scores."""
    popularity = world.recent_popularity
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
    """Every metric of full rankings, by user: trec_eval's, and three computed from their definitions."""
    found = trec.means(lists, {user: world.held_out(user) for user in lists})
    counts, total = world.popularity, sum(world.popularity)
    order = sorted(range(world.items), key=lambda item: (-counts[item], item))
    size = next(n for n in range(world.items) if 3 * sum(counts[item] for item in order[: n + 1]) >= total)
    head, first = set(order[: size + 1]), [items[:10] for items in lists.values()]
    novelty = [sum(-math.log2(max(counts[item], 1) / total) for item in items) / len(items) for items in first]
    popular = [sum(item in head for item in items) / len(items) for items in first]
    return found | {
        "novelty": sum(novelty) / len(novelty),
        "popular_share": sum(popular) / len(popular),
        "coverage": len({item for items in first for item in items}) / world.items,
    }
