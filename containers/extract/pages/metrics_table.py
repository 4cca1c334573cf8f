"""The report's tables of metrics, with readable numbers."""

from dataclasses import dataclass

from containers.extract.evaluation.comparison import Comparison, Measured


@dataclass(frozen=True)
class Measure:
    """A metric's name and format: the number times ``times``, with ``digits`` and a unit."""

    name: str
    label: str
    times: float = 1
    digits: int = 4
    unit: str = ""
    unit_of_difference: str = ""

    def cell(self, measured: Measured, *, signed: bool = False) -> "Cell":
        """The metric's number with its unit, and its interval separately; a difference has its sign.

        >>> share = Measure("hit_rate@10", "Hit rate@10", 100, 1, "%", " pp")
        >>> share.cell(Measured({"hit_rate@10": 0.1234}, {"hit_rate@10": (-0.1, 0.25)}), signed=True)
        Cell(value='+12.3 pp', interval='−10.0 – +25.0')
        """
        ends = measured.intervals.get(self.name)
        return Cell(
            self._number(measured.metrics[self.name], signed) + (self.unit_of_difference if signed else self.unit),
            None if ends is None else " – ".join(self._number(end, signed) for end in ends),
        )

    def _number(self, value: float, signed: bool) -> str:
        return f"{self.times * value:{'+' if signed else ''}.{self.digits}f}".replace("-", "−")


MEASURES = (
    Measure("ndcg@10", "NDCG@10"),
    Measure("recall@20", "Recall@20"),
    Measure("hit_rate@10", "Hit rate@10", 100, 1, "%", " pp"),
    Measure("mrr@10", "MRR@10"),
    Measure("coverage", "Coverage@10", 100, 1, "%", " pp"),
    Measure("novelty", "Novelty@10", 1, 2, " bit", " bit"),
    Measure("popular_share", "Popular share@10", 100, 1, "%", " pp"),
)


@dataclass(frozen=True)
class Cell:
    """A number, and its interval if it has one."""

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
    """A row for each metric."""
    return [_row(measure, comparison) for measure in MEASURES]


def _row(measure: Measure, comparison: Comparison) -> Row:
    lower, upper = comparison.difference.intervals.get(measure.name, (0.0, 0.0))
    return Row(
        measure.label,
        measure.cell(comparison.model),
        measure.cell(comparison.other),
        measure.cell(comparison.difference, signed=True),
        differs=lower > 0 or upper < 0,
    )
