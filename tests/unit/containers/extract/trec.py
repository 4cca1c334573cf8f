"""Lists evaluated by trec_eval, the program of NIST's own evaluations, through its Python binding."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytrec_eval

# Its names for topx's metrics; a reciprocal rank has no cutoff, so the list itself is cut.
_NAMES = {"ndcg@10": "ndcg_cut_10", "recall@20": "recall_20", "hit_rate@10": "success_10"}
_ASKED = {"ndcg_cut.10", "recall.20", "success.10"}


def of_each_user(lists: Mapping[int, Sequence[int]], wanted: Mapping[int, Sequence[int]]) -> dict[str, list[float]]:
    """By metric, the value for each user in the order of ``lists`` (items, best first), given the held-out items."""
    relevant = {str(user): {str(item): 1 for item in items} for user, items in wanted.items()}
    whole = pytrec_eval.RelevanceEvaluator(relevant, _ASKED).evaluate(_run(lists, 1000))
    first_ten = pytrec_eval.RelevanceEvaluator(relevant, {"recip_rank"}).evaluate(_run(lists, 10))
    # It returns nothing for a user without a list, who gets 0.
    found = {name: [whole.get(str(user), {}).get(theirs, 0.0) for user in lists] for name, theirs in _NAMES.items()}
    return found | {"mrr@10": [first_ten.get(str(user), {}).get("recip_rank", 0.0) for user in lists]}


def means(lists: Mapping[int, Sequence[int]], wanted: Mapping[int, Sequence[int]]) -> dict[str, float]:
    """The means over all users."""
    return {name: float(np.mean(values)) for name, values in of_each_user(lists, wanted).items()}


def _run(lists: Mapping[int, Sequence[int]], length: int) -> dict[str, dict[str, float]]:
    return {
        str(user): {str(item): -float(rank) for rank, item in enumerate(items[:length])}
        for user, items in lists.items()
    }
