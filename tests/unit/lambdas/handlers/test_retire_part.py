"""Deleting one part's lists of an old version."""

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.recommendation_table import POINTER_KEY
from contract.run_layout import RunLayout
from lambdas import aws_clients
from lambdas.handlers.retire_part import handler, retire_part
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.part_in_bucket import packed

OLD, NEW = "20261116t030000000-aaaaaa", "20261123t030000000-bbbbbb"
PART = "part-00000"
EVENT = {"version": OLD, "part": PART}
USERS = [f"user {number}" for number in range(59)] + ["火"]


@pytest.fixture
def two_versions(aws: Aws) -> Aws:
    """Sixty users with lists in both versions, one user of another part, and a pointer to the newer version."""
    header = {"part": PART, "run_id": OLD, "users": 60, "items": 5, "k": 5, "probes": []}
    lines = [{"user": user, "seen": []} for user in USERS]
    aws.put(RunLayout(aws.bucket, OLD).part(PART), packed(header, *lines))
    with aws.table.batch_writer() as writer:
        for version in (OLD, NEW):
            for user in [*USERS, "of another part"]:
                writer.put_item(Item={"pk": f"user#{user}", "version": version, "items": ["a"]})
        writer.put_item(Item={**POINTER_KEY, "current": NEW, "newest": NEW})
    return aws


def left(aws: Aws) -> list[tuple[str, str]]:
    """The keys in the table."""
    return sorted((item["pk"], item["version"]) for item in aws.table.scan()["Items"])


def test_the_parts_users_lose_their_old_lists_and_nothing_else(two_versions: Aws) -> None:
    assert handler(EVENT, None) == {**EVENT, "deleted": 60}
    due = [(f"user#{user}", NEW) for user in USERS]
    due += [("user#of another part", OLD), ("user#of another part", NEW), ("meta#current", "pointer")]
    assert left(two_versions) == sorted(due)


def test_twice_is_the_same_as_once(two_versions: Aws) -> None:
    handler(EVENT, None)
    once = left(two_versions)
    assert handler(EVENT, None) == {**EVENT, "deleted": 60}
    assert left(two_versions) == once


def test_the_current_version_is_never_deleted(two_versions: Aws) -> None:
    two_versions.table.put_item(Item={**POINTER_KEY, "current": OLD, "newest": NEW})
    before = left(two_versions)
    assert handler(EVENT, None)["deleted"] == 0
    assert left(two_versions) == before


def test_before_anything_was_published_leftovers_can_go(two_versions: Aws) -> None:
    two_versions.table.delete_item(Key=POINTER_KEY)
    assert handler(EVENT, None)["deleted"] == 60


def archive(aws: Aws, *lines: bytes) -> None:
    aws.put(RunLayout(aws.bucket, OLD).recommendations(PART), gzip.compress(b"\n".join(lines)))


@pytest.mark.parametrize("damage", [lambda packed: packed[:-20], lambda _: b"", lambda _: b"{}", lambda _: None])
def test_the_users_of_a_lost_file_are_those_of_the_published_lists(two_versions: Aws, damage: Any) -> None:
    key = RunLayout(two_versions.bucket, OLD).part(PART)
    damaged = damage(two_versions.get(key))
    if damaged is None:
        two_versions.s3.delete_object(Bucket=two_versions.bucket, Key=key)
    else:
        two_versions.put(key, damaged)
    archive(two_versions, *(json.dumps({"user": user, "items": []}).encode() for user in USERS))
    assert handler(EVENT, None)["deleted"] == 60
    assert {version for pk, version in left(two_versions) if pk != "user#of another part"} == {NEW, "pointer"}


NO_KEYS = {
    "too long": json.dumps({"user": "x" * 2044}),
    "half a surrogate pair": '{"user": "\\ud800"}',
    "a number": '{"user": 7}',
    "a list": '{"user": []}',
    "deeply nested": "[" * 100_000,
}


@pytest.mark.parametrize("damage", NO_KEYS)
def test_what_no_key_can_hold_is_a_damage_too(two_versions: Aws, damage: str) -> None:
    """DynamoDB would reject the whole batch, every week."""
    layout = RunLayout(two_versions.bucket, OLD)
    lines = gzip.decompress(two_versions.get(layout.part(PART))).splitlines()[:31]
    two_versions.put(layout.part(PART), gzip.compress(b"\n".join([*lines, NO_KEYS[damage].encode()])))
    archive(two_versions, NO_KEYS[damage].encode())
    assert handler(EVENT, None)["deleted"] == 30
    assert "beside 30" in two_versions.get_json(layout.lists_left_of(PART))["warning"]


def test_a_header_of_another_part_is_reported_whatever_it_says(two_versions: Aws) -> None:
    layout = RunLayout(two_versions.bucket, OLD)
    header = b'{"part": "\\ud800", "run_id": "x", "users": 1}'
    two_versions.put(layout.part(PART), gzip.compress(header))
    assert handler(EVENT, None)["deleted"] == 0
    assert r"says that it is '\ud800'" in two_versions.get_json(layout.lists_left_of(PART))["warning"]


def test_a_file_in_an_archive_class_is_named(two_versions: Aws) -> None:
    """S3's response to reading what a lifecycle rule has moved to Glacier."""

    class Archived:
        def get_object(self, **_: str) -> None:
            raise ClientError({"Error": {"Code": "InvalidObjectState", "Message": "no"}}, "GetObject")

        def put_object(self, **given: Any) -> None:
            two_versions.s3.put_object(**given)

    documents = JsonDocuments(Archived(), two_versions.bucket)
    client = aws_clients.impatient_table_client()
    assert retire_part(documents, client, two_versions.table_name, OLD, PART)["deleted"] == 0
    warning = two_versions.get_json(RunLayout(two_versions.bucket, OLD).lists_left_of(PART))["warning"]
    assert warning.count("must be restored first") == 2


@pytest.mark.parametrize("lost", [[], [b"{"]])
def test_where_both_are_lost_it_goes_on_with_a_warning(
    two_versions: Aws, lost: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    event = {"version": OLD, "part": "part-00009"}
    if lost:
        key = RunLayout(two_versions.bucket, OLD).recommendations("part-00009")
        two_versions.put(key, gzip.compress(lost[0]))
    before = left(two_versions)
    assert handler(event, None) == {**event, "deleted": 0}
    assert left(two_versions) == before
    assert "the users of part-00009 are unknown" in caplog.text
    reported = two_versions.get_json(RunLayout(two_versions.bucket, OLD).lists_left_of("part-00009"))
    assert reported["part"] == "part-00009"
    missing = "cannot be read" if lost else f"runs/{OLD}/recommendations/part-00009.jsonl.gz is missing"
    assert f"runs/{OLD}/parts/part-00009.jsonl.gz is missing" in reported["warning"]
    assert missing in reported["warning"]


def test_the_users_before_a_damage_lose_their_lists(two_versions: Aws) -> None:
    """Whatever is known is deleted: the first lines of a truncated file."""
    layout = RunLayout(two_versions.bucket, OLD)
    lines = gzip.decompress(two_versions.get(layout.part(PART))).splitlines(keepends=True)
    two_versions.put(layout.part(PART), gzip.compress(b"".join(lines[:31]) + b'{"user": "cut o'))
    assert handler(EVENT, None)["deleted"] == 30
    gone = {f"user#{user}" for user in USERS[:30]}
    assert gone.isdisjoint(pk for pk, version in left(two_versions) if version == OLD)
    assert "beside 30" in two_versions.get_json(layout.lists_left_of(PART))["warning"]


def test_what_was_deleted_whole_leaves_no_word(two_versions: Aws) -> None:
    handler(EVENT, None)
    assert two_versions.keys(RunLayout(two_versions.bucket, OLD).lists_left) == []
