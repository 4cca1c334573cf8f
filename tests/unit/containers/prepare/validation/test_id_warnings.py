"""Ids changed by a spreadsheet, an editor or a web page cause a warning; ordinary ones, however odd, do not."""

import pytest

from tests.unit.containers.prepare.job import csv_text, random_interactions, run_prepare

FRAME = random_interactions(6, users=25, items=30, rows=600)


def warnings_of(root, change, *, column: str = "user", every: int = 1) -> list[str]:
    """The warnings if each ``every``-th id of a column is changed."""
    names = sorted(set(FRAME[column]))
    changed = {name: change(name) if number % every == 0 else name for number, name in enumerate(names)}
    text = csv_text(FRAME.assign(**{column: FRAME[column].map(changed)}))
    summary = run_prepare(root, {"a.csv": text}).summary
    assert summary["status"] == "ready", summary["reasons"]
    return summary["warnings"]


CHANGES = {
    "rounded": (lambda name: f"{int(name[1:]) / 10 + 1:.2f}E+12", "numbers that a spreadsheet has rounded", 7),
    "too narrow": (lambda name: "#" * (4 + int(name[1:])), "where a column is too narrow", 7),
    "bytes of Python": (lambda name: f"b'{name}'", "values as Python prints them", 7),
    "lists of Python": (lambda name: f"['{name}']", "values as Python prints them", 7),
    "formula": (lambda name: f'="{name}"', "formulas by which a spreadsheet keeps zeros", 7),
    "misread as Latin-1": (
        lambda name: f"\u00e9{name}".encode().decode("latin-1"),
        "UTF-8 that was read as another",
        7,
    ),
    "misread as cp1252": (lambda name: f"{name}\u2019s".encode().decode("cp1252"), "UTF-8 that was read as another", 7),
    "misread capitals": (
        lambda name: f"\u00c9\u00dc{name}".encode().decode("cp1252"),
        "UTF-8 that was read as another",
        7,
    ),
    "decimals": (lambda name: f"{int(name[1:])}.0", "whole numbers that a program has made decimals", 1),
    "apostrophe": (lambda name: f"'{name[1:]}", "the apostrophe by which a spreadsheet keeps zeros", 1),
    "list of numbers": (lambda name: f"[{int(name[1:])}, 7]", "lists or objects as a program prints them", 1),
    "object": (lambda name: f'{{"id": "{name}"}}', "lists or objects as a program prints them", 1),
    "single quotes": (lambda name: f"'{name}'", "in quotes that are read as a part of them", 1),
    "typographic quotes": (lambda name: f"\u201c{name}\u201d", "in quotes that are read as a part of them", 1),
    "entities": (lambda name: f"A&amp;{name}", "hold entities of HTML", 2),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("column", ["user", "item"])
def test_changed_ids_are_reported_with_their_number_and_an_example(tmp_path, change, column):
    changed, what, every = CHANGES[change]
    (warning,) = warnings_of(tmp_path, changed, column=column, every=every)
    ids = FRAME[column].nunique()
    assert warning.startswith(f"{-(-ids // every)} of {ids} {column} ids, such as ")
    assert what in warning


@pytest.mark.parametrize("spelled", ["{:03d}", "{}.0", "{:02d}.00"])
def test_one_number_in_two_spellings_is_reported(tmp_path, spelled):
    """Every second one of the users 0 to 24 is written differently in another file."""
    plain = FRAME.assign(user=[name.lstrip("u0") or "0" for name in FRAME.user])
    assert run_prepare(tmp_path, {"a.csv": csv_text(plain)}).summary["warnings"] == []
    changed = plain.assign(user=[spelled.format(int(n)) if int(n) % 2 else n for n in plain.user])
    alone = run_prepare(tmp_path, {"a.csv": csv_text(changed)}).summary["warnings"]
    both = run_prepare(tmp_path, {"a.csv": csv_text(plain), "b.csv": csv_text(changed)}).summary["warnings"]
    assert alone == []
    (warning,) = both

    assert warning.startswith("24 user ids are 12 numbers in several spellings, such as ")
    assert "each is of another user" in warning


def test_what_some_ids_are_by_themselves_is_not_reported(tmp_path):
    odd = iter(
        [
            "1E10",
            "2.5e+3",
            "E+12",
            "'Salem's Lot'",
            "S\u00c3O",
            "AT&T;",
            "&#x;",
            "=1+1",
            "\u00e2me",
            "\u20ac5",
            "7E+",
            "#1",
            "##",
        ]
    )
    assert warnings_of(tmp_path, lambda name: next(odd, name), every=2) == []
