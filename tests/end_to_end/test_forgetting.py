"""A forgotten user is found nowhere again; and a run without anything new does nothing. The tests run in order."""

import gzip
import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.documents_of_users import places_of_users
from contract.recommendation_table import FORGOTTEN_PARTITION, SALT_KEY
from contract.run_layout import ERASURES_PREFIX, RUNS_PREFIX, SCRATCH_PREFIX
from local_aws.door import HOOK
from tests import engine_hook
from tests.end_to_end.conftest import DATASET, SMALL, Checkerboard, Run, Tool, new_home, write_data
from tests.end_to_end.recorded_access import Roles, without_need
from tests.infrastructure.documented_permissions import DOCUMENTED, ELSEWHERE
from topx import embedded_aws
from topx.local_deployment import connection
from workflow.stage import ANY_RUN

BOARD = Checkerboard()
# No other user or item has such an id: wherever it is found, it is this user. Pages and JSON escape it.
WHO = 'plänted <user> "7"'
_FORMS = {WHO, html.escape(WHO), json.dumps(WHO)[1:-1], json.dumps(WHO, ensure_ascii=False)[1:-1]}
REQUEST = {**SMALL, "epochs": 4, "gate": "off", "refit": True}


@pytest.fixture(scope="module")
def topx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    """A separate home: everything in its bucket and table belongs to these tests. All calls of roles are recorded."""
    home = tmp_path_factory.mktemp("forgetting-home")
    with new_home(home) as tool, pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOOK, engine_hook.NAME)
        patch.setenv(engine_hook.ACCESS_RECORD, str(home / "access.jsonl"))
        yield tool


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The board, on which one user has a distinctive id, the most interactions, and some rejected rows."""
    folder: Path = tmp_path_factory.mktemp("planted") / "data"
    rows = [(WHO if user == "u7" else user, item, value, then) for user, item, value, then in BOARD.rows()]
    refused = [(WHO, "", "1.0", "1700000000"), (WHO, "i1", "one", "1700000000"), (WHO, "i1", "1.0", "1", "too much")]
    written = write_data(folder, [*rows, *refused], {**DATASET, "reject_limit": 0.5, "users": USERS})
    (folder / "users").mkdir()
    (folder / "users" / "a.csv").write_text(
        "id,colour\n" + "".join(f"{_quoted(user)},{'black'}\n" for user in (*(f"u{n}" for n in range(6)), WHO)),
        encoding="utf-8",
    )
    return written


USERS = {"id": "id", "features": {"colour": "category"}}


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.fixture(scope="module")
def first(topx: Tool, folder: str) -> Run:
    run = topx.run("--data", folder, **REQUEST)
    assert run.record["status"] == "published", run.out + run.err
    return run


def found(topx: Tool) -> dict[str, set[str]]:
    """Every place with the id: objects outside input/, and items of the table."""
    keys = [key for key in topx.keys("") if not key.startswith("input/")]
    objects = {key for key in keys if _names(key.encode()) or _names(_plain(topx.body(key)))}
    items = [item for page in _pages(topx) for item in page["Items"]]
    reported = {f"{item['pk']} {item['version']}" for item in items if _names(json.dumps(item, default=str).encode())}
    return {"objects": objects, "items": reported}


def _pages(topx: Tool) -> Iterator[dict[str, Any]]:
    yield from topx.deployment.table.meta.client.get_paginator("scan").paginate(TableName=topx.deployment.table_name)


def _plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _names(body: bytes) -> bool:
    return any(form.encode() in body for form in _FORMS)


def test_the_user_is_in_many_places(topx: Tool, first: Run) -> None:
    """The places that must be empty in the test below: the documents about users, and the index in scratch."""
    objects, items = found(topx).values()
    layout = first.layout
    for place in (layout.parts, layout.published_lists, layout.rejected, layout.evaluated_lists, layout.index):
        assert any(key.startswith(place) for key in objects), place
    assert items == {f"user#{WHO} {layout.run_id}"}


def test_the_same_data_again_is_nothing_new(topx: Tool, first: Run) -> None:
    before = topx.published()
    again = topx.run(**REQUEST, force=False)
    assert (again.code, again.record["status"], again.record["version"]) == (0, "unchanged", None), (
        again.out + again.err
    )
    assert list(again.record["seconds"]) == ["Plan the run", "Dry run?", "Anything new?", "Nothing new"]
    assert again.record["unchanged"]["version"] == first.record["version"]
    assert f"Nothing new since {again.record['unchanged']['published_at'][:10]}" in again.out
    assert '"force": true' in again.out
    assert topx.published() == before
    (newest, *_) = json.loads(topx("runs", "--json").out)
    assert (newest["run_id"], newest["status"]) == (again.record["run_id"], "unchanged")
    assert topx("watch").code == 0
    planned = topx.run(**REQUEST, force=False, dry_run=True)
    assert (planned.record["status"], "with nothing new since" in planned.out) == ("planned", True)


def test_a_run_that_goes_on_is_not_erased_beside(topx: Tool, first: Run) -> None:
    place = topx.deployment
    given = json.dumps({**REQUEST, "force": True})
    place.states.start_execution(stateMachineArn=place.state_machine, name="going-on", input=given)
    refused = topx("forget", WHO)
    assert (refused.code, "RunInProgress: going-on is in progress" in refused.err) == (1, True), refused.err
    assert [item for page in _pages(topx) for item in page["Items"] if item["pk"] == FORGOTTEN_PARTITION] == []
    assert topx("cancel", "going-on").code == 0
    assert f"user#{WHO} {first.layout.run_id}" in found(topx)["items"]


def test_a_user_who_is_forgotten_is_found_nowhere(topx: Tool, first: Run) -> None:
    others = {user: lists for user, lists in topx.published().lists.items() if user != WHO}
    ran = topx("forget", WHO, "--by", "the data protection officer", "--json")
    assert ran.code == 0, ran.err
    assert found(topx) == {"objects": set(), "items": set()}
    record = json.loads(ran.out)
    assert record["finished"]
    assert record["versions"] == [first.layout.run_id]
    assert record["unknown"] == []
    stored = json.loads(topx.body(record["record"].split("/", 3)[3]))
    assert stored == {name: value for name, value in record.items() if name != "record"}
    assert topx.keys(SCRATCH_PREFIX) == []
    assert topx.published().lists == others
    lists = [json.loads(line) for key in topx.keys(first.layout.published_lists) for line in _lines(topx, key)]
    assert {line["user"] for line in lists} == set(others)
    kept = [item["pk"] for page in _pages(topx) for item in page["Items"]]
    assert (kept.count(FORGOTTEN_PARTITION), kept.count(SALT_KEY["pk"])) == (1, 1)


def _lines(topx: Tool, key: str) -> list[bytes]:
    return gzip.decompress(topx.body(key)).splitlines()


def test_the_next_run_is_of_the_same_data_without_the_user(topx: Tool, first: Run) -> None:
    """Even without force: a newly forgotten user counts as something new."""
    run = topx.run(**REQUEST, force=False)
    assert run.record["status"] == "published", run.out + run.err
    assert found(topx) == {"objects": set(), "items": set()}
    assert any("rows of forgotten users were left out" in warning for warning in run.record["warnings"])
    rows = json.loads(topx.body(run.layout.summary))["rows"]
    assert (rows["forgotten"], rows["rejected"]) == (BOARD.taken + 3, 0)
    assert run.record["users"] == first.record["users"] - 1
    assert topx.run(**REQUEST, force=False).record["status"] == "unchanged"


def test_a_version_that_was_erased_from_can_be_served_again_and_retired(topx: Tool, first: Run) -> None:
    assert topx("rollback", first.record["version"]).code == 0
    shown = json.loads(topx("recommend", WHO, "--json").out)
    assert (shown["version"], shown["fallback"]) == (first.record["version"], {"column": None, "value": None})
    assert len(topx.published().lists) == BOARD.users - 1


def test_forgetting_again_finds_nothing_more(topx: Tool, first: Run) -> None:
    ran = topx("forget", WHO)
    assert ran.code == 0, ran.err
    assert "Forgot user" in ran.out
    assert len(topx.keys(ERASURES_PREFIX)) == 1
    assert [key for key in topx.keys(RUNS_PREFIX) if _names(key.encode())] == []


def test_every_permission_of_the_function_is_needed(topx: Tool, first: Run) -> None:
    """The same as test_interruptions.py does for the others. Which documents name a user depends on the data."""
    running = embedded_aws.status()
    assert running is not None
    roles = Roles.of(connection(running.endpoint, running.region, running.administrator), "topx")
    permissions = [permission for permission in roles.permissions() if permission.role == ELSEWHERE]
    unneeded = without_need(permissions, roles.calls(topx.home / "access.jsonl"))
    documented = {statement for role, statement, _ in DOCUMENTED if role == ELSEWHERE}
    left = {(statement, part) for _, statement, part in unneeded if statement not in documented}
    bucket = next(p.resource for p in permissions if p.statement == "DeleteScratch").partition("/")[0]
    holding = {f"{bucket}/{place}{'*' * place.endswith('/')}" for place in places_of_users(ANY_RUN)}
    assert {part for statement, part in left} <= holding, left
    assert {statement for statement, _ in left} <= {"ReadWhatHoldsUsers", "RewriteWhatHoldsUsers"}
