"""The volume size that each job needs, estimated from the sizes of the input objects."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from contract import run_plan
from contract.documents import ObjectSize
from contract.side_table import Feature

# Space for the container, its index and its logs; SageMaker's default for notebooks and transforms.
BASE_GB = 30
# The largest EBS volume that SageMaker allows.
MOST_GB = 16_384

# Estimates are on the large side: a volume costs cents an hour, a full disk loses the run.
_PACKED_RATIO = 6  # CSV of ids and times compresses about fivefold, in Parquet as well
_PACKED = (".gz", ".zst", ".parquet")
_ROW_BYTES = 16  # two short ids, a value, a time
_EXAMPLE_BYTES = 80  # one framed sparse record with two features
_FEATURE_BYTES = 10  # one more key and its value
_CATEGORIES = 4  # of a multi-valued feature: films have two or three genres
_SPILL = 3  # DuckDB's sorted copies of the interactions


@dataclass(frozen=True)
class JobVolumes:
    """Gigabytes for each job with a configurable volume."""

    prepare: int
    training: int
    extract: int
    index: int


def estimate(
    objects: Iterable[ObjectSize],
    feedback: str,
    factors: int,
    *,
    refit: bool,
    history_rank: int | None = 0,
    champion_size: int = 0,
    features: Iterable[Feature] = (),
) -> JobVolumes:
    """The volumes of a run's jobs.

    Args:
        objects: the interactions.
        refit: whether there may be a second training on everything, which needs its own files.
        history_rank: from the request.
        champion_size: bytes of the champion's lists.
        features: of users and items.
    """
    listed = list(objects)
    stored, text = sum(entry["size"] for entry in listed), text_bytes(listed)
    rows = math.ceil(text / _ROW_BYTES)
    examples = rows
    if feedback == "implicit":
        examples = run_plan.most_positives(rows) * (1 + run_plan.NEGATIVES_PER_POSITIVE)
    known = side_keys(feature.type for feature in features)
    training = examples * (_EXAMPLE_BYTES + known * _FEATURE_BYTES)
    # There are at most as many users, and as many items, as rows.
    vectors = (rows * (factors + 1) + _history_numbers(rows, feedback, history_rank)) * 4
    return JobVolumes(
        prepare=_gigabytes(stored + _SPILL * text + (2 if refit else 1) * training),
        # For everything, as in the second training; the first one has less.
        training=_gigabytes(training),
        extract=_gigabytes(_SPILL * text + 2 * vectors + champion_size),
        index=_gigabytes(vectors),
    )


def text_bytes(objects: Iterable[ObjectSize]) -> int:
    """The size in bytes of the uncompressed objects, estimated on the large side."""
    return sum(entry["size"] * (_PACKED_RATIO if entry["key"].endswith(_PACKED) else 1) for entry in objects)


def side_keys(types: Iterable[str]) -> int:
    """How many keys side features of these types add to an example, estimated on the large side."""
    return sum(_CATEGORIES if kind == "categories" else 1 for kind in types)


def _history_numbers(rows: int, feedback: str, rank: int | None) -> float:
    """An upper bound of the numbers that the history block adds to all vectors.

    Its rank is at most the number of users and of items. So the larger side's vectors have at most users times items
    numbers, and the other side's no more.
    """
    if feedback == "explicit":
        return 0
    if rank is not None:
        return rows * rank
    return max(min(rows * most_rank, 2 * products) for products, most_rank in run_plan.HISTORY_RANKS)


def _gigabytes(needed: float) -> int:
    return min(MOST_GB, BASE_GB + math.ceil(needed / 1e9))
