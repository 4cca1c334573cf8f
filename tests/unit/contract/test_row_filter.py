"""``where`` of dataset.json: valid values, and messages about invalid ones."""

import json
from typing import Any

import pytest

from contract import dataset
from contract.refusal import InputRefused
from contract.row_filter import Condition


def parsed(where: Any) -> tuple[Condition, ...]:
    return dataset.parse(json.dumps({"user": "u", "item": "i", "where": where})).where


def test_a_value_several_values_and_bounds() -> None:
    assert parsed(
        {"kind": "buy", "n": [1, "1", True], "stars": {"at_least": 4}, "age": {"at_least": 1, "at_most": 2}}
    ) == (
        Condition("kind", ("buy",)),
        Condition("n", (1, "1", True)),
        Condition("stars", at_least=4),
        Condition("age", at_least=1, at_most=2),
    )
    assert dataset.parse('{"user": "u", "item": "i"}').where == ()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({}, "where must be an object of columns"),
        (["buy"], "where must be an object of columns"),
        (None, "where must be an object of columns"),
        ({"": "x"}, "where names an empty column"),
        ({"kind": []}, "where.kind keeps no row: name the values to keep, got []"),
        ({"kind": None}, 'got None; rows without a value are kept by ""'),
        ({"kind": ["a", ["b"]]}, "where.kind must be a text, a number, true or false, an array of these"),
        ({"n": float("inf")}, "where.n must be a text, a number"),
        ({"n": {}}, "where.n must have a bound"),
        ({"n": {"more_than": 4}}, "where.n.more_than is not a bound (the bounds: at_least, at_most)"),
        ({"n": {"at_least": "4"}}, "where.n.at_least must be a number, got '4'"),
        ({"n": {"at_least": True}}, "where.n.at_least must be a number, got True"),
        ({"n": {"at_most": float("nan")}}, "where.n.at_most must be a number, got nan"),
        ({"n": {"at_least": 5, "at_most": 4}}, "where.n keeps no row: at_least 5 is more than at_most 4"),
    ],
)
def test_what_is_wrong_is_named(where: Any, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parsed(where)
    assert said in str(refused.value)


def test_a_condition_in_words() -> None:
    words = [str(condition) for condition in parsed({"kind": ["buy", 2, True], "n": {"at_most": 2, "at_least": 1.5}})]
    assert words == ["kind 'buy', 2 or true", "n at least 1.5 and at most 2"]
