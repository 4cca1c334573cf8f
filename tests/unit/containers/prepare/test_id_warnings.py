"""Ids that a program has changed are told, and those that only look like it are not."""

import pytest

from .job import COLUMNS, csv_text, random_interactions, run_prepare

FRAME = random_interactions(7, users=25, items=30, rows=600)


def told(root, frame) -> list[str]:
    done = run_prepare(root, {"a.csv": csv_text(frame[["user", "item", "time"]])}, dataset=COLUMNS)
    assert done.summary["status"] == "ready", done.summary["reasons"]
    return done.summary["warnings"]


@pytest.mark.parametrize(
    ("written", "what"),
    [
        (lambda n: f"{n + 1000}.0", "whole numbers that a program has made decimals"),
        (lambda n: f'="{n:05d}"', "in the notation of a spreadsheet"),
        (lambda n: f"'{n:05d}", "in the notation of a spreadsheet"),
        (lambda n: f"b'{n}'", "the text of bytes, lists or objects"),
        (lambda n: f"['{n}', '{n + 1}']", "the text of bytes, lists or objects"),
        (lambda n: f"{{'id': {n}}}", "the text of bytes, lists or objects"),
    ],
)
@pytest.mark.parametrize("side", ["user", "item"])
def test_ids_that_are_changed_throughout(tmp_path, written, what, side):
    numbers = FRAME[side].str[1:].astype(int)
    (warning,) = told(tmp_path, FRAME.assign(**{side: numbers.map(written)}))
    count = FRAME[side].nunique()
    assert warning.startswith(f"{count} of {count} {side} ids, such as {min(numbers.map(written))!r}, are ")
    assert what in warning
    few = FRAME.assign(**{side: FRAME[side].where(numbers > 3, numbers.map(written))})
    assert told(tmp_path, few) == [], "some may be called so"


def test_one_id_that_a_spreadsheet_has_rounded_is_enough(tmp_path):
    changed = FRAME.assign(item=FRAME.item.replace({"i003": "9.78E+12"}))
    (warning,) = told(tmp_path, changed)
    assert warning.startswith("1 of 30 item ids, such as '9.78E+12', are numbers that a spreadsheet has rounded")
    assert told(tmp_path, FRAME.assign(item=FRAME.item.replace({"i003": "1E5", "i004": "1e+12", "i005": "v1.2"}))) == []
