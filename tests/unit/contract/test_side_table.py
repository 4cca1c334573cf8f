from typing import Any

import pytest

from contract import side_table
from contract.side_table import Feature, SideTable


def test_a_type_alone_or_with_its_options() -> None:
    given = {
        "id": "sku",
        "title": "name",
        "features": {
            "brand": "category",
            "genres": {"type": "categories", "separator": ", "},
            "tags": "categories",
            "price": {"type": "number", "bins": 4},
            "year": "number",
        },
    }
    assert side_table.faults(given, "items", titled=True) == []
    assert side_table.parse(given) == SideTable(
        "sku",
        "name",
        (
            Feature("brand", "category"),
            Feature("genres", "categories", separator=", "),
            Feature("tags", "categories", separator="|"),
            Feature("price", "number", bins=4),
            Feature("year", "number", bins=10),
        ),
    )


def test_users_name_the_feature_of_the_lists_for_unknown_users() -> None:
    given = {"id": "u", "features": {"country": "category", "age": "number"}, "default_by": "country"}
    assert side_table.faults(given, "users", titled=False) == []
    assert side_table.parse(given).default_by == "country"
    for column in ("age", "city", 3, ""):
        (fault,) = side_table.faults({**given, "default_by": column}, "users", titled=False)
        assert fault == (
            f"users.default_by must name a feature of type category or categories (there: country), got {column!r}"
        )
    (fault,) = side_table.faults({**given, "default_by": "country", "title": "x"}, "users", titled=False)
    assert "users.title is not a field" in fault
    assert "items.default_by is not a field" in side_table.faults(given, "items", titled=True)[0]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ([], "items must be an object with id, title, features, got []"),
        (
            {"id": "i", "title": "t", "colour": 1},
            "items.colour is not a field (the fields: id, title, features, format, ",
        ),
        ({"title": "t"}, "items.id is missing"),
        ({"id": "", "title": "t"}, "items.id must name a column, got ''"),
        ({"id": "i", "title": 7}, "items.title must name a column, got 7"),
        ({"id": "i"}, "items must name a title or features, or be left out: an id alone adds nothing"),
        ({"id": "i", "features": ["a"]}, """ 'items.features must be an object of columns and their types' """),
        ({"id": "i", "features": {"i": "category"}}, "items.features: column 'i' is the id, which is always a feature"),
        ({"id": "i", "features": {"": "category"}}, "items.features names an empty column"),
        ({"id": "i", "features": {"a": "text"}}, "items.features.a: type must be one of category, categories, number"),
        ({"id": "i", "features": {"a": 3}}, "items.features.a must be a type or an object"),
        ({"id": "i", "features": {"a": {"type": "category", "bins": 3}}}, "a.bins is not an option of type category"),
        ({"id": "i", "features": {"a": {"type": "number", "separator": ","}}}, "a.separator is not an option of type"),
        ({"id": "i", "features": {"a": {"type": "categories", "separator": ""}}}, "a.separator must be the text"),
        ({"id": "i", "features": {"a": {"type": "number", "bins": 1}}}, "a.bins must be a whole number 2..1000, got 1"),
        ({"id": "i", "features": {"a": {"type": "number", "bins": True}}}, "a.bins must be a whole number 2..1000"),
    ],
)
def test_a_fault_is_named(given: Any, fault: str) -> None:
    found = side_table.faults(given, "items", titled=True)
    assert len(found) == 1
    assert fault.strip(" '") in found[0]


def test_users_have_no_titles_and_need_features() -> None:
    assert side_table.faults({"id": "u", "features": {"age": "number"}}, "users", titled=False) == []
    assert side_table.faults({"id": "u"}, "users", titled=False) == [
        "users must name features, or be left out: an id alone adds nothing"
    ]


def test_all_faults_are_reported_at_once() -> None:
    given = {"features": {"a": "x", "b": {"type": "number", "bins": 0}}}
    assert len(side_table.faults(given, "users", titled=False)) == 3
