"""Retiring versions whose own files are lost or damaged: the others still retire, and what stays is reported."""

import json

import pytest

from contract.run_layout import RunLayout
from lambdas.handlers import record_retirement
from lambdas.publishing.version_pointer import VersionPointer
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.retiring.retirements import PARTS, choose, chosen, outcome_warnings, published, retire, statuses
from tests.unit.lambdas.runs import run_id


def test_a_version_that_lost_its_manifest_does_not_stop_the_others(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    published(aws, 2, 9, 16, keep_versions=1)
    aws.s3.delete_object(Bucket=aws.bucket, Key=RunLayout(aws.bucket, run_id(2)).manifest)
    assert choose(16) == {"parts": 4}
    assert chosen(aws, 16) == [{"version": run_id(day), "part": part} for day in (2, 9) for part in PARTS]
    assert f"version {run_id(2)} has no parts.json" in caplog.text


@pytest.mark.parametrize("manifest", [None, b"[{", b'[{"users": 3}]', b"[7]", b"{}"])
def test_a_version_of_which_nothing_is_known_is_retired_once_with_a_warning(aws: Aws, manifest: bytes | None) -> None:
    """Otherwise each weekly run would try again, and fail or warn forever."""
    published(aws, 2, 9, keep_versions=1)
    layout = RunLayout(aws.bucket, run_id(2))
    for key in [layout.manifest, *aws.keys(layout.parts), *aws.keys(layout.published_lists)]:
        aws.s3.delete_object(Bucket=aws.bucket, Key=key)
    if manifest is not None:
        aws.put(layout.manifest, manifest)
    assert choose(9) == {"parts": 1}
    retire(aws, 9)
    assert record_retirement.handler({"run_id": run_id(9)}, None) == {"retired": [run_id(2)]}
    assert f"version {run_id(2)}: the users of part-00000 are unknown" in outcome_warnings(aws, 9)[-1]
    assert VersionPointer(aws.table).record(run_id(2))["lists_left"] == ["part-00000"]
    assert choose(9) == {"parts": 0}


def test_a_lost_part_becomes_a_warning_and_the_others_are_retired(aws: Aws) -> None:
    published(aws, 2, 9, keep_versions=1)
    layout = RunLayout(aws.bucket, run_id(2))
    for key in (layout.part(PARTS[0]), layout.recommendations(PARTS[0])):
        aws.s3.delete_object(Bucket=aws.bucket, Key=key)
    choose(9)
    retire(aws, 9)
    assert record_retirement.handler({"run_id": run_id(9)}, None) == {"retired": [run_id(2)]}
    record = VersionPointer(aws.table).record(run_id(2))
    assert (record["status"], record["lists_left"]) == ("retired", [PARTS[0]])
    left = {item["pk"] for item in aws.table.scan()["Items"] if item["version"] == run_id(2)}
    assert len([pk for pk in left if pk.startswith("user#")]) == 3, "of six users, those of the lost part"


FIRST = {"value": None}, {"value": "火"}
DEFAULT_LISTS_LEFT = [
    (None, 1),
    (b"", 1),
    (b"{", 1),
    (b"[]", 1),
    (b"{}", 1),
    (b'{"lists": null}', 1),
    (b'{"lists": [{}]}', 1),
    (b"[" * 100_000, 1),
    *((json.dumps({"lists": [*FIRST, other]}).encode(), 0) for other in ({}, 7, None, [])),
    *((json.dumps({"lists": [*FIRST, {"value": bad}]}).encode(), 0) for bad in (7, [], "x" * 2036, "\ud800")),
]


@pytest.mark.parametrize(("document", "left"), DEFAULT_LISTS_LEFT, ids=lambda given: str(given)[:40])
def test_default_lists_that_are_lost_or_damaged_are_reported(aws: Aws, document: bytes | None, left: int) -> None:
    """The one for everyone is deleted in any case, and those of the values that can be read."""
    published(aws, 2, 9, keep_versions=1)
    key = RunLayout(aws.bucket, run_id(2)).default_lists
    aws.s3.delete_object(Bucket=aws.bucket, Key=key)
    if document is not None:
        aws.put(key, document)
    choose(9)
    record_retirement.handler({"run_id": run_id(9)}, None)
    warning = outcome_warnings(aws, 9)[-1]
    assert f"version {run_id(2)}: default lists of a feature stay in the table" in warning
    assert key in warning
    assert statuses(aws)[run_id(2)] == "retired"
    there = [item["pk"] for item in aws.table.scan()["Items"] if item["version"] == run_id(2)]
    assert [pk for pk in there if pk.startswith("meta#default")] == ["meta#default#火"][:left]


def test_a_damaged_word_of_what_stays_names_its_part_all_the_same(aws: Aws) -> None:
    published(aws, 2, 9, keep_versions=1)
    aws.put(RunLayout(aws.bucket, run_id(2)).lists_left_of(PARTS[1]), b"{")
    choose(9)
    record_retirement.handler({"run_id": run_id(9)}, None)
    assert f"version {run_id(2)}: lists of {PARTS[1]} stay in the table" in outcome_warnings(aws, 9)[-1]
    assert VersionPointer(aws.table).record(run_id(2))["lists_left"] == [PARTS[1]]


@pytest.mark.parametrize("part", ["../" * 400, "", "part-1\ud800", "part-00001.jsonl.gz"])
def test_a_manifest_with_names_that_are_none_is_as_good_as_lost(aws: Aws, part: str) -> None:
    published(aws, 2, 9, keep_versions=1)
    layout = RunLayout(aws.bucket, run_id(2))
    aws.put_json(layout.manifest, [{"part": PARTS[0]}, {"part": part}])
    aws.put(f"{layout.parts}notes.txt", b"somebody's")
    assert choose(9) == {"parts": 2}
    assert chosen(aws, 9) == [{"version": run_id(2), "part": part} for part in PARTS]


def test_a_part_that_the_manifest_has_lost_is_known_by_its_file(aws: Aws) -> None:
    published(aws, 2, 9, keep_versions=1)
    aws.put_json(RunLayout(aws.bucket, run_id(2)).manifest, [{"part": PARTS[1]}])
    assert choose(9) == {"parts": 2}
    assert chosen(aws, 9) == [{"version": run_id(2), "part": part} for part in PARTS]
