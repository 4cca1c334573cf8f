"""Numbers that more than one stage derives from the same request and data."""

from typing import Any

# A dense enough index for one batch transform object, one map child and one Lambda (15 minutes).
USERS_PER_PART = 5_000
FEWEST_PARTS = 4
# SageMaker documents k up to 1024; larger values are unproven.
MOST_NEIGHBOURS = 1024

# Passes with distinct negatives that the training files hold (implicit feedback).
NEGATIVE_PASSES = 4
NEGATIVES_PER_POSITIVE = 4
NEGATIVE_EXPONENT = 0.5

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


def refits(summary: dict[str, Any]) -> bool:
    """Whether the run of that summary.json trains a second time: that was asked for, and somebody is held out."""
    return bool(summary["refit"]["files"])


def part_count(users: int) -> int:
    """Into how many parts ``users`` are divided: never more parts than users."""
    return min(users, max(FEWEST_PARTS, -(-users // USERS_PER_PART)))


def part_name(number: int) -> str:
    """The name of the ``number``-th part, from 0."""
    return f"part-{number:05d}"


Plan = dict[str, Any]
"""``plan.json`` (see lambdas/plan_run.py, which writes it):

run_id, execution {arn, started}, request {every field of contract.run_request; rules and exclude_seen as they hold
once input/rules.json was read}, dataset (the object of dataset.json),
input {objects, items, users, rules: [{key, size, etag}] each}, keep_versions,
champion (null before anything is published) {version, latest_time (epoch seconds or null),
hold_out (contract.hold_out, the kind, or null), fault (text or null),
measured (whether the lists to judge beside are the measured model's, and not those that readers get)},
stages {prepare, fm, extract, refit, refit_extract, knn, transform, outcome}: fragments of SageMaker requests.
"""
