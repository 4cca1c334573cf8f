"""The instance types of a run whose input does not set them, by the size of its interactions.

A run of a million users and 20 million interactions, 0.5 GB of CSV, peaked at 1.9 GB of memory in prepare and 1.5 GB in
extract, including the history block (docs/performance.md). The memory that SageMaker's factorization machines need is
unknown; the parameters with Adam's two moments and a gradient take 1.1 GB there. All of it grows with users and
interactions.
"""

from collections.abc import Mapping
from typing import cast

from contract.documents import InstanceChoice
from contract.request_document import InstanceTypes, Request, SizedRequest
from contract.run_request import SINGLE, SPARK

_GIGABYTE = 1e9
# Memory for each byte of the interactions as text, and the memory of a container without data.
_BYTES_A_BYTE = 3.0
_BASE_BYTES = 1e9
_USABLE = 0.75
# Prepare took 184 s on two cores for the run above: this many bytes would take the 11 hours that the job is allowed.
_ONE_INSTANCE_BYTES = 100e9

# In ascending size, with GiB of memory: "Amazon SageMaker pricing". Prices within a family are proportional to size.
_GENERAL = {
    "ml.m5.xlarge": 16,
    "ml.m5.2xlarge": 32,
    "ml.m5.4xlarge": 64,
    "ml.m5.12xlarge": 192,
    "ml.m5.24xlarge": 384,
    "ml.r5.24xlarge": 768,
}
_COMPUTE = {
    "ml.c5.xlarge": 8,
    "ml.c5.2xlarge": 16,
    "ml.c5.4xlarge": 32,
    "ml.c5.9xlarge": 72,
    "ml.c5.18xlarge": 144,
    "ml.m5.24xlarge": 384,
    "ml.r5.24xlarge": 768,
}
BY_SIZE: Mapping[str, Mapping[str, int]] = {
    "prepare_instance_type": _GENERAL,
    "training_instance_type": _COMPUTE,
    "extract_instance_type": _GENERAL,
}


def fitting(request: Request, text_bytes: float, *, has_spark: bool = False) -> InstanceChoice:
    """The instance types for the fields that the request leaves null, and prepare's engine.

    Args:
        request: the run's.
        text_bytes: size of the interactions, uncompressed.
        has_spark: whether the deployment has prepare's image for Spark.

    >>> given = {**dict.fromkeys(BY_SIZE), "extract_instance_type": "ml.m5.large", "prepare_engine": None}
    >>> fitting(given, 5e9)["types"]
    {'prepare_instance_type': 'ml.m5.2xlarge', 'training_instance_type': 'ml.c5.4xlarge'}
    >>> fitting(given, 5e9, has_spark=True)["prepare_engine"], fitting(given, 5e11, has_spark=True)["prepare_engine"]
    ('single', 'spark')
    """
    by_size = SPARK if has_spark and text_bytes > _ONE_INSTANCE_BYTES else SINGLE
    engine = request["prepare_engine"] or by_size
    needed = _BASE_BYTES + _BYTES_A_BYTE * text_bytes
    given = dict(request)
    found = {field: _smallest(sizes, needed) for field, sizes in BY_SIZE.items() if given[field] is None}
    if not found:
        return {"types": {}, "prepare_engine": engine, "because": "the input names them"}
    data = f"for {text_bytes / _GIGABYTE:.1f} GB of interactions as text, {needed / _GIGABYTE:.0f} GB of memory a job"
    too_small = [kind for field, kind in found.items() if needed > _usable(BY_SIZE[field][kind])]
    fault = f"; {too_small[0]} is the largest known here, and may be too small" if too_small else ""
    return {"types": cast(InstanceTypes, found), "prepare_engine": engine, "because": f"{data}{fault}"}


def sized(request: Request, choice: InstanceChoice) -> SizedRequest:
    """The request with these instead of null."""
    return cast(SizedRequest, {**request, **choice["types"], "prepare_engine": choice["prepare_engine"]})


def largest_text_gigabytes(field: str) -> dict[str, float]:
    """By instance type, the largest interactions, as text, for which ``field`` uses it."""
    return {name: (_usable(gib) - _BASE_BYTES) / _BYTES_A_BYTE / _GIGABYTE for name, gib in BY_SIZE[field].items()}


def documentation_table() -> str:
    """The instance type for each size, as Markdown."""
    fields = list(BY_SIZE)
    rows = [f"| {' | '.join(f'`{field}`' for field in fields)} |", f"|{'---|' * len(fields)}"]
    columns = [[f"{name} up to {most:,.1f} GB" for name, most in largest_text_gigabytes(f).items()] for f in fields]
    depth = max(map(len, columns))
    padded = [column + [""] * (depth - len(column)) for column in columns]
    return "\n".join([*rows, *(f"| {' | '.join(cells)} |" for cells in zip(*padded, strict=True))])


def _smallest(sizes: Mapping[str, int], needed: float) -> str:
    return next((name for name, gib in sizes.items() if needed <= _usable(gib)), list(sizes)[-1])


def _usable(gib: int) -> float:
    return _USABLE * gib * 2**30
