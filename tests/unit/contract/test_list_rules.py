from typing import Any

import pytest

from contract import dataset, list_rules
from contract.list_rules import CategoryLimit, FeatureValues, ListRules, Selection
from contract.refusal import InputRefused

DATASET = dataset.parse(
    '{"user": "u", "item": "i", "items": {"id": "i", "features": {"genres": "categories", "price": "number"}}}'
)


def test_rules_are_read_as_they_are_meant() -> None:
    given = {
        "exclude": ["a", 42, {"column": "genres", "values": ["Horror", 7]}],
        "only": [{"column": "brand", "values": ["X"]}],
        "most_per_category": {"column": "genres", "most": 3},
    }
    rules = ListRules.of(given)
    assert rules == ListRules(
        Selection(("a", "42"), (FeatureValues("genres", ("Horror", "7")),)),
        Selection((), (FeatureValues("brand", ("X",)),)),
        CategoryLimit("genres", 3),
    )
    assert rules.columns() == {"genres": "exclude", "brand": "only"}
    assert ListRules.of({}) == ListRules(Selection((), ()), None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "input/rules.json is not JSON"),
        ("[]", "must be an object"),
        ('{"hide": []}', "hide is not a rule (the rules: exclude, only, most_per_category, exclude_seen)"),
        ('{"exclude": "a"}', "exclude must be an array of item ids, got 'a'"),
        ('{"exclude": [1.5]}', "exclude must hold item ids and objects such as"),
        ('{"exclude": [{"column": "genres"}]}', "exclude must hold item ids and objects such as"),
        ('{"exclude": [{"column": "genres", "values": []}]}', "exclude must hold item ids and objects such as"),
        ('{"only": []}', "only leaves no item; name the items that lists may contain, or remove the rule"),
        ('{"most_per_category": 3}', "most_per_category must be an object such as"),
        (
            '{"most_per_category": {"column": "g", "most": 0}}',
            "most_per_category.most must be a whole number 1..500, got 0",
        ),
        (
            '{"most_per_category": {"column": "", "most": 1}}',
            "most_per_category.column must name an item feature, got ''",
        ),
        ('{"exclude_seen": {"days": 1.5}}', 'exclude_seen must be true, false or {"days": n} with n a whole number'),
    ],
)
def test_a_file_with_faults_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        list_rules.parse_file(text)
    assert said in str(refusal.value)
    assert "input/rules.json" in str(refusal.value)


def test_all_faults_are_reported_at_once() -> None:
    assert (
        len(list_rules.faults({"exclude": 1, "only": [None], "most_per_category": [], "exclude_seen": "no", "x": 1}))
        == 5
    )


@pytest.mark.parametrize(
    ("of_file", "of_request", "named", "rules", "seen"),
    [
        ({}, {}, None, {}, True),
        ({"exclude": ["a"]}, {}, None, {"exclude": ["a"]}, True),
        ({"exclude": ["a"], "only": ["b"]}, {"exclude": ["c"]}, None, {"exclude": ["c"], "only": ["b"]}, True),
        ({"exclude": ["a"], "only": ["b"]}, {"only": None}, None, {"exclude": ["a"]}, True),
        ({"exclude_seen": False}, {}, None, {}, False),
        ({"exclude_seen": False}, {"exclude_seen": {"days": 7}}, None, {}, {"days": 7}),
        ({"exclude_seen": False}, {"exclude_seen": None}, None, {}, True),
        ({"exclude_seen": False}, {"exclude_seen": {"days": 7}}, True, {}, True),
    ],
)
def test_a_field_of_the_run_takes_the_place_of_the_files(
    of_file: dict[str, Any], of_request: dict[str, Any], named: object, rules: dict[str, Any], seen: object
) -> None:
    assert list_rules.laid_over(of_file, of_request, named) == (rules, seen)


def test_rules_name_features_that_are_categories_and_windows_need_times() -> None:
    assert list_rules.faults_with({"exclude": [{"column": "genres", "values": ["x"]}]}, True, DATASET) == []
    (unknown,) = list_rules.faults_with({"most_per_category": {"column": "genre", "most": 1}}, False, DATASET)
    assert "most_per_category names column 'genre', which is no item feature in input/dataset.json" in unknown
    assert "categories: genres); name one of these" in unknown
    (number,) = list_rules.faults_with({"only": [{"column": "price", "values": ["1"]}]}, True, DATASET)
    assert "only names column 'price', which is a number" in number
    (times,) = list_rules.faults_with({}, {"days": 7}, DATASET)
    assert "exclude_seen {'days': 7} needs the times of interactions" in times
    assert "names no timestamp column; name one, or set exclude_seen to true or false" in times
    timed = dataset.parse('{"user": "u", "item": "i", "timestamp": "t"}')
    assert list_rules.faults_with({}, {"days": 7}, timed) == []
