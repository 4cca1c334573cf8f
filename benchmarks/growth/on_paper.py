"""Estimates the time and cost of a run on AWS with 1, 10 and 100 million users, from measured rates.

``python -m benchmarks.growth.on_paper`` puts the tables into docs/scale.md. All rates are those of the largest run in
growth.json, on two cores; an ml.m5.xlarge also has two cores, with two threads each. Larger instances are assumed to be
no faster, so more of them are counted: the estimates are on the slow side.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.growth.measured import Growth, StateCosts, read
from contract import run_plan, run_request
from infra.print_docs import DOCS, END, put
from lambdas.outcome.job_bills import Prices
from lambdas.planning.job_times import PROCESSING_SECONDS, TRAINING_SECONDS
from lambdas.planning.training_time import TrainingSize, fit_batch
from workflow import instance_sizes

PAGE = DOCS / "scale.md"
MARK = "<!-- python -m benchmarks.growth.on_paper -->"
# One row of CSV: two ids, a time.
_ROW_BYTES = 26
_FACTORS = 64
# "Service quotas", DynamoDB developer guide: the initial throughput of a new on-demand table, and an account's write
# quota.
_NEW_TABLE_UNITS, _ACCOUNT_UNITS = 4_000, 40_000
_UNITS_A_LIST = 2
_DOLLARS_A_MILLION_UNITS = 0.625
_TRANSFORM_HOSTS = 20


@dataclass(frozen=True)
class Size:
    """The size of an estimated run."""

    users: int
    items: int
    pairs: int


@dataclass(frozen=True)
class Stage:
    """The estimate for one stage: hours, instance type and count, dollars, and what limits it."""

    name: str
    hours: float
    instances: str
    dollars: float
    note: str = ""

    def row(self) -> str:
        """A row of the table."""
        return f"| {self.name} | {_hours(self.hours)} | {self.instances} | ${self.dollars:,.2f} | {self.note} |"


def _hours(hours: float) -> str:
    """Hours to one decimal, or minutes if there are only a few.

    >>> _hours(1.04), _hours(0.04)
    ('1.0 h', '2 min')
    """
    return f"{hours:,.1f} h" if hours >= 0.2 else f"{60 * hours:.0f} min"


SIZES = (
    Size(1_000_000, 50_000, 20_000_000),
    Size(10_000_000, 200_000, 400_000_000),
    Size(100_000_000, 1_000_000, 10_000_000_000),
)


def documentation(measured: Growth) -> str:
    """A table for each size."""
    return "\n\n".join(_table(size, measured) for size in SIZES)


def _table(size: Size, measured: Growth) -> str:
    stages = list(_stages(size, measured))
    together = sum(stage.hours for stage in stages)
    cost = sum(stage.dollars for stage in stages)
    return "\n".join(
        [
            f"**{size.users:,} users, {size.items:,} items, {size.pairs:,} interactions**",
            "",
            "| stage | time | instances | cost | |",
            "|---|---|---|---|---|",
            *(stage.row() for stage in stages),
            f"| **together** | {_hours(together)} | | ${cost:,.2f} | |",
        ]
    )


def _stages(size: Size, measured: Growth) -> Iterator[Stage]:
    users, pairs, items = (
        size.users / measured["users"],
        size.pairs / measured["pairs"],
        size.items / measured["items"],
    )
    text = size.pairs * _ROW_BYTES
    types = instance_sizes.fitting(run_request.parse({}), text)["types"]
    states = measured["states"]
    yield _one("prepare", states["Prepare training data"], pairs, types["prepare_instance_type"])
    yield _training(size, types["training_instance_type"])
    yield _one("extract, evaluate", states["Extract vectors"], max(users, pairs), types["extract_instance_type"])
    columns = _columns(size) / _columns(Size(measured["users"], measured["items"], measured["pairs"]))
    seconds = states["Find neighbours"]["seconds"] * users * items * columns
    hosts = min(_TRANSFORM_HOSTS, math.ceil(seconds / 3_600))
    price = Prices.known().usd_an_hour["ml.c5.xlarge"]
    yield Stage("find neighbours", seconds / hosts / 3_600, f"{hosts} × ml.c5.xlarge", seconds / 3_600 * price)
    units = size.users * _UNITS_A_LIST
    rate = _NEW_TABLE_UNITS if units < 1e7 else _ACCOUNT_UNITS
    note = f"at {rate:,} write units a second"
    yield Stage("load", units / rate / 3_600, "Lambda", 2 * units * _DOLLARS_A_MILLION_UNITS / 1e6, note)


def _one(name: str, cost: StateCosts, factor: float, instance: str) -> Stage:
    hours = cost["seconds"] * factor / 3_600
    most = PROCESSING_SECONDS / 3_600
    note = f"**more than the {most:.0f} h that the job may take**" if hours > most else ""
    return Stage(name, hours, f"1 × {instance}", hours * Prices.known().usd_an_hour[instance], note)


def _training(size: Size, instance: str) -> Stage:
    epochs = int(run_plan.recipe("implicit", size.pairs)["epochs"])
    examples = size.pairs * run_plan.negative_passes(size.pairs) * (1 + run_plan.NEGATIVES_PER_POSITIVE)
    training = TrainingSize(examples, (2, 2), size.users + size.items, _FACTORS, epochs, hosts=1)
    values = dict(run_plan.recipe("implicit", size.pairs))
    fit_batch(values, [training])
    batch = int(values["mini_batch_size"])
    found = training.seconds(batch)
    hours, most = found["least"] / 3_600, found["most"] / 3_600
    limit = TRAINING_SECONDS / 3_600
    note = f"batches of {batch:,}; the longer estimate is {most:,.0f} h"
    if hours > limit:
        note = f"**refused: more than {limit:.0f} h**; with one epoch {hours / epochs:,.0f} h"
    return Stage("train the model", hours, f"1 × {instance}", hours * Prices.known().usd_an_hour[instance], note)


def _columns(size: Size) -> int:
    request = run_request.parse({"factors": _FACTORS})
    return run_plan.vector_columns(request, {"users": size.users, "items": size.items})  # type: ignore[typeddict-item]


if __name__ == "__main__":
    put(PAGE, MARK, END, documentation(read()[-1]))
