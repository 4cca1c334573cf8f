import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import dataset, file_format
from contract.dataset import Dataset
from contract.dataset_document import DatasetDocument, DescribedFiles
from contract.file_format import FileFormat
from contract.refusal import InputRefused
from contract.side_table import Feature, SideTable

GOOD = {"user": "u", "item": "i"}
# One error of each kind: the change, and what the message must contain.
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "user": ({"user": None}, "user is missing"),
    "item": ({"item": 7}, "item must name a column, got 7"),
    "value": ({"value": ""}, "value must name a column, got ''"),
    "timestamp": ({"timestamp": ["t"]}, "timestamp must name a column"),
    "timestamp_format": ({"timestamp_format": "%H:%M"}, "timestamp_format must have a year, %Y or %y, got '%H:%M'"),
    "format": ({"format": "orc"}, "format must be one of csv, jsonl, parquet, got 'orc'"),
    "reject_limit": ({"reject_limit": 1.5}, "reject_limit must be a number 0..1"),
    "items": ({"items": {"title": "t"}}, "items.id is missing"),
    "users": ({"users": {"id": "u", "title": "t"}}, "users.title is not a field"),
    "colour": ({"colour": "red"}, "colour is not a field"),
}


def test_two_columns_are_enough() -> None:
    assert dataset.parse('{"user": "u", "item": "i"}') == Dataset(user="u", item="i")


def test_everything_can_be_said() -> None:
    text = json.dumps(
        GOOD
        | {"value": "v", "timestamp": "t", "format": "csv", "reject_limit": 0, "items": {"id": "id", "title": "name"}}
        | {"users": {"id": "u", "features": {"country": "category"}}}
    )
    items = SideTable("id", "name", ())
    users = SideTable("u", None, (Feature("country", "category"),))
    assert dataset.parse(text.encode()) == Dataset("u", "i", "v", "t", FileFormat(), 0.0, items, users)


def test_the_form_of_times_can_be_said() -> None:
    given = GOOD | {"timestamp": "t", "timestamp_format": "%d.%m.%Y"}
    assert dataset.parse(json.dumps(given)).timestamp_format == "%d.%m.%Y"
    with pytest.raises(InputRefused, match="timestamp names no column of them; name it"):
        dataset.parse(json.dumps(GOOD | {"timestamp_format": "seconds"}))


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
def test_all_files_have_the_one_format(name: str) -> None:
    assert dataset.parse(json.dumps(GOOD | {"format": name})).files.format == name


@given(st.sets(st.sampled_from(sorted(FAULTS)), min_size=1))
def test_every_fault_is_reported_at_once_and_nothing_else(chosen: set[str]) -> None:
    document = dict(GOOD)
    for name in sorted(chosen):
        document |= FAULTS[name][0]
    with pytest.raises(InputRefused) as refusal:
        dataset.parse(json.dumps(document))
    message = str(refusal.value)
    assert {name for name, (_, words) in FAULTS.items() if words in message} == chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("{'user'}", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        ("[]", "must be a JSON object"),
        ('{"user": "a", "item": "a"}', "column 'a' is named twice"),
        ('{"user": "u", "item": "i", "reject_limit": NaN}', "reject_limit must be"),
        ('{"user": "u", "item": "i", "reject_limit": true}', "reject_limit must be"),
        ('{"user": "u", "item": "i", "items": {}}', "items.id is missing; items must name a title or features"),
        ('{"user": "u", "item": "i", "items": null}', "items must be an object"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        dataset.parse(text)


def test_the_document_has_the_fields() -> None:
    assert set(DatasetDocument.__annotations__) == set(dataset.FIELDS)
    assert set(DescribedFiles.__annotations__) == set(file_format.FIELDS)
