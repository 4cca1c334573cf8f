"""The result of a part of ``make faults``."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field

_MOST_SHOWN = 20


@dataclass
class Result:
    """``losses`` say what was lost and how to reproduce it; ``measurements`` has other measurements, one line each."""

    part: str
    tried: int = 0
    held: int = 0
    losses: list[str] = field(default_factory=list)
    measurements: list[str] = field(default_factory=list)


def part_of(name: str, seed: int, scale: float) -> Result:
    """The result of the part's module."""
    result: Result = importlib.import_module(f"faults.{name}").part(seed, scale)
    return result


def table(results: Sequence[Result]) -> str:
    """The parts, one line each, followed by what was lost."""
    lines = [f"{'part':<18}{'tried':>8}{'held':>8}{'lost':>8}"]
    lines += [f"{one.part:<18}{one.tried:>8,}{one.held:>8,}{one.tried - one.held:>8,}" for one in results]
    for one in results:
        lines += [f"  {one.part}: {line}" for line in one.measurements]
    for one in results:
        lines += [f"LOST in {one.part}: {loss}" for loss in one.losses[:_MOST_SHOWN]]
        if len(one.losses) > _MOST_SHOWN:
            lines.append(f"LOST in {one.part}: and {len(one.losses) - _MOST_SHOWN:,} more")
    return "\n".join(lines)
