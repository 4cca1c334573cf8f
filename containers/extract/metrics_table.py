"""The report's tables of metrics, in numbers as a person reads them."""

from dataclasses import dataclass

from containers.extract.comparison import Comparison, Judged


@dataclass(frozen=True)
class Measure:
    """How a metric is called and written: the number times ``times``, with ``digits`` and ``unit``."""

    name: str
    label: str
    times: float = 1
    digits: int = 4
    unit: str = ""

    def written(self, value: float, *, signed: bool = False) -> str:
        """One number; a difference has its sign.

        >>> Measure("coverage", "Coverage@10", 100, 1, "%").written(0.1234)
        '12.3%'
        >>> Measure("ndcg@10", "NDCG@10").written(-0.01, signed=True)
        '−0.0100'
        """
        number = f"{self.times * value:{'+' if signed else ''}.{self.digits}f}"
        return number.replace("-", "−") + self.unit


MEASURES = (
    Measure("ndcg@10", "NDCG@10"),
    Measure("recall@20", "Recall@20"),
    Measure("hit_rate@10", "Hit rate@10", 100, 1, "%"),
    Measure("mrr@10", "MRR@10"),
    Measure("coverage", "Coverage@10", 100, 1, "%"),
    Measure("novelty", "Novelty@10", 1, 2, " bit"),
    Measure("popular_share", "Most popular@10", 100, 1, "%"),
)


@dataclass(frozen=True)
class Cell:
    """A number, and its interval where it has one."""

    value: str
    interval: str | None


@dataclass(frozen=True)
class Row:
    """One metric of the model, of the other ranking, and the difference; ``differs`` if its interval excludes 0."""

    label: str
    model: Cell
    other: Cell
    difference: Cell
    differs: bool


def rows(comparison: Comparison) -> list[Row]:
    """A row for each measure."""
    return [_row(measure, comparison) for measure in MEASURES]


def _row(measure: Measure, comparison: Comparison) -> Row:
    lower, upper = comparison.difference.intervals.get(measure.name, (0.0, 0.0))
    return Row(
        measure.label,
        _cell(measure, comparison.model),
        _cell(measure, comparison.other),
        _cell(measure, comparison.difference, signed=True),
        differs=lower > 0 or upper < 0,
    )


def _cell(measure: Measure, judged: Judged, *, signed: bool = False) -> Cell:
    ends = judged.intervals.get(measure.name)
    interval = None if ends is None else " – ".join(measure.written(end, signed=signed) for end in ends)
    return Cell(measure.written(judged.metrics[measure.name], signed=signed), interval)
