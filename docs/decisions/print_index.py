"""``python docs/decisions/print_index.py > docs/decisions/index.md``: the table of all decisions, from their files.

A decision's file begins with ``# <number>. <title>``, then a line ``*<status>, <date>*``.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
_BEGINNING = re.compile(r"# (?P<number>\d+)\. (?P<title>.+)\n\n\*(?P<status>[^\n]+), (?P<date>\d{4}-\d\d-\d\d)\*\n")


def index() -> str:
    """The page as Markdown.

    Raises:
        ValueError: for a file that begins otherwise.
    """
    rows = [_row(file) for file in sorted(FOLDER.glob("[0-9]*.md"))]
    return "\n".join(["# Decisions", "", "| number | decision | status | date |", "|---|---|---|---|", *rows, ""])


def _row(file: Path) -> str:
    found = _BEGINNING.match(file.read_text(encoding="utf-8"))
    if not found or int(found["number"]) != int(file.name[:4]):
        raise ValueError(
            f"{file.name} must begin with '# <number>. <title>', the number of its name, and then '*<status>, <date>*'"
        )
    return f"| {found['number']} | [{found['title']}]({file.name}) | {found['status']} | {found['date']} |"


if __name__ == "__main__":
    print(index(), end="")
