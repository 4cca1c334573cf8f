"""A run's documents without one user: texts about the others do not change."""

import gzip
import json
from typing import Any

import pytest

from contract.documents_of_users import Holds
from contract.stored_object import DamagedObject
from lambdas.forgetting.erased_documents import without_user
from lambdas.loading.part_file import PartFile
from tests.unit.lambdas.part_in_bucket import PART, RUN_ID, SmallPart, packed

WHO = "user 7"


def lines(body: bytes | None) -> list[Any]:
    assert body is not None
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


def test_a_part_loses_the_user_and_can_still_be_read_by_who_retires_it() -> None:
    part = SmallPart()
    body = without_user(packed(part.header(), *part.user_lines()), "p", Holds.LINES, WHO)
    assert body is not None
    file = PartFile(body, run_id=RUN_ID, part=PART)
    assert [user["user"] for user in file.users()] == [f"user {row}" for row in range(30) if row != 7]
    assert lines(body)[0] == {**part.header(), "users": 29, "probes": []}
    assert lines(body)[1:] == [line for line in part.user_lines() if line["user"] != WHO]


@pytest.mark.parametrize("user", ["user", "user 70", "USER 7", "i1"])
def test_lists_without_the_user_are_left_alone(user: str) -> None:
    body = packed({"user": WHO, "items": ["i1"], "scores": [1.0]})
    assert without_user(body, "p", Holds.LINES, user) is None


def test_lists_of_others_keep_an_item_of_the_same_name() -> None:
    body = packed({"user": "7", "items": ["8"]}, {"user": "8", "items": ["7"]})
    assert lines(without_user(body, "p", Holds.LINES, "7")) == [{"user": "8", "items": ["7"]}]


def test_refused_rows_go_in_which_the_user_is_a_field_or_a_word() -> None:
    rows = [
        {"file": "a.csv", "line": 2, "reason": "missing item id", "row": {"who": " user 7 ", "what": ""}},
        {"file": "a.csv", "line": 3, "reason": "too many fields", "row": "user 7,i1,5,6"},
        {"file": "a.csv", "line": 4, "reason": "too many fields", "row": "user 70,i1,5,6"},
        {"file": "a.csv", "line": 5, "reason": "missing item id", "row": {"who": "user 70", "what": None}},
    ]
    assert lines(without_user(packed(*rows), "r", Holds.ROWS, WHO)) == rows[2:]
    long = "x" * 400
    assert lines(without_user(packed({"row": {"who": long[:200]}}, rows[2]), "r", Holds.ROWS, long)) == rows[2:3]


def test_examples_lose_the_user() -> None:
    entries = [{"user": WHO, "history": []}, {"user": "b", "history": [{"id": WHO}]}]
    body = without_user(json.dumps(entries).encode(), "e", Holds.ENTRIES, WHO)
    assert json.loads(body or b"") == entries[1:]
    assert without_user(json.dumps(entries[1:]).encode(), "e", Holds.ENTRIES, WHO) is None


def test_sentences_anywhere_in_a_document_lose_the_id_and_numbers_stay() -> None:
    document = {"warnings": [f"User {WHO!r} has 51.0% of all."], "rows": {"read": 7, "who": "user 70"}, "times": None}
    body = without_user(json.dumps(document).encode(), "s", Holds.SENTENCES, WHO)
    assert json.loads(body or b"") == {**document, "warnings": ["User (forgotten) has 51.0% of all."]}
    assert without_user(json.dumps(document).encode(), "s", Holds.SENTENCES, "user 8") is None


def test_a_page_that_shows_the_user_is_replaced_and_others_stay() -> None:
    page = b"<html><h3>User user 7</h3></html>"
    body = without_user(page, "p", Holds.PAGE, WHO)
    assert body is not None
    assert b"user 7" not in body
    assert b"was erased" in body
    assert without_user(page, "p", Holds.PAGE, "user 70") is None


@pytest.mark.parametrize(
    ("what", "body"),
    [
        (Holds.LINES, packed({"user": WHO})[:-9]),
        (Holds.ENTRIES, b"{}"),
        (Holds.SENTENCES, b"{"),
    ],
)
def test_what_is_damaged_is_reported(what: Holds, body: bytes) -> None:
    with pytest.raises(DamagedObject):
        without_user(body, "d", what, WHO)
