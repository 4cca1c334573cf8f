"""Deleting one part's lists of an old version."""

import pytest

from contract.recommendation_table import POINTER_KEY
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas.retire_part import handler
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
    with pytest.raises(PublishRefused, match=f"{OLD} is the version that readers are given"):
        handler(EVENT, None)
    assert left(two_versions) == before


def test_before_anything_was_published_leftovers_can_go(two_versions: Aws) -> None:
    two_versions.table.delete_item(Key=POINTER_KEY)
    assert handler(EVENT, None)["deleted"] == 60


def test_a_part_without_its_file_is_refused(two_versions: Aws) -> None:
    with pytest.raises(PublishRefused, match="no file for part-00009"):
        handler({"version": OLD, "part": "part-00009"}, None)
