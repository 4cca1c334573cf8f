import gzip
import json
import random
from typing import Any

import pytest

from contract import recommendation_table
from contract.part_manifest import PublishedList
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas.handlers import publish_version
from lambdas.job_status import JobNotCompleted
from lambdas.publishing import publish_checks
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.runs import METRICS, execution, loaded, plain, plan, publishing, run_id


def publish(day: int) -> dict[str, Any]:
    return publish_version.handler(publishing(day), None)


def nothing_is_published(aws: Aws) -> bool:
    versions = VersionPointer(aws.table)
    return not versions.pointer() and not list(versions.records())


def test_a_loaded_run_is_published_with_its_record(aws: Aws) -> None:
    loaded(aws, 23, gate=1.5)
    assert publish(23) == {"version": run_id(23)}
    versions = VersionPointer(aws.table)
    pointer, record = versions.pointer(), plain(versions.record(run_id(23)))
    assert (pointer["current"], pointer["newest"], pointer["moved_by"]) == (run_id(23), run_id(23), execution(23))
    metrics = {"model": METRICS["model"], "most_popular": METRICS["most_popular"]}
    assert record == {
        "pk": "meta#version",
        "version": run_id(23),
        "status": "published",
        "published_at": pointer["moved_at"],
        "users": 6,
        "items": 40,
        "interactions": 1000,
        "metrics": metrics,
        "gate": {"baseline": 1.5, "champion": 0.95},
        "published_by": execution(23),
    }


def test_a_list_in_the_table_of_a_user_who_has_none_is_not_published(aws: Aws) -> None:
    layout = loaded(aws, 23, without_list=frozenset({4}))
    aws.table.put_item(Item=recommendation_table.user_item("ü 4", layout.run_id, ["a"], [1.0]))
    with pytest.raises(PublishRefused, match="user 'ü 4' has other items in the table"):
        publish(23)
    assert nothing_is_published(aws)


def test_an_open_gate_is_in_the_versions_record(aws: Aws) -> None:
    loaded(aws, 23, gate="off")
    publish(23)
    assert VersionPointer(aws.table).record(run_id(23))["gate"] == "off"


def test_publishing_again_changes_nothing_even_when_a_newer_version_came(aws: Aws) -> None:
    loaded(aws, 9)
    publish(9)
    record = VersionPointer(aws.table).record(run_id(9))
    assert publish(9) == {"version": run_id(9)}
    loaded(aws, 16)
    publish(16)
    pointer = VersionPointer(aws.table).pointer()
    assert publish(9) == {"version": run_id(9)}
    assert VersionPointer(aws.table).pointer() == pointer
    assert pointer["current"] == run_id(16)
    assert VersionPointer(aws.table).record(run_id(9)) == record


def test_an_older_run_is_refused_and_leaves_the_newer_one_served(aws: Aws) -> None:
    loaded(aws, 9)
    loaded(aws, 16)
    publish(16)
    with pytest.raises(PublishRefused, match=f"version {run_id(16)} is published already and newer than {run_id(9)}"):
        publish(9)
    assert VersionPointer(aws.table).pointer()["current"] == run_id(16)
    assert not VersionPointer(aws.table).record(run_id(9))


def test_jobs_that_did_not_complete_end_the_run(aws: Aws) -> None:
    loaded(aws, 23)
    with pytest.raises(JobNotCompleted, match="the transform job ended Stopped"):
        publish_version.handler(publishing(23, transform="Stopped"), None)
    assert nothing_is_published(aws)


def edit(aws: Aws, key: str) -> None:
    aws.put(key, aws.get(key) + b"\n")


def change_manifest(aws: Aws, run: RunLayout, change: Any) -> None:
    aws.put_json(run.manifest, change(aws.get_json(run.manifest)))


def other(part: dict[str, Any], name: str) -> dict[str, Any]:
    """The part as if that file had other bytes."""
    return {**part, "sha256": {**part["sha256"], name: "f" * 64}}


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (
            lambda aws, run: aws.s3.delete_object(Bucket=aws.bucket, Key=run.receipt("part-00001")),
            "part-00001 has no receipt",
        ),
        (
            lambda aws, run: aws.put_json(run.receipt("part-00000"), {"part": "part-00000", "users": 2}),
            "part-00000 has 2 lists written and 3 users",
        ),
        (
            lambda aws, run: aws.put_json(run.receipt("part-00009"), {"part": "part-00009", "users": 1}),
            "loaded/part-00009.json is not the receipt of a part",
        ),
        (
            lambda aws, run: aws.put_json(run.manifest, aws.get_json(run.manifest)[:1]),
            "parts.json covers 3 users, but the data has 6",
        ),
        (
            lambda aws, run: aws.s3.delete_object(Bucket=aws.bucket, Key=run.recommendations("part-00001")),
            "part-00001.jsonl.gz is missing",
        ),
        (
            lambda aws, run: aws.put(run.recommendations("part-00001"), gzip.compress(b"")),
            "part-00001.jsonl.gz must have the SHA-256",
        ),
        (
            lambda aws, run: aws.put_archive(run.recommendations("part-00001"), gzip.compress(b"")),
            "part-00001.jsonl.gz must have the SHA-256",
        ),
        *(
            (lambda aws, run, name=name: edit(aws, getattr(run, name)), f"{key} must have the SHA-256")
            for name, key in (
                ("default_lists", "default_lists.json"),
                ("metrics", "metrics.json"),
                ("plan", "plan.json"),
                ("summary", "summary.json"),
            )
        ),
        *(
            (lambda aws, run, change=change: change_manifest(aws, run, change), words)
            for change, words in (
                (lambda parts: [parts[0], parts[0]], "part-00000 is in parts.json twice"),
                (lambda parts: parts[::-1], "part-00001 must begin with user row 0"),
                (
                    lambda parts: [*parts, {**parts[1], "part": "part-00002"}],
                    "part-00002 must begin with user row 6",
                ),
                (
                    lambda parts: [{**parts[0], "users": 4}, {**parts[1], "first": 4, "users": 2}],
                    "3 lists written and 4",
                ),
                (lambda parts: [other(parts[0], "item_ids"), parts[1]], "part-00001 was computed from other files"),
                (lambda parts: [other(part, "item_ids") for part in parts], "which differs from parts.json"),
                (lambda parts: [other(parts[0], "rows"), parts[1]], "part-00000 was loaded as"),
                (lambda parts: [{**parts[0], "part": "part-00007"}, parts[1]], "part-00007 has no receipt"),
                (lambda parts: [parts[0], {"part": "part-00001", "users": 3}], "must have the fields part, first"),
                (lambda parts: [parts[0], 5], "must be an object"),
                (lambda _: [], "parts.json covers 0 users"),
            )
        ),
        (
            lambda aws, run: aws.put_json(
                run.receipt("part-00001"), {**aws.get_json(run.receipt("part-00001")), "recommendations": "0" * 64}
            ),
            "the SHA-256 0000",
        ),
        (
            lambda aws, run: aws.table.delete_item(Key=recommendation_table.user_key("ü 4", run.run_id)),
            "the table has no list for user 'ü 4'",
        ),
        (
            lambda aws, run: aws.table.put_item(
                Item=recommendation_table.user_item("ü 4", run.run_id, ["b", "a"], [6.5, 1 / 3])
            ),
            "user 'ü 4' has other items in the table",
        ),
        (
            lambda aws, run: aws.table.put_item(
                Item=recommendation_table.user_item("ü 4", run.run_id, ["a", "b"], [6.5, 0.3334])
            ),
            "user 'ü 4' has other scores in the table",
        ),
    ],
)
def test_what_is_not_whole_is_not_published(aws: Aws, break_it: Any, words: str) -> None:
    break_it(aws, loaded(aws, 23))
    with pytest.raises(PublishRefused) as refusal:
        publish(23)
    assert words in str(refusal.value)
    assert nothing_is_published(aws)


def test_every_missing_receipt_is_reported_at_once(aws: Aws) -> None:
    layout = loaded(aws, 23, parts=3)
    for part in ("part-00000", "part-00002"):
        aws.s3.delete_object(Bucket=aws.bucket, Key=layout.receipt(part))
    with pytest.raises(PublishRefused, match="part-00000 has no receipt; part-00002 has no receipt; redrive"):
        publish(23)


def test_a_manifest_that_leaves_users_out_is_refused(aws: Aws) -> None:
    layout = loaded(aws, 23)
    aws.put_json(layout.summary, {**aws.get_json(layout.summary), "users": 7})
    with pytest.raises(PublishRefused, match="covers 6 users, but the data has 7"):
        publish(23)
    assert nothing_is_published(aws)


def test_nothing_can_fail_once_the_pointer_is_moved(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor in a repeated call after the response was lost: a published run must not fail."""
    loaded(aws, 23)
    publish(23)
    moved = VersionPointer(aws.table).pointer()
    monkeypatch.setattr(JsonDocuments, "find_bytes", lambda *_: pytest.fail("S3 is asked"))
    assert publish(23) == {"version": run_id(23)}
    assert VersionPointer(aws.table).pointer() == moved


@pytest.mark.parametrize("form", ["list", "packed", "none"])
def test_scores_are_compared_as_the_table_keeps_them(aws: Aws, form: str) -> None:
    version = run_id(23)
    written: PublishedList = {"user": "u", "items": ["a", "b"], "scores": [2.5, 1 / 3]}
    aws.table.put_item(Item=recommendation_table.user_item("u", version, ["a", "b"], [2.5, 1 / 3], form))
    publish_checks._compare(aws.table, version, written, form)
    for other in {"list", "packed", "none"} - {form}:
        with pytest.raises(PublishRefused, match="user 'u' has other scores in the table"):
            publish_checks._compare(aws.table, version, written, other)


@pytest.mark.parametrize(("users", "parts"), [(120, 4), (130, 60), (7, 3)])
def test_the_sample_reaches_over_the_parts_and_has_fifty_users(
    users: int, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = [{"part": f"part-{n:05d}", "users": users // parts + (n < users % parts)} for n in range(parts)]
    compared = []

    def lists(_documents: object, _layout: object, part: str) -> Any:
        size = next(entry["users"] for entry in manifest if entry["part"] == part)
        return [PublishedList(user=f"{part}/{row}", items=[], scores=[]) for row in range(size)]

    monkeypatch.setattr(publish_checks, "published_lists", lists)
    monkeypatch.setattr(
        publish_checks, "_compare", lambda _table, _version, written, _form: compared.append(written["user"])
    )
    layout = RunLayout("bucket", run_id(23))
    documents = JsonDocuments(None, "bucket")  # type: ignore[arg-type]
    publish_checks.require_lists(documents, None, layout, manifest, random.Random(7), score_form="list")
    assert len(set(compared)) == len(compared)
    touched = {user.split("/")[0] for user in compared}
    assert len(touched) == min(parts, publish_checks.SAMPLED_USERS)
    if parts <= publish_checks.SAMPLED_USERS:
        assert len(compared) == min(users, publish_checks.SAMPLED_USERS)


def test_the_published_lists_are_read_as_the_loader_wrote_them(aws: Aws) -> None:
    layout = RunLayout(aws.bucket, run_id(23))
    lines = [{"user": "a\u2028b\r", "items": ["\x0b"], "scores": [1.5]}, {"user": "c", "items": [], "scores": []}]
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    aws.put(layout.recommendations("part-00000"), gzip.compress(text.encode()))
    found = publish_checks.published_lists(JsonDocuments(aws.s3, aws.bucket), layout, "part-00000")
    assert list(found) == lines


def test_a_run_without_a_plan_says_which_document_is_missing(aws: Aws) -> None:
    aws.put_json(RunLayout(aws.bucket, run_id(23)).plan, plan(23))
    with pytest.raises(Exception, match=r"summary\.json is missing"):
        publish(23)
