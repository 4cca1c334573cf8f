"""Numbers that more than one stage derives from the same request and data."""

import math

from contract.documents import Request, Summary

# A dense enough index for one batch transform object, one map child and one Lambda (15 minutes).
USERS_PER_PART = 5_000
FEWEST_PARTS = 4
# SageMaker documents k up to 1024; larger values are unproven.
MOST_NEIGHBOURS = 1024

# Passes with distinct negatives that the training files hold (implicit feedback).
NEGATIVE_PASSES = 4
NEGATIVES_PER_POSITIVE = 4
NEGATIVE_EXPONENT = 0.5

# Users times items up to which the history block has so many columns; a core does some 10^10 products a second.
HISTORY_RANKS = ((1e9, 512), (3e10, 256), (3e11, 128), (math.inf, 64))

_RECIPES: dict[str, dict[str, str]] = {
    # Sampled negatives: benchmarks in docs/decisions. Weight decay must shrink as 1/batch.
    "implicit": {
        "predictor_type": "binary_classifier",
        "epochs": "2",
        "mini_batch_size": "1000",
        "bias_lr": "0.03",
        "linear_lr": "0.003",
        "factors_lr": "0.003",
        "bias_wd": "0",
        "linear_wd": "0.00002",
        "factors_wd": "0.00003",
        "factors_init_sigma": "0.01",
    },
    "explicit": {
        "predictor_type": "regressor",
        "epochs": "20",
        "mini_batch_size": "1000",
        "linear_lr": "0.01",
        "factors_lr": "0.001",
        "linear_wd": "0.0003",
        "factors_wd": "0.0002",
        "factors_init_sigma": "0.01",
    },
}


def recipe(feedback: str) -> dict[str, str]:
    """The factorization-machines hyperparameters that topx starts from, as text."""
    return dict(_RECIPES[feedback])


def neighbour_count(items: int, top_x: int, seen_p95: int, *, exclude_seen: object) -> int:
    """How many neighbours k-NN is asked for, for each user.

    ``items`` are those that may be shown. Enough that 95 of 100 users keep ``top_x`` of them after what they have seen
    is left out; the heavier ones get exact lists.

    >>> neighbour_count(9066, 100, 300, exclude_seen=True)
    400
    """
    return min(items, MOST_NEIGHBOURS, top_x + (seen_p95 if exclude_seen else 0))


def is_heavy(seen: int, k: int, items: int, top_x: int) -> bool:
    """Whether a user's ``k`` neighbours might not hold the whole list once ``seen`` are left out."""
    return k < items and seen + top_x > k


def list_length(items: int, seen: int, top_x: int) -> int:
    """How many items a user's list must have (``seen`` is 0 when seen items are not left out)."""
    return min(top_x, items - seen)


def history_rank(request: Request, summary: Summary) -> int:
    """How many columns the history block adds to k-NN's rows (containers/extract/model/history.py); 0 is no block.

    Null in the request takes as many as the transform's inner products, users times items of each column, make cheap.
    Explicit feedback predicts values, which the block knows nothing of.

    >>> history_rank({"feedback": "implicit", "history_rank": None}, {"users": 6_040, "items": 3_706})
    512
    >>> history_rank({"feedback": "implicit", "history_rank": None}, {"users": 200_000, "items": 100_000})
    256
    """
    if request["feedback"] == "explicit":
        return 0
    wanted = request["history_rank"]
    if wanted is None:
        products = summary["users"] * summary["items"]
        wanted = next(rank for most, rank in HISTORY_RANKS if products <= most)
    # There are no more singular vectors than that.
    return int(min(wanted, summary["users"], summary["items"]))


def vector_columns(request: Request, summary: Summary) -> int:
    """The width of k-NN's rows: factors, the linear term, and the history block."""
    return int(request["factors"]) + 1 + history_rank(request, summary)


def refits(summary: Summary) -> bool:
    """Whether the run of that summary.json trains a second time: that was asked for, and somebody is held out."""
    return bool(summary["refit"]["files"])


def part_count(users: int) -> int:
    """Into how many parts ``users`` are divided: never more parts than users."""
    return min(users, max(FEWEST_PARTS, -(-users // USERS_PER_PART)))


def part_name(number: int) -> str:
    """The name of the ``number``-th part, from 0."""
    return f"part-{number:05d}"
