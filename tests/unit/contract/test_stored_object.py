"""Whatever is wrong with a stored object, the error names it."""

import gzip
import json

import pytest

from contract.stored_object import DamagedObject, parse_json, unpacked_json, unpacked_lines

NAME = "s3://bucket/runs/x/summary.json"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"{", "is not JSON"),
        (b'{"a": 1} x', "is not JSON"),
        (b'{"a": "\xff"}', "is not JSON"),
        ('{"a": 1}'.encode("utf-16"), "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[1, 2]", r"must be a JSON object, got \[1, 2\]"),
        (b"null", "must be a JSON object, got null"),
        (b'"text"', "must be a JSON object, got"),
    ],
)
def test_what_is_no_document_is_named(body: bytes, words: str) -> None:
    with pytest.raises(DamagedObject, match=f"^{NAME} {words}.* was truncated, edited or overwritten"):
        parse_json(body, NAME)


def test_a_field_that_is_missing_is_reported_with_its_object_at_any_depth() -> None:
    found = parse_json(b'{"a": {"b": [{"c": 1}]}}', NAME)
    assert found == {"a": {"b": [{"c": 1}]}}
    assert json.loads(json.dumps({**found, "d": 2})) == {"a": {"b": [{"c": 1}]}, "d": 2}
    assert found.get("e") is None
    for take in (lambda: found["e"], lambda: found["a"]["e"], lambda: found["a"]["b"][0]["e"]):
        with pytest.raises(DamagedObject, match=f"{NAME} lacks the field 'e'"):
            take()


def test_another_kind_is_read_when_it_is_asked_for() -> None:
    assert parse_json(b"[1]", NAME, list) == [1]
    with pytest.raises(DamagedObject, match=r"must be a JSON array, got \{\}"):
        parse_json(b"{}", NAME, list)


@pytest.mark.parametrize("cut", [0, 1, 9, 12, 40, -1, -8])
def test_gzip_that_was_cut_off_is_named(cut: int) -> None:
    packed = gzip.compress(b"".join(b'{"user": "%d"}\n' % number for number in range(1000)))
    with pytest.raises(DamagedObject, match=f"{NAME} (is empty|cannot be unpacked)"):
        list(unpacked_lines(packed[:cut], NAME))
    assert len(list(unpacked_json(packed, NAME))) == 1000


def test_a_line_that_is_no_document_is_numbered() -> None:
    packed = gzip.compress(b'{"a": 1}\n\n{"a"\n')
    with pytest.raises(DamagedObject, match=f"line 3 of {NAME} is not JSON"):
        list(unpacked_json(packed, NAME))
