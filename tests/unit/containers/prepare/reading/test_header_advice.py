"""The message about a file without the columns in dataset.json."""

import pytest

from tests.unit.containers.prepare.read_files import ROWS, csv, read

TAB, IN = "\t", "in input/dataset.json"


def fault(content: str | bytes, **described: object) -> str:
    (found,) = read(content, **described).faults
    return found


@pytest.mark.parametrize(
    ("delimiter", "said"), [(";", ";"), (TAB, "tab"), ("|", "|"), ("\x01", r"\u0001"), ("^", "^"), (" ", " ")]
)
def test_the_delimiter_that_it_probably_is(delimiter, said):
    assert fault(csv(delimiter)).endswith(f'divided by {delimiter!r}: set "delimiter": "{said}" {IN}')
    assert 'divided by \',\': set "delimiter": ","' in fault(csv(), delimiter="tab")


def test_several_characters_are_no_delimiter():
    found = fault(csv("::"))
    assert "divided by '::': replace it by one character that the data does not hold, such as a tab" in found


@pytest.mark.parametrize("delimiter", [",", "|", "::", TAB])
def test_a_file_without_a_header(delimiter):
    found = fault(csv(delimiter, header=False))
    assert 'if it has no header, set "header": false and "columns": [...]' in found
    assert (f"divided by {delimiter!r}" in found) == (delimiter != ",")


@pytest.mark.parametrize("name", ["User", "USER", "user_", '""" user"""'])
def test_names_that_differ_a_little(name):
    shown = name.replace('""', '"').removeprefix('"').removesuffix('"') if '"' in name else name
    assert fault(f"{name},item,time\nu,i,1\n").endswith(f"did you mean {shown!r} instead of 'user'?")


def test_blanks_around_names_do_no_harm():
    assert read(" user,\u200bitem ,time\u00a0\n" + csv(header=False)).accepted == read(csv()).accepted


def test_other_marks():
    assert """set "quote": "'" in""" in fault("'user','item','time'\n'u','i',1\n")
    for encoding in ("utf-16-le", "utf-16-be"):
        said = fault(csv().encode(encoding))
        assert "seems to be UTF-16 without a byte order mark" in said
        assert f'set "encoding": "{encoding}" in input/dataset.json' in said
    assert 'it seems to be JSON: set "format": "jsonl"' in fault('{"user": "u", "item": "i", "time": 1}\n')
    assert "its first row must name the columns" in fault('user,"item"x,time\n')
    assert 'or set its "encoding" in input/dataset.json' in fault("größe,user,item,time\n".encode("latin-1"))


def test_of_very_many_columns_the_nearest_are_named():
    names = [f"measure_{n}" for n in range(20_000)] + ["user_key"]
    found = fault(",".join(names) + "\n", user="user_id")
    assert "the nearest of its 20,001 columns are 'user_key', 'measure_" in found
    assert len(found) < 500


def test_without_a_header_the_first_row_tells_the_delimiter():
    said = {"header": False, "columns": ["user", "item", "time"]}
    found = fault(csv(";", header=False), **said)
    assert (
        found
        == f'a has 1 fields in its first row, not 3; its columns seem to be divided by \';\': set "delimiter": ";" {IN}'
    )
    found = fault(csv(header=False), header=False, columns=["user", "item"])
    assert found.startswith("a must have exactly one column 'time'; its columns are 'user', 'item'; ")
    assert found.endswith("add them to columns in input/dataset.json")


def test_a_column_twice():
    assert "exactly one column 'user'" in fault("user,item,time,user\n" + csv(header=False, tail=",x"))
    assert len(ROWS) == 30
