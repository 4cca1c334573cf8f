"""The file format in dataset.json: valid, or refused with all errors and fixes."""

import json
from typing import Any

import pytest

from contract import dataset, file_format
from contract.file_format import FileFormat
from contract.refusal import InputRefused

GOOD = {"user": "u", "item": "i"}


def parsed(**described: Any) -> dataset.Dataset:
    return dataset.parse(json.dumps(GOOD | described))


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({}, FileFormat()),
        ({"format": "CSV"}, FileFormat("csv")),
        ({"format": "tsv"}, FileFormat("csv", "\t")),
        ({"format": "TSV", "delimiter": ","}, FileFormat("csv", ",")),
        ({"format": "ndjson"}, FileFormat("jsonl")),
        ({"format": "json", "encoding": "cp1252"}, FileFormat("jsonl", encoding="cp1252")),
        ({"format": ".Parquet"}, FileFormat("parquet")),
        ({"delimiter": "tab"}, FileFormat(delimiter="\t")),
        ({"delimiter": r"\t"}, FileFormat(delimiter="\t")),
        ({"delimiter": "\x01", "quote": ""}, FileFormat(delimiter="\x01", quote="")),
        ({"quote": None, "escape": "\\"}, FileFormat(quote="", escape="\\")),
        ({"escape": '"'}, FileFormat()),
        ({"header": True}, FileFormat()),
        ({"header": False, "columns": ["i", "x", "u"]}, FileFormat(columns=("i", "x", "u"))),
    ],
)
def test_what_may_be_said(described: dict[str, Any], expected: FileFormat) -> None:
    assert parsed(**described).files == expected


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"delimiter": "::"}, "got '::': replace it in the files with one character that the data does not contain"),
        ({"delimiter": ""}, "delimiter must be one character or tab, got ''"),
        ({"delimiter": "\n"}, "delimiter must be one character or tab"),
        ({"delimiter": 7}, "delimiter must be one character or tab, got 7"),
        ({"delimiter": '"'}, "delimiter must be another character than quote and escape"),
        ({"quote": "''"}, "quote must be one character, or empty for none"),
        ({"escape": 1}, "escape must be one character, or empty for none"),
        ({"encoding": "klingon"}, "encoding must name a text encoding, such as utf-8, cp1252 or shift_jis"),
        ({"encoding": "rot13"}, "encoding must name a text encoding"),
        ({"encoding": "unicode_escape"}, "encoding must name a text encoding"),
        ({"encoding": ["utf-8"]}, "encoding must name a text encoding"),
        ({"header": "no"}, "header must be true or false, got 'no'"),
        ({"header": False}, "columns is missing"),
        ({"columns": ["u", "i"]}, 'also set "header": false'),
        ({"header": False, "columns": ["u", "i", "u"]}, "columns names 'u' twice"),
        ({"header": False, "columns": "u,i"}, "columns must list the names of all columns in their order"),
        ({"header": False, "columns": []}, "columns must list"),
        ({"format": "parquet", "delimiter": ";"}, "delimiter says how csv is written, and format is parquet"),
        ({"format": "jsonl", "header": True}, "header says how csv is written, and format is jsonl"),
        ({"format": "parquet", "encoding": "cp1252"}, "encoding says how csv or jsonl is written"),
        ({"format": "xlsx"}, "got 'xlsx': save the files as CSV or Parquet"),
        ({"format": "txt"}, 'got \'txt\': set "format": "csv" and the column separator as "delimiter"'),
        ({"null_values": "NULL"}, 'null_values must be a list of texts that mean "no value"'),
        ({"null_values": [None]}, "null_values must be a list of texts"),
    ],
)
def test_what_is_refused(described: dict[str, Any], words: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        parsed(**described)
    assert words in str(refusal.value)


def test_all_faults_are_reported_at_once() -> None:
    names = ("delimiter", "quote", "encoding", "header", "null_values")
    with pytest.raises(InputRefused) as refusal:
        parsed(delimiter="::", quote="ab", encoding="x", header=1, null_values=3)
    assert [f"{name} must" in str(refusal.value) for name in names] == [True] * len(names)


ITEMS = {"id": "sku", "title": "name"}


@pytest.mark.parametrize(
    ("described", "items", "expected"),
    [
        ({"delimiter": ";", "encoding": "cp1252"}, {}, FileFormat(delimiter=";", encoding="cp1252")),
        ({"delimiter": ";"}, {"delimiter": ","}, FileFormat()),
        ({"format": "parquet"}, {"format": "tsv"}, FileFormat("csv", "\t")),
        ({"format": "tsv"}, {"format": "jsonl"}, FileFormat("jsonl")),
        ({"header": False, "columns": ["u", "i"]}, {"header": True}, FileFormat()),
        ({"header": False, "columns": ["u", "i"]}, {"columns": ["sku", "name"]}, FileFormat(columns=("sku", "name"))),
    ],
)
def test_a_side_is_written_as_the_interactions_unless_it_says_otherwise(
    described: dict[str, Any], items: dict[str, Any], expected: FileFormat
) -> None:
    found = parsed(**described, items=ITEMS | items).items
    assert found is not None
    assert found.files == expected


def test_a_side_without_the_columns_that_it_needs() -> None:
    with pytest.raises(InputRefused, match=r'items\.columns is missing.*or set "header": true in items'):
        parsed(header=False, columns=["u", "i"], items=ITEMS)
    with pytest.raises(InputRefused, match=r"items\.delimiter says how csv is written, and format is parquet"):
        parsed(format="parquet", items=ITEMS | {"delimiter": ";"})


def test_the_same_data_written_anew() -> None:
    given = GOOD | {"format": "tsv", "encoding": "cp1252", "null_values": ["-"], "items": ITEMS | {"format": "json"}}
    assert file_format.rewritten(given) == GOOD | {
        "format": "csv",
        "null_values": ["-"],
        "items": ITEMS | {"format": "jsonl"},
    }
