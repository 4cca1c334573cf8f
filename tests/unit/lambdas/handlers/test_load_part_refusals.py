"""Parts that are not loaded: the loader names the error, and writes nothing."""

from typing import Any

import pytest

from contract.refusal import PublishRefused
from contract.stored_object import DamagedObject
from lambdas.handlers.load_part import handler
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.loaded_part import LAYOUT, refused
from tests.unit.lambdas.part_in_bucket import PART, RUN_ID, SmallPart, packed


@pytest.mark.parametrize("rows", [29, 31])
def test_too_few_and_too_many_rows_are_refused(aws: Aws, rows: int) -> None:
    part = SmallPart()
    part.put(aws, (part.answers() * 2)[:rows])
    refused(
        aws,
        part,
        f"part-00002's rows must be the same number everywhere, got 30 by header and {rows} by transform_output",
    )


def test_sizes_that_differ_are_refused(aws: Aws) -> None:
    part = SmallPart()
    part.put(aws)
    for name, value in (("users", 31), ("first", 59)):
        other = {"run_id": RUN_ID, "part": part.entry() | {name: value}}
        refused(aws, part, f"must be the same number everywhere, got {value} by manifest and", other)
    cut_off = packed(part.header(), *part.user_lines()[:-1])
    aws.put(LAYOUT.part(PART), cut_off)
    with pytest.raises(PublishRefused, match="must list 30 users, as its header says, got 29"):
        handler(part.event(part=cut_off), None)


def test_a_catalogue_of_another_size_is_refused(aws: Aws) -> None:
    part = SmallPart()
    part.item_ids.pop()
    part.put(aws)
    refused(aws, part, "the catalogue must be the same number everywhere, got 79 by item_ids and 80 by header")


def test_another_runs_part_is_refused(aws: Aws) -> None:
    part = SmallPart()
    part.put(aws)
    others = packed({**part.header(), "run_id": "20200101t000000000-000000"}, *part.user_lines())
    aws.put(LAYOUT.part(PART), others)
    refused(aws, part, "says that it is 'part-00002' of run '20200101t000000000-000000'", part.event(part=others))


def test_the_plan_of_another_run_is_refused_by_name(aws: Aws) -> None:
    """With a matching hash in parts.json: it replaced the run's own plan before extract read it."""
    part = SmallPart()
    part.put(aws)
    others = part.files()["plan"][1].replace(RUN_ID.encode(), b"20200101t000000000-000000")
    aws.put(LAYOUT.plan, others)
    refused(aws, part, f"{LAYOUT.plan} must be the plan of this run, got that of '2020", part.event(plan=others))


@pytest.mark.parametrize("name", ["part", "rows", "item_ids", "item_rows", "plan"])
def test_a_file_with_another_hash_than_in_parts_json_is_refused(aws: Aws, name: str) -> None:
    part = SmallPart()
    part.put(aws)
    key, body = part.files()[name]
    aws.put(key, body[:-1])
    refused(aws, part, f"s3://{aws.bucket}/{key} must have the SHA-256 {part.entry()['sha256'][name]}")
    aws.s3.delete_object(Bucket=aws.bucket, Key=key)
    refused(aws, part, f"s3://{aws.bucket}/{key} is missing")


@pytest.mark.parametrize("body", [b"", b"\x1f\x8b", b"plain text", packed({"part": PART})[:-9]])
def test_a_part_file_that_cannot_be_unpacked_is_named(aws: Aws, body: bytes) -> None:
    part = SmallPart()
    part.put(aws)
    aws.put(LAYOUT.part(PART), body)
    with pytest.raises(
        DamagedObject, match=f"{PART}.jsonl.gz of run {RUN_ID} (is empty|cannot be unpacked|lacks the field)"
    ):
        handler(part.event(part=body), None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sha256": None}, "must have the SHA-256 of part, rows, item_ids"),
        ({"users": True}, "must have a whole number of at least 1 as users, got True"),
        ({"first": -1}, "must have a whole number of at least 0 as first, got -1"),
        ({"extra": 1}, "must have the fields part, first, users, sha256"),
    ],
)
def test_an_entry_that_extract_never_writes_is_refused(aws: Aws, change: dict[str, Any], words: str) -> None:
    part = SmallPart()
    part.put(aws)
    refused(aws, part, words, {"run_id": RUN_ID, "part": part.entry() | change})


def test_a_single_wrong_label_far_from_every_probe_is_refused(aws: Aws) -> None:
    part = SmallPart()
    answers = part.answers()
    answers[7]["labels"][-2] = float(part.ranked(7)[-1])
    part.put(aws, answers)
    refused(aws, part, f"row 7 of {PART} is not proven: item {part.ranked(7)[-1]} has")


def test_an_item_that_no_list_may_hold_is_refused(aws: Aws) -> None:
    part = SmallPart(hidden=frozenset({4}))
    answers = part.answers()
    row = max(range(6, 29), key=lambda row: part.products[row, 4])
    answers[row]["labels"][-1], answers[row]["distances"][-1] = 4.0, float(part.products[row].max())
    part.put(aws, answers)
    refused(aws, part, "the product of their vectors is nan")


def test_a_user_who_is_there_twice_is_refused(aws: Aws) -> None:
    part = SmallPart(names=lambda row: f"user {min(row, 28)}")
    part.put(aws)
    with pytest.raises(PublishRefused, match="has the user 'user 28' twice"):
        handler(part.event(), None)
    assert not aws.keys(LAYOUT.receipts)


def test_a_missing_part_file_is_refused(aws: Aws) -> None:
    part = SmallPart()
    part.put(aws)
    aws.s3.delete_object(Bucket=aws.bucket, Key=LAYOUT.part(PART))
    refused(aws, part, "parts/part-00002.jsonl.gz is missing")


def test_a_heavy_user_without_an_exact_list_is_refused(aws: Aws) -> None:
    part = SmallPart()
    part.put(aws)
    lines = [{"user": line["user"], "seen": line["seen"]} for line in part.user_lines()]
    without = packed(part.header(), *lines)
    aws.put(LAYOUT.part(PART), without)
    event = part.event(part=without)
    refused(aws, part, "'user 3' must have 10 items (80 may be shown, 50 seen), got 0", event)
