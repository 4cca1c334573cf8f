"""JSON as other programs write it, and hostile JSON."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containers.prepare.reading import json_array
from containers.prepare.reading.input_files import InputFile
from containers.prepare.reading.json_decoding import INVALID_JSON, REPEATED_NAME
from containers.prepare.reading.text_lines import LONGEST_LINE, TOO_LONG
from tests.unit.containers.prepare.formats import jsonl_bytes
from tests.unit.containers.prepare.read_files import EXPECTED, ROWS, Read, read

OBJECTS = [{"user": user, "item": item, "time": int(time)} for user, item, time in ROWS]
LINES = jsonl_bytes(OBJECTS).decode()
LAST = '{"user": "u1", "item": "i1", "time": 1}'


def read_json(content: str | bytes, **described: object) -> Read:
    return read(content, format="jsonl", **described)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_objects(indent):
    for text in (json.dumps(OBJECTS, indent=indent), "\ufeff[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n\n"):
        assert read_json(text).accepted == EXPECTED
        assert read_json(text + text).accepted == EXPECTED * 2


def test_an_array_in_one_line_may_be_longer_than_a_line():
    text = json.dumps([{**row, "note": "x" * (LONGEST_LINE // 20)} for row in OBJECTS])
    assert len(text) > LONGEST_LINE
    assert read_json(text).accepted == EXPECTED


def test_elements_of_an_array_are_refused_like_lines():
    bad = ["5", "null", '{"user": 1.5, "item": "i", "time": 1}', '{"user": "a", "user": "b"}', "{}", '["u", "i", 1]']
    found = read_json("[" + ",\n".join([*map(json.dumps, OBJECTS), *bad, LAST]) + "]")
    assert found.accepted == [*EXPECTED, ("u1", "i1", 1.0)]
    assert [(line, reason) for _, line, reason in found.refused] == [
        (31, "not a JSON object"),
        (32, "not a JSON object"),
        (33, "user id is neither text nor an integer"),
        (34, REPEATED_NAME),
        (36, "not a JSON object"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps(OBJECTS)[:-30], "(cut short or broken: "),
        (json.dumps(OBJECTS)[:-1], "its JSON array has no end"),
        (json.dumps(OBJECTS) + "x", "(text behind it)"),
        (json.dumps(OBJECTS, indent=1).replace('"u3"', "u3", 1), "no JSON array from line 17 on (cut short or broken"),
        ('[{"user": ' + "[" * 100_000, "maximum recursion depth"),
        ("".join(json.dumps(row, indent=1) + "\n" for row in OBJECTS), "jq -c . FILE"),
    ],
)
def test_what_cannot_be_divided_into_objects_is_refused_whole(text, words):
    (fault,) = read_json(text).faults
    assert words in fault
    assert "jq" in fault or "upload it again" in fault


@given(
    st.lists(st.sampled_from(["12", '{"a": [1, "]"]}', "-0.5e3", "true", '"\\\\"', "{}"]), max_size=9),
    st.integers(1, 9),
)
def test_an_array_is_the_same_in_whatever_pieces_it_is_read(texts, piece):
    text = " [" + " ,\n".join(texts) + "\n] "
    pieces = [text[at : at + piece] for at in range(0, len(text), piece)]
    found = list(json_array.elements(InputFile(Path("a"), "a"), pieces))
    assert [value for _, value, _, _ in found] == json.loads(text)
    assert [text for _, _, text, _ in found] == texts
    assert [line for line, *_ in found] == list(range(1, len(texts) + 1))


def test_a_row_in_one_line_is_no_array_of_objects():
    found = read_json('["u", "i", 1]\n' + LINES)
    assert (found.accepted, found.refused) == (EXPECTED, [("a", 1, "not a JSON object")])


def test_an_export_of_dynamodb():
    items = [
        {
            "user": {"S": row["user"]},
            "item": {"S": row["item"]},
            "time": {"N": str(row["time"])},
            "more": {"L": [{"M": {"a": {"NULL": True}, "b": {"BOOL": False}}}, {"SS": ["x"]}]},
        }
        for row in OBJECTS
    ]
    assert read_json("".join(json.dumps({"Item": item}) + "\n" for item in items)).accepted == EXPECTED
    number = json.dumps({"Item": {**items[0], "user": {"N": "42"}}})
    assert read_json(number).accepted == [("42", "i0", 0.0)]
    own = "".join(json.dumps({"Item": user, "user": item, "time": 1}) + "\n" for user, item, _ in ROWS)
    assert read_json(own, item="Item", user="user").accepted[0] == ("i0", "u0", 1.0)


def test_what_holds_nothing_is_no_row():
    found = read_json("{}\n\n" + LINES + '{"user": null, "item": "", "time": " "}\n\x00\x00\n\x1a')
    assert (found.accepted, found.refused) == (EXPECTED, [])


def test_numbers_of_very_many_digits():
    digits = "9" * 10_000
    lines = [
        f'{{"user": "u1", "item": "i1", "time": 1, "unused": {digits}}}',
        f'{{"user": {digits}, "item": "i1", "time": 1}}',
        f'{{"user": {digits[:1025]}, "item": "i1", "time": 1}}',
        f'{{"user": {digits[:900]}, "item": "i1", "time": 1}}',
        f'{{"user": "u1", "item": "i1", "time": {digits}}}',
        f'{{"x": {digits}, "user": oops}}',
        f'{{"x": {digits}, "user": 1, "user": 2}}',
    ]
    found = read_json(LINES + "\n".join(lines))
    assert found.accepted == [*EXPECTED, ("u1", "i1", 1.0), (digits[:900], "i1", 1.0)]
    assert [(line, reason) for _, line, reason in found.refused] == [
        (32, "user id is neither text nor an integer"),
        (33, "user id longer than 1,024 bytes"),
        (35, "time is not finite"),
        (36, INVALID_JSON),
        (37, REPEATED_NAME),
    ]


def test_hostile_lines_cost_themselves_only():
    lines = [
        "[" * 100_000,
        '{"user":' * 100_000,
        '{"user": "\\ud800", "item": "i", "time": 1}',
        "x" * (LONGEST_LINE + 9),
    ]
    found = read_json("\n".join([*lines[::-1], LINES]))
    assert found.accepted == EXPECTED
    assert [reason for *_, reason in found.refused] == [TOO_LONG, "not UTF-8", INVALID_JSON, INVALID_JSON]


def test_names_that_cannot_be_written_are_shown_with_a_mark():
    (fault,) = read_json('{"\\ud800": 1}\n').faults
    assert "its columns are '\ufffd';" in fault


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"data": OBJECTS}, "its rows are perhaps in its field 'data': jq -c '.data[]' FILE writes one a line"),
        ({"u": {"user": "u1"}, "item": "i", "time": 1}, "fields within 'u' must be fields of the row itself"),
        ({"User": "u1", "item": "i", "time": 1}, "did you mean 'User' instead of 'user'?"),
    ],
)
def test_where_the_fields_probably_are(row, words):
    (fault,) = read_json(json.dumps(row)).faults
    assert words in fault


def test_columns_in_the_names_of_folders():
    found = read({"time=5/a": '{"user": "u", "item": "i"}\n{"user": "u", "item": "i", "time": 6}\n'}, format="jsonl")
    assert (found.accepted, found.faults) == ([("u", "i", 5.0), ("u", "i", 6.0)], [])


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_encodings(encoding):
    text = '{"user": "Zoë", "item": "i", "time": 1}\n' * 2
    assert read_json(text.encode(encoding), encoding=encoding).accepted == [("Zoë", "i", 1.0)] * 2
    assert len(read_json(text.encode("latin-1")).refused) == 2
