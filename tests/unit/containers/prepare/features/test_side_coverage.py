"""User and item files that do not match the interactions: warned about, and refused if nothing matches."""

import pytest

from tests.unit.containers.prepare.job import COLUMNS, Prepared, csv_text, random_interactions, run_prepare

FRAME = random_interactions(4, users=30, items=40, rows=800)
IDS = sorted(set(FRAME.item))


def prepared(root, ids: list[str], interactions=None, **described) -> Prepared:
    """Items with those ids, each of one of two brands."""
    dataset = {
        **COLUMNS,
        "items": {"id": "id", "features": {"brand": "category"}},
        **described,
    }
    rows = "".join(f'"{each}",b{n % 2}\n' for n, each in enumerate(ids))
    text = interactions or {"a.csv": csv_text(FRAME)}
    return run_prepare(root, text, dataset=dataset, items={"i.csv": "id,brand\n" + rows})


def test_files_that_describe_everything_and_more_are_fine(tmp_path):
    done = prepared(tmp_path, [*IDS, *(f"never sold {n}" for n in range(5_000))])
    assert (done.summary["status"], done.summary["warnings"]) == ("ready", [])


def test_a_few_items_are_warned_of_and_not_refused(tmp_path):
    done = prepared(tmp_path, IDS[-4:])
    (warning,) = done.summary["warnings"]
    share = FRAME.drop_duplicates(["user", "item"]).item.isin(IDS[-4:]).mean()
    assert warning.startswith(
        "The files under input/items/ describe 4 items, 4 of which have interactions; of the interactions "
        f"{share:.2%} are with a described item (4 of {len(IDS)});"
    )


def test_a_few_new_items_alone_are_warned_of(tmp_path):
    done = prepared(tmp_path, ["lamp", "sofa", "chair"])
    assert done.summary["status"] == "ready"
    assert "describe 3 items, none of which has interactions" in done.summary["warnings"][0]
    assert "'lamp', 'sofa', 'chair'" in done.summary["warnings"][0]


def test_files_of_something_else_are_refused_with_ids_of_both_sides(tmp_path):
    done = prepared(tmp_path, [f"{chr(97 + n)}-sofa" for n in range(20)])
    (reason,) = done.summary["reasons"]
    often = FRAME.drop_duplicates(["user", "item"]).item.value_counts().index[0]
    assert f"the interactions have '{often}'" in reason
    assert "the files 'a-sofa', 'b-sofa', 'c-sofa'" in reason
    assert "items.id in input/dataset.json names the wrong column" in reason


def test_a_match_or_two_in_a_thousand_is_an_accident(tmp_path):
    many = {"a.csv": "user,item,time\n" + "".join(f"u{n % 50},{1_000 + n % 500},{n}\n" for n in range(3_000))}
    others = [str(n) for n in range(100_000, 101_000)]
    done = prepared(tmp_path, [*others, "1001", "1002"], many)
    assert "2 of which have interactions; of the interactions 0.40% are with" in done.summary["reasons"][0]
    assert prepared(tmp_path, [*others, *(str(n) for n in range(1_001, 1_012))], many).summary["status"] == "ready"


WRITINGS = [
    (lambda n: f"Ab{n}", lambda n: f"aB{n}", "upper and lower case"),
    (lambda n: f"{n + 1}", lambda n: f"{n + 1:08d}", "leading zeros"),
    (lambda n: f"{n}", lambda n: f"{n}.0", "a decimal point and zeros behind it"),
    (lambda n: f"caf\u00e9 {n}", lambda n: f"cafe\u0301 {n}", "the Unicode form of accents"),
    (lambda n: f"{n:04d}-ab-{n}", lambda n: f"{{{n:04d}AB{n}}}", "punctuation, blanks or case"),
    (lambda n: f"SKU{n}", lambda n: f"product/{n}", "what comes before the last digits"),
    (lambda n: f"{n}-red", lambda n: f"{n}", "what comes after the first digits"),
]


@pytest.mark.parametrize(("ours", "theirs", "reported"), WRITINGS, ids=[reported for *_, reported in WRITINGS])
def test_ids_that_are_written_differently_are_refused_however_few_and_the_difference_is_named(
    tmp_path, ours, theirs, reported
):
    text = {"a.csv": "user,item,time\n" + "".join(f'u{n % 5},"{ours(n % 8)}",{n}\n' for n in range(40))}
    done = prepared(tmp_path, [theirs(n) for n in range(8)], text)
    (reason,) = done.summary["reasons"]
    assert reason.split("only by ")[1].split(";")[0] == reported
    assert f"{ours(0)!r}" in reason
    assert f"{theirs(0)!r}" in reason


def test_users_files_are_measured_too(tmp_path):
    dataset = {
        **COLUMNS,
        "users": {"id": "id", "features": {"land": "category"}},
    }
    users = {"u.csv": "id,land\n" + "".join(f"USER-{n},FR\n" for n in range(50))}
    done = run_prepare(tmp_path, {"a.csv": csv_text(FRAME)}, dataset=dataset, users=users)
    assert (
        "the files under input/users/ describe 50 users, none of which has interactions" in done.summary["reasons"][0]
    )


def test_refused_rows_count_against_the_limit_and_below_it_are_warned_of(tmp_path):
    good = "".join(f"{each},b{n % 2}\n" for n, each in enumerate(IDS))
    dataset = {
        **COLUMNS,
        "items": {"id": "id", "features": {"brand": "category"}},
    }

    def items(text: str, limit: float) -> Prepared:
        given = {**dataset, "reject_limit": limit}
        return run_prepare(tmp_path, {"a.csv": csv_text(FRAME)}, dataset=given, items={"i.csv": "id,brand\n" + text})

    bad = ",b1\nx\nx\n"
    rows = len(IDS) + 3
    (reason,) = items(good + bad, 0.05).summary["reasons"]
    assert reason == (
        f"3 of {rows} rows under input/items/ ({3 / rows:.2%}) were rejected, more than the reject_limit of 0.05 "
        f"allows: too few fields 2, missing item id 1; the most frequent: input/items/i.csv line {len(IDS) + 3}: too "
        f'few fields: "x" and 1 more like it; input/items/i.csv line {len(IDS) + 2}: missing item id: {{"item": ""}}; '
        "all of them are under runs/20261123t030000120-a9711f/rejected/items/; quote the fields that hold line ends, "
        "and make other files of rows with another delimiter, or raise reject_limit in input/dataset.json"
    )
    assert items(good + bad, 0.1).summary["warnings"] == [
        f"3 of {rows} rows under input/items/ were rejected: too few fields (2), missing item id (1)."
    ]
    assert "not one of 3 rows under input/items/ is left" in items(bad, 1).summary["reasons"]
    assert items("", 1).summary["reasons"] == [
        "input/items/ holds no row, only headers; upload the file again, or take it out of input/dataset.json"
    ]
