"""Forgetting a user: what is deleted, what is kept, what it waits for, and that it may be interrupted anywhere."""

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from contract.forgotten_users import hashed
from contract.recommendation_table import FORGOTTEN_PARTITION, SALT_KEY, user_key
from contract.refusal import InputRefused, PublishRefused, RequestRefused
from contract.run_layout import RUNS_PREFIX, RunLayout, erasure
from lambdas import aws_clients
from lambdas.forgetting.running_executions import RunInProgress
from lambdas.handlers import forget_user, plan_training, publish_version, retire_part, rollback
from tests.unit.lambdas import planning
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import SUMMARY, loaded, plan, publishing, run_id

WHO, OTHERS = "ü 1", [f"ü {number}" for number in (0, 2, 3, 4, 5)]
_DEFINITION = {
    "StartAt": "Which?",
    "States": {
        "Which?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.wait", "BooleanEquals": True, "Next": "Wait"}],
            "Default": "End",
        },
        "Wait": {"Type": "Wait", "Seconds": 300, "End": True},
        "End": {"Type": "Succeed"},
    },
}


@pytest.fixture
def machines(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The run's and the one after publishing; their executions end with the test."""
    role = "arn:aws:iam::000000000000:role/any"
    arns = [
        aws.states.create_state_machine(
            name=f"{aws.bucket}-{number}", definition=json.dumps(_DEFINITION), roleArn=role
        )["stateMachineArn"]
        for number in range(2)
    ]
    monkeypatch.setenv("STATE_MACHINE", arns[0])
    monkeypatch.setenv("AFTER_PUBLISHING", arns[1])
    monkeypatch.setenv("KEEP_LOGS_DAYS", "90")
    yield arns
    for arn in arns:
        for execution in aws.states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
            aws.states.stop_execution(executionArn=execution["executionArn"])


@pytest.fixture
def two(aws: Aws, machines: list[str]) -> Aws:
    """Two published versions with all their documents, and scratch files."""
    for day in (9, 16):
        layout = loaded(aws, day)
        for number in range(2):
            users = [f"ü {n}" for n in range(3 * number, 3 * number + 3)]
            header = {
                "part": f"part-{number:05d}",
                "run_id": layout.run_id,
                "users": 3,
                "first": 3 * number,
                "probes": [],
            }
            packed = gzip.compress(
                "\n".join(map(json.dumps, [header, *({"user": u, "seen": []} for u in users)])).encode()
            )
            aws.put(layout.part(f"part-{number:05d}"), packed)
        publish_version.handler(publishing(day), None)
        aws.put_json(layout.examples, [{"user": WHO}, {"user": OTHERS[0]}])
        aws.put_json(layout.outcome, {"warnings": [f"User {WHO!r} has 60.0% of all interactions."]})
        aws.put(layout.report, f"<h3>User {WHO}</h3>")
        aws.put(layout.outcome_page, f"<h3>User {OTHERS[0]}</h3>")
        aws.put(f"{layout.rejected}part-00000.jsonl.gz", gzip.compress(json.dumps({"row": {"u": WHO}}).encode()))
        aws.put(f"{layout.index}users.parquet", WHO)
    return aws


def forget(user: Any = WHO, context: object = None, **event: Any) -> dict[str, Any]:
    return forget_user.handler({"user_id": user, **event}, context)


def everything(aws: Aws) -> str:
    """All bytes in the bucket, uncompressed, and all items of the table, as one text."""
    keys = aws.keys()
    bodies = [aws.get(key) for key in keys]
    plain = [gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in bodies]
    items = aws.table.scan()["Items"]
    return "\n".join([*keys, *(body.decode(errors="replace") for body in plain), *map(str, items)])


def named(text: str) -> bool:
    return WHO in text or json.dumps(WHO)[1:-1] in text


def test_nothing_is_left_of_the_user_and_everything_of_the_others(two: Aws) -> None:
    assert named(everything(two))
    record = forget(by="ada")
    assert not named(everything(two))
    assert record["finished"]
    assert record["versions"] == [run_id(9), run_id(16)]
    assert record["scratch"] == 2
    assert (record["older"], record["unknown"]) == (0, [])
    assert set(record["documents"].values()) == {"rewritten"}
    for day in (9, 16):
        layout = RunLayout(two.bucket, run_id(day))
        changed = {key for key in record["documents"] if key.startswith(layout.run)}
        places = (layout.part("part-00000"), layout.recommendations("part-00000"), layout.examples, layout.outcome)
        assert changed == {*places, layout.report, f"{layout.rejected}part-00000.jsonl.gz"}
        for user in OTHERS:
            assert two.table.get_item(Key=user_key(user, run_id(day)))["Item"]["items"] == ["a", "b"]


def test_the_record_and_the_list_know_the_user_by_a_salted_hash(two: Aws) -> None:
    record = forget(by="ada")
    salt = two.table.get_item(Key=SALT_KEY)["Item"]["salt"]
    assert len(salt) == 64
    assert record["user"] == hashed(salt, WHO)
    (entry,) = [item for item in two.table.scan()["Items"] if item["pk"] == FORGOTTEN_PARTITION]
    assert (entry["version"], entry["by"]) == (record["user"], "ada")
    stored = two.get_json(erasure(record["user"]))
    assert record == {"record": f"s3://{two.bucket}/{erasure(record['user'])}", **stored}
    assert any("point-in-time backups" in sentence for sentence in stored["remains"])


def test_asked_again_it_finds_nothing_more_and_keeps_who_asked_first(two: Aws) -> None:
    first = forget(by="ada")
    second = forget(by="bob")
    same = ("user", "versions", "documents", "scratch")
    assert {name: second[name] for name in same} == {name: first[name] for name in same}
    (entry,) = [item for item in two.table.scan()["Items"] if item["pk"] == FORGOTTEN_PARTITION]
    assert entry["by"] == "ada"


def test_a_version_that_was_erased_from_can_be_served_and_retired(two: Aws) -> None:
    forget()
    assert rollback.handler({"version": run_id(9), "by": "ada"}, None)["from"] == run_id(16)
    retired = retire_part.handler({"version": run_id(16), "part": "part-00000"}, None)
    assert retired["deleted"] == 2
    assert two.keys(RunLayout("", run_id(16)).lists_left) == []


def test_a_run_that_was_planned_before_neither_trains_nor_publishes(two: Aws) -> None:
    layout = loaded(two, 20)
    forget("somebody else")
    with pytest.raises(PublishRefused, match="planned with 0 forgotten users"):
        publish_version.handler(publishing(20), None)
    two.put_json(layout.plan, plan(20))
    two.put_json(layout.summary, SUMMARY)
    with pytest.raises(InputRefused, match="planned with 0 forgotten users"):
        plan_training.handler({"run_id": run_id(20), "status": "Completed"}, None)


def test_a_run_that_is_planned_later_has_the_list_among_its_inputs(two: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    planning.smallest(two, monkeypatch)
    state = planning.plan()
    assert "forgotten" not in [entry["InputName"] for entry in state["prepare"]["inputs"]]
    record = forget()
    forget("another")
    state = planning.plan(execution={**planning.EXECUTION, "arn": "later"})
    layout = RunLayout(two.bucket, state["run_id"])
    (entry,) = [entry for entry in state["prepare"]["inputs"] if entry["InputName"] == "forgotten"]
    assert entry["S3Input"]["S3Uri"] == f"s3://{two.bucket}/{layout.forgotten}"
    stored = two.get_json(layout.forgotten)
    assert len(stored["users"]) == two.get_json(layout.plan)["forgotten"]["users"] == 2
    assert record["user"] in stored["users"]


@pytest.mark.parametrize("number", [0, 1], ids=["the run", "after publishing"])
def test_while_a_run_goes_on_nobody_is_forgotten(two: Aws, machines: list[str], number: int) -> None:
    two.states.start_execution(stateMachineArn=machines[number], name="monday", input=json.dumps({"wait": True}))
    before = everything(two)
    with pytest.raises(RunInProgress, match="monday is in progress"):
        forget()
    assert everything(two) == before


def test_a_run_of_the_last_minutes_is_asked_for_by_its_name(two: Aws, machines: list[str]) -> None:
    def begun(execution: str) -> None:
        document = plan(16)
        document["execution"]["arn"] = execution
        two.put_json(RunLayout("", f"{time.strftime('%Y%m%dt%H%M%S000', time.gmtime())}-0a1b2c").plan, document)

    begun(f"{machines[0].replace(':stateMachine:', ':execution:')}:not-listed-yet")
    with pytest.raises(RunInProgress, match="has just started"):
        forget()
    over = two.states.start_execution(stateMachineArn=machines[0], input=json.dumps({"wait": False}))["executionArn"]
    deadline = time.monotonic() + 20
    while two.states.describe_execution(executionArn=over)["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for key in two.keys(RUNS_PREFIX):
        if key.endswith("-0a1b2c/plan.json"):
            two.s3.delete_object(Bucket=two.bucket, Key=key)
    begun(over)
    assert forget()["finished"]


def test_it_goes_on_where_its_time_was_over(two: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter([1000.0] * 12 + [10.0] * 1000)
    with monkeypatch.context() as patched:
        patched.setattr(aws_clients, "seconds_left", lambda _: next(calls))
        patched.setattr(aws_clients, "_left", _Endless())
        first = forget()
    assert not first["finished"]
    assert named(everything(two))
    assert run_id(9) in first["reached"]
    second = forget()
    assert second["finished"]
    assert set(first["documents"]) < set(second["documents"])
    assert not named(everything(two))


class _Endless:
    """Calls are not stopped for lack of time."""

    def get(self) -> Any:
        return lambda: float("inf")

    def set(self, _: object) -> None:
        pass


def test_a_bucket_with_versions_keeps_none_of_what_was_rewritten_or_deleted(two: Aws) -> None:
    two.s3.put_bucket_versioning(Bucket=two.bucket, VersioningConfiguration={"Status": "Enabled"})
    layout = RunLayout(two.bucket, run_id(16))
    two.put(layout.report, f"<h3>User {WHO}</h3><p>again</p>")
    two.put("input/interactions/a.csv", WHO)
    two.put("input/interactions/a.csv", "newer")
    record = forget()
    assert record["older"] > 0
    versions = two.s3.list_object_versions(Bucket=two.bucket)
    ours = [entry for entry in versions["Versions"] if not entry["Key"].startswith("input/")]
    assert ours
    assert all(entry["IsLatest"] for entry in ours)
    assert versions.get("DeleteMarkers", []) == []
    assert len(versions["Versions"]) - len(ours) == 2, "the input's history is its owner's"
    two.s3.delete_object(Bucket=two.bucket, Key="input/interactions/a.csv")
    assert not named(everything(two))


def test_what_is_damaged_is_deleted_and_what_is_not_topxs_is_reported(two: Aws) -> None:
    layout = RunLayout(two.bucket, run_id(9))
    two.put(layout.recommendations("part-00000"), b"no gzip")
    two.put(layout.report, b"\xff\xfe")
    two.put(f"{layout.run}notes.txt", "somebody's")
    record = forget()
    assert {key for key, done in record["documents"].items() if "damaged" in done} == {
        layout.recommendations("part-00000"),
        layout.report,
    }
    assert record["unknown"] == [f"{layout.run}notes.txt"]
    assert b"was erased" in two.get(layout.report)
    assert gzip.decompress(two.get(layout.recommendations("part-00000"))) == b""
    rollback.handler({"version": run_id(9), "by": "ada"}, None)
    assert retire_part.handler({"version": run_id(16), "part": "part-00000"}, None)["deleted"] == 2


@pytest.mark.parametrize("given", ["", " ", " a", "a\n", None, True, 1.5, ["a"], "x" * 2049])
def test_what_cannot_be_an_id_is_refused(two: Aws, given: object) -> None:
    with pytest.raises(RequestRefused, match="user_id "):
        forget(given)
    assert [item for item in two.table.scan()["Items"] if item["pk"] == FORGOTTEN_PARTITION] == []


def test_a_number_stands_for_its_digits(two: Aws) -> None:
    assert forget(17)["user"] == forget("17")["user"]
