"""Three weeks of a checkerboard: one is published, one refused because of its rows, and one compared with the first."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.recommendation_table import user_key
from contract.run_layout import RunLayout
from tests.end_to_end.conftest import COLUMNS, DATASET, SMALL, Checkerboard, Tool, new_home, write_data
from topx.actions.simulate import run_weeks
from topx.simulation.record import Record
from topx.simulation.week_slices import Slice, cut_into_weeks
from topx.terminal import Terminal

BOARD = Checkerboard()
DAYS = {"2023-11-18": range(5), "2023-11-20": range(5, 7), "2023-11-22": range(7, 9)}  # until → the steps of the board
BAD = 20
# The second week's share of rejected rows is above this, the third's below.
LIMIT = 0.06
GIVEN = {**SMALL, "gate": {"baseline": 0, "champion": 0}}


def rows(until: str) -> list[tuple[str, str, str, str]]:
    """The valid rows of a week."""
    first = 1_700_000_000
    return [row for row in BOARD.rows() if (int(row[3]) - first) // 86_400 in DAYS[until]]


@pytest.fixture(scope="module")
def topx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """A separate home: the first week is the first version published there."""
    with new_home(tmp_path_factory.mktemp("simulation-home")) as tool:
        yield tool


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> list[Slice]:
    folder = tmp_path_factory.mktemp("board")
    first, second, third = (rows(until) for until in DAYS)
    bad = [("u1", "i1", "1.0", f"bad {row}") for row in range(BAD)]
    write_data(folder / "data", [*first, *second, *bad, *third], {**DATASET, "reject_limit": LIMIT})
    return cut_into_weeks(folder / "data", folder / "weeks", weeks=3, days=2)


@pytest.fixture(scope="module")
def done(topx: Tool, slices: list[Slice], tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Record, Path]:
    folder = tmp_path_factory.mktemp("simulation")
    record = Record("board", 3, 2, GIVEN)
    with (folder / "said").open("w", encoding="utf-8") as said:
        code = run_weeks(Terminal(file=said, width=120), topx.deployment, slices, record, folder)
    return code, record, folder


def test_each_week_is_a_file_of_its_own(slices: list[Slice]) -> None:
    for added in slices:
        (file,) = (added.folder / "interactions").iterdir()
        with file.open(encoding="utf-8", newline="") as stream:
            header, *found = (tuple(row) for row in csv.reader(stream))
        assert header == COLUMNS
        assert [row for row in found if not row[3].startswith("bad")] == rows(added.until)
        assert sum(row[3].startswith("bad") for row in found) == (BAD if added.until == "2023-11-20" else 0)


def test_only_what_a_week_adds_is_uploaded(done: tuple[int, Record, Path], topx: Tool) -> None:
    data = [f"input/interactions/{until}.csv" for until in DAYS]
    assert topx.keys("input/") == ["input/dataset.json", *data]
    written = [topx.deployment.s3.head_object(Bucket=topx.deployment.bucket, Key=key)["LastModified"] for key in data]
    assert written[0] < written[1] < written[2]


def test_a_refused_week_leaves_the_version_before_to_be_compared_with(
    done: tuple[int, Record, Path], topx: Tool
) -> None:
    code, record, _ = done
    first, second, third = record.weeks
    assert code == 0
    assert [(week.until, week.status, week.why) for week in record.weeks] == [
        ("2023-11-18", "published", None),
        ("2023-11-20", "refused", "data"),
        ("2023-11-22", "published", None),
    ]
    assert (first.champion, first.not_comparable, first.overlap) == (None, "nothing is published yet", None)
    assert (second.popular, second.champion, second.overlap) == (None, None, None)
    metrics = json.loads(topx.body(RunLayout("", str(third.run_id)).metrics))
    assert metrics["champion"]["version"] == first.run_id
    pointer = topx.published().pointer
    assert pointer is not None
    assert pointer["current"] == third.run_id


def test_the_tables_numbers_are_those_of_data_and_runs(done: tuple[int, Record, Path], topx: Tool) -> None:
    _, record, _ = done
    first, _, third = record.weeks
    seen: set[str] = set()
    for week in record.weeks:
        of_week = rows(week.until)
        assert week.rows == len(of_week) + (BAD if week.status == "refused" else 0)
        seen |= {item for _, item, _, _ in of_week}
        if week.status == "published":
            assert (week.users, week.items) == (BOARD.users, len(seen))
    assert third.new_items is not None
    assert first.items is not None
    assert third.new_items == len(seen) - first.items
    for week in (first, third):
        metrics = json.loads(topx.body(RunLayout("", str(week.run_id)).metrics))
        assert week.popular is not None
        assert week.popular.model.value == metrics["model"]["ndcg@10"]
        assert week.popular.other.value == metrics["most_popular"]["ndcg@10"]
        assert [week.popular.model.low, week.popular.model.high] == metrics["intervals"]["model"]["ndcg@10"]
    assert third.champion is not None
    assert third.champion.other.value == metrics["champion"]["champion"]["ndcg@10"]
    assert third.champion.model.value == metrics["champion"]["model"]["ndcg@10"]
    assert third.champion.users == metrics["champion"]["users"] == BOARD.users


def test_the_overlap_is_that_of_the_tables_lists(done: tuple[int, Record, Path], topx: Tool) -> None:
    _, record, _ = done
    first, _, third = record.weeks

    def items(user: int, version: str | None) -> set[str]:
        found = topx.deployment.table.get_item(Key=user_key(f"u{user}", str(version)))["Item"]["items"]
        return {str(item) for item in found}

    shares = []
    for user in range(BOARD.users):
        before, after = items(user, first.run_id), items(user, third.run_id)
        shares.append(len(before & after) / max(len(before), len(after)))
    assert third.overlap == pytest.approx(sum(shares) / len(shares))
    assert third.overlapping == BOARD.users
    assert 0 < sum(shares) / len(shares) < 1  # otherwise it could be anything


def test_it_is_told_written_and_drawn(done: tuple[int, Record, Path], topx: Tool) -> None:
    _, record, folder = done
    said = (folder / "said").read_text(encoding="utf-8")
    assert "week 2 of 3, until 2023-11-20: refused (data) in " in said
    assert "refused: data" in said
    written = json.loads((folder / "simulation.json").read_text(encoding="utf-8"))
    assert (written["data"], written["given"]) == ("board", GIVEN)
    assert [week["run_id"] for week in written["weeks"]] == [week.run_id for week in record.weeks]
    assert "Until 20 November 2023: refused, data." in (folder / "simulation.html").read_text(encoding="utf-8")
    assert topx.keys("scratch/") == []
