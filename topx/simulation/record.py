"""The files of a simulation: simulation.json for scripts, simulation.html for people."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from topx.simulation import page
from topx.simulation.week import Week

DRAWING, ROWS = "simulation.html", "simulation.json"


@dataclass(frozen=True)
class Record:
    """A simulation: its parameters, and the weeks that were run to the end.

    ``data`` is its name, ``asked`` the number of weeks, ``days`` of each except the first, ``given`` the input of each
    run.
    """

    data: str
    asked: int
    days: int
    given: Any
    weeks: list[Week] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write both files atomically."""
        _write(folder / ROWS, json.dumps(asdict(self), indent=2) + "\n")
        _write(folder / DRAWING, page.drawing(self.data, self.asked, self.days, self.given, self.weeks))


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
