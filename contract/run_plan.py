"""Numbers that several stages derive from the same request and data."""

import json
import math

from contract.documents import Summary
from contract.request_document import Request

# Small enough for one batch transform object, one child of the map and one Lambda invocation (15 minutes).
USERS_PER_PART = 5_000
FEWEST_PARTS = 4
# SageMaker documents k up to 1024; larger values are untested.
MOST_NEIGHBOURS = 1024

# For implicit feedback: (most pairs, passes). The training files hold that many passes over the pairs, each with its
# own negatives. A few pairs need several passes; with many pairs, each pass takes gigabytes (figures:
# docs/decisions/0242).
NEGATIVE_PASSES = ((2e6, 4), (8e6, 2), (math.inf, 1))
# How often training sees each pair, over all passes and epochs.
_VISITS = 8
NEGATIVES_PER_POSITIVE = 4
NEGATIVE_EXPONENT = 0.5

# (Most users times items, columns of the history block). A core does about 10^10 products a second.
HISTORY_RANKS = ((1e9, 512), (3e10, 256), (3e11, 128), (math.inf, 64))

_RECIPES: dict[str, dict[str, str]] = {
    # For sampled negatives: benchmarks in docs/decisions. Weight decay must shrink with 1/batch.
    "implicit": {
        "predictor_type": "binary_classifier",
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


# The least share of held-out interactions for which a second training pays. At most 2,000 users are held out: if 20 in
# 100 of their interactions are held out, training on them makes no difference to the other users from about 200,000
# users on.
REFIT_FROM = 0.002


def negative_passes(pairs: int) -> int:
    """How many passes over ``pairs`` pairs of users and items the training files contain.

    >>> negative_passes(100_000), negative_passes(20_000_000)
    (4, 1)
    """
    return next(passes for most, passes in NEGATIVE_PASSES if pairs <= most)


def most_positives(rows: int) -> int:
    """The most positives that training files made from ``rows`` rows can contain; there may be fewer pairs than rows.

    >>> most_positives(1_000), most_positives(2_500_000)
    (4000, 8000000)
    """
    return max(int(min(rows, most)) * passes for most, passes in NEGATIVE_PASSES)


def recipe(feedback: str, pairs: int) -> dict[str, str]:
    """The factorization-machines hyperparameters that topx uses as defaults, as text.

    Args:
        pairs: of users and items with an interaction.
    """
    epochs = {"epochs": str(_VISITS // negative_passes(pairs))} if feedback == "implicit" else {}
    return _RECIPES[feedback] | epochs


def neighbour_count(items: int, top_x: int, seen_p95: int, *, exclude_seen: object) -> int:
    """How many neighbours k-NN is asked for, per user.

    ``items`` are those that lists may contain. Enough that 95 of 100 users still have ``top_x`` of them after seen
    items are left out; users who have seen more get exact lists.

    >>> neighbour_count(9066, 100, 300, exclude_seen=True)
    400
    """
    return min(items, MOST_NEIGHBOURS, top_x + (seen_p95 if exclude_seen else 0))


def is_heavy(seen: int, k: int, items: int, top_x: int) -> bool:
    """Whether a user's ``k`` neighbours may not fill the list once ``seen`` are left out."""
    return k < items and seen + top_x > k


def list_length(items: int, seen: int, top_x: int) -> int:
    """How many items a user's list must have (``seen`` is 0 if seen items are not left out)."""
    return min(top_x, items - seen)


def history_rank(request: Request, summary: Summary) -> int:
    """The columns that the history block adds to k-NN's rows (containers/extract/model/history.py); 0 means no block.

    Null in the request means as many as keep the transform's cost low, which is users times items for each column.
    Explicit feedback predicts values, for which the block is of no use.

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
    # There are at most this many singular vectors.
    return int(min(wanted, summary["users"], summary["items"]))


def vector_columns(request: Request, summary: Summary) -> int:
    """The width of k-NN's rows: factors, the linear term, and the history block."""
    return int(request["factors"]) + 1 + history_rank(request, summary)


def refits(summary: Summary) -> bool:
    """Whether the run of this summary.json trains a second time: if refit is requested and there are held-out
    interactions.
    """
    return bool(summary["refit"]["files"])


def wants_refit(request: Request, held_out: int, pairs: int) -> bool:
    """Whether to train a second time, on everything: as requested, or by the share of held-out interactions.

    >>> wants_refit({"refit": None}, 20_000, 100_000), wants_refit({"refit": None}, 8_000, 20_000_000)
    (True, False)
    """
    if not held_out:
        return False
    asked: bool | None = request["refit"]
    return held_out >= REFIT_FROM * pairs if asked is None else asked


def why_refit(request: Request, summary: Summary) -> str:
    """Why there was a second training, or why not."""
    held_out, pairs = summary["held_out"]["pairs"], summary["interactions"]
    if not held_out:
        return "nothing was held out"
    if request["refit"] is not None:
        return f"refit is {json.dumps(request['refit'])}"
    return (
        f"{held_out / pairs:.2%} of the interactions were held out; from {REFIT_FROM:.1%} on there is a second training"
    )


def part_count(users: int) -> int:
    """The number of parts that ``users`` are divided into: never more parts than users."""
    return min(users, max(FEWEST_PARTS, -(-users // USERS_PER_PART)))


def part_name(number: int) -> str:
    """The name of part ``number``, counted from 0."""
    return f"part-{number:05d}"
