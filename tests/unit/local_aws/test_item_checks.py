"""The faster item checks give the same results as ministack's own."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ministack.core import iam_actions
from ministack.services import dynamodb

from local_aws import item_checks

THEIRS = {
    name: getattr(dynamodb, name)
    for name in (
        "_number_error",
        "_ddb_canonicalize_number",
        "_validate_item",
        "_number_size_bytes",
        "_item_size_bytes",
        "_batch_write_item",
    )
}
THEIR_JSON = iam_actions.json

_numbers = st.one_of(
    st.from_regex(r"[+-]?[0-9]{0,18}\.?[0-9]{0,18}(e[+-]?[0-9]{1,3})?", fullmatch=True),
    st.floats(-1e9, 1e9).map(lambda number: f"{number:.7g}"),
    st.integers().map(str),
    st.sampled_from([None, 5, "", " 5", "1_0", "٣", "NaN"]),
)


@pytest.fixture(scope="module", autouse=True)
def installed() -> Any:
    with pytest.MonkeyPatch.context() as undone_after:
        for name, theirs in THEIRS.items():
            undone_after.setattr(dynamodb, name, theirs)
        undone_after.setattr(iam_actions, "json", THEIR_JSON)
        item_checks.install()
        yield


@given(_numbers)
@example("-0")
@example("0.50")
@example("007")
@example("0.001")
@example("0.0012")
@example("-1200")
@example("12000")
@example("12.5")
def test_numbers_are_checked_alike(text: Any) -> None:
    assert dynamodb._number_error(text) == THEIRS["_number_error"](text)
    assert dynamodb._ddb_canonicalize_number(text) == THEIRS["_ddb_canonicalize_number"](text)
    assert dynamodb._number_size_bytes(text) == THEIRS["_number_size_bytes"](text)


def test_an_item_is_checked_once_a_request() -> None:
    item, others = {"pk": {"S": "a"}}, []
    assert dynamodb._validate_item(item, "pk", None) is None
    item["pk"] = {"S": ""}
    assert dynamodb._validate_item(item, "pk", None) is None
    for _ in range(1000):  # none of these may be mistaken for another that no longer exists
        others.append(dynamodb._validate_item({"pk": {"S": ""}}, "pk", None) is None)
        dynamodb._validate_item({"pk": {"S": "b"}}, "pk", None)
    assert not any(others)
    item_checks.end_request()
    assert dynamodb._validate_item(item, "pk", None) is not None


def test_an_item_is_measured_once_in_a_batch_and_anew_in_any_other_request(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []

    def batch(item: dict[str, Any]) -> None:
        found.append(dynamodb._item_size_bytes(item))
        item["more"] = {"S": "x" * 100}
        found.append(dynamodb._item_size_bytes(item))

    item: dict[str, Any] = {"pk": {"S": "a"}}
    item_checks._in_a_batch(batch)(item)
    item_checks.end_request()
    assert found == [3, 3]
    assert dynamodb._item_size_bytes(item) == 3 + 104


def test_each_request_is_decoded_for_itself() -> None:
    first, second = b'{"TableName": "a"}', b'{"TableName": "b"}'
    for body, name in ((first, "a"), (first, "a"), (second, "b"), (first, "a")):
        assert iam_actions.dynamodb_resource_arns(body, "r", "1") == [f"arn:aws:dynamodb:r:1:table/{name}"]
