"""Data that is no longer what the run was planned for when prepare has read it."""

from collections.abc import Callable
from typing import Any

import pytest

from contract import input_changes
from contract.refusal import InputRefused
from contract.run_layout import RunLayout
from lambdas.handlers import plan_training
from lambdas.planning import input_snapshot
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import SUMMARY, changed, plan, run_id

DAY = 23
FIX = "; upload all data, input/dataset.json last, and start another run"


@pytest.fixture
def read(aws: Aws) -> Aws:
    """A bucket after prepare has just finished."""
    documents = JsonDocuments(aws.s3, aws.bucket)
    aws.put("input/interactions/a.csv", "u,i\n1,2\n")
    aws.put("input/interactions/b.csv", "u,i\n3,4\n")
    aws.put("input/items/films.csv", "i,title\n2,x\n")
    aws.put("input/users/people.csv", "u,age\n1,30\n")
    aws.put_json(
        "input/dataset.json",
        {
            "user": "u",
            "item": "i",
            "items": {"id": "i", "title": "title"},
            "users": {"id": "u", "features": {"age": "number"}},
        },
    )
    found = input_snapshot.take(documents, "implicit")
    layout = RunLayout(aws.bucket, run_id(DAY))
    aws.put_json(layout.plan, changed(plan(DAY), input=found.objects()))
    aws.put_json(layout.summary, SUMMARY)
    return aws


def state() -> dict[str, Any]:
    return plan_training.handler({"run_id": run_id(DAY), "status": "Completed"}, None)


CHANGES: dict[str, tuple[Callable[[Aws], object], str]] = {
    "same size, other content": (
        lambda aws: aws.put("input/interactions/a.csv", "u,i\n1,3\n"),
        "input/interactions/a.csv was replaced",
    ),
    "vanished": (
        lambda aws: aws.s3.delete_object(Bucket=aws.bucket, Key="input/interactions/b.csv"),
        "input/interactions/b.csv vanished",
    ),
    "appeared": (
        lambda aws: aws.put("input/interactions/2026/c.csv", "u,i\n5,6\n"),
        "input/interactions/2026/c.csv appeared",
    ),
    "emptied": (lambda aws: aws.put("input/interactions/b.csv", ""), "input/interactions/b.csv vanished"),
    "a user": (lambda aws: aws.put("input/users/people.csv", "u,age\n1,31\n"), "input/users/people.csv was replaced"),
    "a title": (lambda aws: aws.put("input/items/films.csv", "i,title\n2,y\n"), "input/items/films.csv was replaced"),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_change_ends_the_run_naming_the_object(read: Aws, name: str) -> None:
    change, words = CHANGES[name]
    change(read)
    with pytest.raises(InputRefused) as refusal:
        state()
    assert str(refusal.value) == f"InputRefused: the data changed during the run: {words}{FIX}"


def test_a_change_is_reported_before_what_prepare_made_of_the_mixture(read: Aws) -> None:
    refused = {"status": "refused", "reasons": ["a.csv is truncated"], "rows": {"rejected": 0}}
    read.put_json(RunLayout(read.bucket, run_id(DAY)).summary, refused)
    with pytest.raises(InputRefused, match="truncated"):
        state()
    read.put("input/interactions/a.csv", "u,i\n")
    with pytest.raises(InputRefused, match="changed during the run"):
        state()


def test_what_is_no_data_or_the_same_again_is_no_change(read: Aws) -> None:
    read.put("input/interactions/a.csv", "u,i\n1,2\n")
    read.put("input/interactions/_SUCCESS", "done")
    read.put("input/interactions/empty.csv", "")
    read.put("input/notes.txt", "hello")
    read.put_json("input/dataset.json", {"user": "u", "item": "i"})  # plan.json holds what it was
    assert state()["channels"]


def test_items_that_the_data_set_does_not_name_may_change(aws: Aws, read: Aws) -> None:
    layout = RunLayout(read.bucket, run_id(DAY))
    planned = read.get_json(layout.plan)
    read.put_json(
        layout.plan, changed(planned, input={"objects": planned["input"]["objects"], "items": [], "users": []})
    )
    read.put("input/items/films.csv", "other")
    assert state()["channels"]


def test_many_changes_are_reported_briefly() -> None:
    planned = {f"input/interactions/{n:03d}": n for n in range(500)}
    reported = input_changes.fault(planned, {}) or ""
    assert reported.endswith(f"input/interactions/004 and 495 more vanished{FIX}")
    assert len(reported) < 400
    assert input_changes.fault(planned, dict(reversed(planned.items()))) is None
