"""The short ways of checking items say what ministack's own say."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ministack.services import dynamodb

from local_aws import item_checks

THEIRS = {name: getattr(dynamodb, name) for name in ("_number_error", "_ddb_canonicalize_number", "_validate_item")}

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
        item_checks.install()
        yield


@given(_numbers)
@example("-0")
@example("0.50")
@example("007")
def test_numbers_are_judged_alike(text: Any) -> None:
    assert dynamodb._number_error(text) == THEIRS["_number_error"](text)
    assert dynamodb._ddb_canonicalize_number(text) == THEIRS["_ddb_canonicalize_number"](text)


def test_an_item_is_checked_once_a_request() -> None:
    item, others = {"pk": {"S": "a"}}, []
    assert dynamodb._validate_item(item, "pk", None) is None
    item["pk"] = {"S": ""}
    assert dynamodb._validate_item(item, "pk", None) is None
    for _ in range(1000):  # of these, none may be taken for another that is gone
        others.append(dynamodb._validate_item({"pk": {"S": ""}}, "pk", None) is None)
        dynamodb._validate_item({"pk": {"S": "b"}}, "pk", None)
    assert not any(others)
    item_checks.end_request()
    assert dynamodb._validate_item(item, "pk", None) is not None
