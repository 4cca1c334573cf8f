"""A checkerboard with features and rules, whose right lists are known too."""

import json
from pathlib import Path

from tests.end_to_end.conftest import DATASET, Checkerboard, write_data

BOARD = Checkerboard()
ROWS = list(BOARD.rows())
RULES = {
    "exclude": ["i0", "gone"],
    "most_per_category": {"column": "band", "most": 2},
    "exclude_seen": {"days": 3},
}


def band(item: int) -> int:
    """Each of five bands has three items of each color."""
    return item // 2 % 5


def ruled_data(folder: Path) -> str:
    """The checkerboard with its users' colors, its items' bands, and rules."""
    dataset = {
        **DATASET,
        "items": {"id": "item", "features": {"band": "category"}},
        "users": {"id": "user", "features": {"colour": "category"}, "default_by": "colour"},
    }
    written = write_data(folder, ROWS, dataset)
    colours = [f"u{user},{'odd' if user % 2 else 'even'}" for user in range(BOARD.users)]
    bands = [f"i{item},{band(item)}" for item in range(BOARD.items)]
    for name, lines in (("users", ["user,colour", *colours]), ("items", ["item,band", *bands])):
        (folder / name).mkdir()
        (folder / name / "all.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "rules.json").write_text(json.dumps(RULES), encoding="utf-8")
    return written


def had_lately(user: int) -> set[str]:
    """What the user took in the three days before the last row, which is user 39's."""
    first = 5 if user == BOARD.users - 1 else 6
    return {f"i{item}" for item in BOARD.has(user)[first:]}
