"""Data that can be trained on but is degenerate: a warning for each kind, and none for normal data."""

import pytest

from tests.unit.containers.prepare.job import COLUMNS, csv_text, random_interactions, run_prepare

FRAME = random_interactions(6, users=25, items=30, rows=600)


def warnings_of(
    root, text: str, *, request: dict | None = None, sides: dict[str, str] | None = None, **dataset
) -> list[str]:
    files = {side: {"a.csv": content} for side, content in (sides or {}).items()}
    done = run_prepare(root, {"a.csv": text}, dataset={**COLUMNS, **dataset}, request=request, **files)
    assert done.summary["status"] == "ready", done.summary["reasons"]
    return done.summary["warnings"]


def test_ordinary_data_is_not_warned_of(tmp_path):
    assert warnings_of(tmp_path, csv_text(FRAME), value="value", request={"feedback": "explicit"}) == []


def test_one_user_with_most_of_it_all(tmp_path):
    others = "".join(f"u{n % 20},i{n % 9},{1_700_000_000 + n}\n" for n in range(100))
    bot = "".join(f"bot,i{n},{1_700_000_000 + n}\n" for n in range(300))
    (warning,) = warnings_of(tmp_path, f"user,item,time\n{others}{bot}")
    assert warning.startswith("User 'bot' has 75.0% of all interactions, more than the other 20 users together")
    few = "".join(f"u{n % 3},i{n % 9},{1_700_000_000 + n}\n" for n in range(9))
    assert warnings_of(tmp_path, f"user,item,time\n{few}{bot}") == []


def test_the_same_history_for_all(tmp_path):
    rows = [f"u{user},i{item},{1_700_000_000 + 10 * user + item}\n" for user in range(12) for item in range(8)]
    (warning,) = warnings_of(tmp_path, "user,item,time\n" + "".join(rows))
    assert warning.startswith("All 12 users with interactions have had the same items")
    assert warnings_of(tmp_path, "user,item,time\n" + "".join(rows[:-1])) == []


def test_users_without_interactions(tmp_path):
    users = "id,land\n" + "".join(f"{user},FR\n" for user in [*sorted(set(FRAME.user)), "new", "newer"])
    described = {"users": {"id": "id", "features": {"land": "category"}}}
    (warning,) = warnings_of(tmp_path, csv_text(FRAME), sides={"users": users}, **described)
    assert warning.startswith("2 of 27 users have no interaction and are known from input/users/ only")


@pytest.mark.parametrize(("feedback", "count"), [("explicit", 1), ("implicit", 0)])
def test_one_value_for_all(tmp_path, feedback, count):
    text = csv_text(FRAME.assign(value=1))
    warnings = warnings_of(tmp_path, text, value="value", request={"feedback": feedback})
    assert len(warnings) == count
    assert all(warning.startswith("Every value is 1: explicit feedback has nothing to predict") for warning in warnings)


def test_refused_rows_of_the_interactions(tmp_path):
    text = csv_text(FRAME[["user", "item", "time"]]) + "u1,i1,never\n"
    assert warnings_of(tmp_path, text) == [
        "1 of 601 rows were rejected: time is no number, and timestamp_format is seconds (1)."
    ]


def test_features_that_say_nothing_and_values_that_count_as_unknown(tmp_path):
    ids = sorted(set(FRAME.item))
    items = "id,empty,price,tags\n" + "".join(f'{each},,{n or "call us"},"a, b"\n' for n, each in enumerate(ids))
    described = {
        "items": {"id": "id", "features": {"empty": "category", "price": "number", "tags": "categories"}},
        "reject_limit": 0.1,
    }
    assert warnings_of(tmp_path, csv_text(FRAME), sides={"items": items}, **described) == [
        f"items.features.empty has no value for any of {len(ids)} items.",
        f"items.features.price in input/dataset.json is of type number, but 1 of {len(ids)} values "
        f"({1 / len(ids):.2%}) are no numbers, most frequently 'call us' (1 in input/items/a.csv line 2). They are "
        "treated as missing.",
        f"No value of items.features.tags is divided by '|', but {len(ids)} have ',' in them: if that divides them, "
        'set "separator": "," in dataset.json.',
    ]


def test_names_in_rules_that_nothing_has(tmp_path):
    rules = {"exclude": ["gone", "i001"]}
    assert warnings_of(tmp_path, csv_text(FRAME), request={"rules": rules}) == [
        "The rule exclude names 1 that the data does not know: 'gone'."
    ]
