from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from contract import list_scores
from contract import recommendation_table as table

ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
scores = st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**100), max_value=2.0**100)


def dynamodb_bytes(item: dict[str, Any]) -> int:
    """An item's size by the developer guide's rules, with the maximum for a number."""

    def size(value: Any) -> int:
        if isinstance(value, str):
            return len(value.encode())
        if isinstance(value, Decimal):
            return 21
        return 3 + sum(1 + size(element) for element in value)

    return sum(len(name.encode()) + size(value) for name, value in item.items())


@given(ids, st.lists(st.tuples(ids, scores), max_size=30))
def test_the_bound_is_never_below_an_item_s_size(user: str, ranked: list[tuple[str, float]]) -> None:
    names, values = [item for item, _ in ranked], [score for _, score in ranked]
    item = table.user_item(user, "20261123t030000120-a9711f", names, values)
    longest = max((len(name.encode()) for name in names), default=0)
    assert dynamodb_bytes(item) <= table.largest_item_bytes(len(ranked), len(user.encode()), longest)


@given(st.integers(1, 2043), st.integers(1, 400_000))
def test_the_longest_list_that_fits_is_the_longest(longest_user: int, longest_item: int) -> None:
    fitting = table.largest_top_x(longest_user, longest_item)
    assert table.largest_item_bytes(fitting + 1, longest_user, longest_item) > table.MOST_ITEM_BYTES
    if fitting:
        assert table.largest_item_bytes(fitting, longest_user, longest_item) <= table.MOST_ITEM_BYTES


@given(scores)
def test_a_score_keeps_what_a_float32_has(score: float) -> None:
    (stored,) = table.user_item("u", "v", ["i"], [score])["scores"]
    assert abs(float(stored) - score) <= 1e-6 * abs(score)
    # The published file may have the shortened number: shortening it again changes nothing.
    assert table.user_item("u", "v", ["i"], [float(stored)])["scores"] == [stored]


@given(ids, st.lists(st.tuples(ids, scores), max_size=5))
def test_the_wire_holds_what_boto3_would_send(user: str, ranked: list[tuple[str, float]]) -> None:
    names, values = [item for item, _ in ranked], [score for _, score in ranked]
    sent = table.user_item_on_the_wire(user, "v", names, list_scores.texts(values))
    assert {name: TypeDeserializer().deserialize(value) for name, value in sent.items()} == table.user_item(
        user, "v", names, values
    )


def test_keys_of_users_and_records_never_meet() -> None:
    users = {table.user_key(name, "v")["pk"] for name in ("meta#current", "42", "042", "é")}
    assert len(users) == 4
    assert users.isdisjoint({table.POINTER_KEY["pk"], table.VERSION_PARTITION, table.MOVE_PARTITION})
