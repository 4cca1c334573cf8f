"""Rows of forgotten users are nowhere in prepare's output, and are counted."""

import hashlib
from pathlib import Path

import pytest

from containers.prepare.validation.forgotten_rows import WrongForgottenUsers
from contract.forgotten_users import ForgottenUsers
from tests.unit.containers.prepare.job import Prepared, run_prepare

COLUMNS = {"user": "who", "item": "what", "value": "stars", "reject_limit": 0.5}
SALT = "5a17"


def forgotten(*users: str) -> ForgottenUsers:
    """By the formula in docs/operate.md."""
    return {"salt": SALT, "users": sorted(hashlib.sha256(f"{SALT}:{user}".encode()).hexdigest() for user in users)}


def rows(*more: str) -> str:
    kept = [f"u{n % 5},i{n},{n % 5}" for n in range(40)]
    return "\n".join(["who,what,stars", *kept, *more, ""])


def written(done: Prepared) -> bytes:
    """All output of the job, uncompressed."""
    users = "\n".join(done.index("users").user.tolist())
    return (users + str(done.rejected) + str(done.rejected_in("rejected/users")) + str(done.summary)).encode()


def test_a_forgotten_users_rows_are_left_out_counted_and_reported(tmp_path: Path) -> None:
    text = rows("gone,i1,5", " gone ,i2,5", "gone,i3,no number", "gone,,1", "u1,i1,no number")
    done = run_prepare(tmp_path, {"a.csv": text}, dataset=COLUMNS, forgotten=forgotten("gone", "never there"))
    assert done.summary["status"] == "ready", done.summary["reasons"]
    assert done.summary["rows"] == {"read": 45, "forgotten": 4, "rejected": 1, "duplicates": 0, "interactions": 40}
    assert done.summary["users"] == 5
    assert b"gone" not in written(done)
    reported = "4 rows of forgotten users were left out: leave them out of the next export."
    assert reported in done.summary["warnings"]
    refused = "1 of 41 rows were rejected: value is not a number (1)."
    assert refused in done.summary["warnings"]


def test_where_nobody_was_forgotten_nothing_is_counted(tmp_path: Path) -> None:
    done = run_prepare(tmp_path, {"a.csv": rows()}, dataset=COLUMNS)
    assert "forgotten" not in done.summary["rows"]
    done = run_prepare(tmp_path, {"a.csv": rows()}, dataset=COLUMNS, forgotten=forgotten("gone"))
    assert done.summary["rows"]["forgotten"] == 0
    assert not [warning for warning in done.summary["warnings"] if "forgotten" in warning]


@pytest.mark.parametrize(
    ("user", "line"),
    [
        ("gone", "gone,i1,5,a field too many"),
        ("gone", '" gone ","i1","5","a field too many"'),
        ('of "quotes"', '"of ""quotes""",i1,5,a field too many'),
        ("with, comma", '"with, comma",i1,5,a field too many'),
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_if_any_of_its_texts_is_the_id(
    tmp_path: Path, user: str, line: str
) -> None:
    done = run_prepare(tmp_path, {"a.csv": rows(line, "u1,i1,5,too,many")}, dataset=COLUMNS, forgotten=forgotten(user))
    assert (done.summary["rows"]["forgotten"], done.summary["rows"]["rejected"]) == (1, 1)
    assert user.encode() not in written(done)


def test_the_users_own_files_lose_their_rows_too(tmp_path: Path) -> None:
    described = {**COLUMNS, "users": {"id": "id", "features": {"kind": "category"}}}
    users = "id,kind\n" + "".join(f"u{n},a\n" for n in range(5)) + "gone,only of the one who is gone\n"
    done = run_prepare(
        tmp_path, {"a.csv": rows()}, dataset=described, users={"u.csv": users}, forgotten=forgotten("gone")
    )
    assert done.summary["status"] == "ready", done.summary["reasons"]
    assert done.summary["users"] == 5
    assert b"gone" not in written(done)


def test_an_item_of_the_same_id_stays(tmp_path: Path) -> None:
    done = run_prepare(tmp_path, {"a.csv": rows()}, dataset=COLUMNS, forgotten=forgotten("i1"))
    assert (done.summary["rows"]["forgotten"], done.summary["items"]) == (0, 40)


def test_data_of_forgotten_users_alone_is_refused(tmp_path: Path) -> None:
    everybody = forgotten(*(f"u{n}" for n in range(5)))
    done = run_prepare(tmp_path, {"a.csv": rows()}, dataset=COLUMNS, forgotten=everybody)
    assert done.summary["status"] == "refused"


def test_another_list_than_the_planned_one_fails_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.contract.made_plan.note_of", lambda _: {"users": 1, "sha256": "another"})
    with pytest.raises(WrongForgottenUsers, match="not the one that the run was planned with"):
        run_prepare(tmp_path, {"a.csv": rows()}, dataset=COLUMNS, forgotten=forgotten("gone"))
    with pytest.raises(WrongForgottenUsers, match="cannot be read"):
        run_prepare(tmp_path, {"a.csv": rows()}, dataset=COLUMNS)
