"""Loading one part, on a real emulator, compared with lists by brute force."""

import hashlib
import json

import boto3
import numpy as np
import pytest

from contract import list_scores
from lambdas.handlers.load_part import handler
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.loaded_part import LAYOUT, assert_right, published, written
from tests.unit.lambdas.part_in_bucket import PART, SmallPart


def test_every_user_gets_brute_forces_list(aws: Aws) -> None:
    part = SmallPart()
    part.put(aws)
    receipt = handler(part.event(), None)
    assert_right(aws, part)
    assert receipt == {
        "part": PART,
        "users": 30,
        "entry": part.entry(),
        "recommendations": hashlib.sha256(aws.get(LAYOUT.recommendations(PART))).hexdigest(),
        "transform_output": hashlib.sha256(aws.get(f"{LAYOUT.neighbours}{PART}.pbr.out")).hexdigest(),
        "written": 30,
        "items": 300,
        "short": 0,
        "short_because": {"few_items": 0, "rules": 0, "seen": 0, "most_per_category": 0, "index": 0},
        "empty": 0,
        "direction": "ascending",
        "probe_recall": 1,
    }
    assert aws.get_json(LAYOUT.receipt(PART)) == receipt


@pytest.mark.parametrize("form", ["packed", "none"])
def test_scores_are_kept_as_the_request_says_and_the_file_has_them_all(aws: Aws, form: str) -> None:
    part = SmallPart(score_form=form)
    part.put(aws)
    handler(part.event(), None)
    table = written(aws)
    for row, line in enumerate(published(aws)):
        item = table[part.names(row)]
        assert item["items"] == line["items"] == [part.item_ids[label] for label in part.due(row)]
        np.testing.assert_allclose(line["scores"], part.scores(row, part.due(row)), rtol=1e-6)
        found = list_scores.read(item)
        if form == "none":
            assert found is None
        else:
            np.testing.assert_allclose(found, line["scores"], atol=np.ptp(line["scores"]) / 65_535)


def test_twice_is_the_same_as_once(aws: Aws) -> None:
    part = SmallPart()
    part.put(aws)
    keys = (LAYOUT.receipt(PART), LAYOUT.recommendations(PART))
    once = handler(part.event(), None), written(aws), [aws.get(key) for key in keys]
    assert (handler(part.event(), None), written(aws), [aws.get(key) for key in keys]) == once
    assert aws.get(LAYOUT.recommendations(PART))[4:8] == bytes(4), (
        "a gzip header with a time differs from one second to the next"
    )


def test_the_other_direction_gives_the_same_lists(aws: Aws) -> None:
    part = SmallPart()
    turned = [{**a, "labels": a["labels"][::-1], "distances": a["distances"][::-1]} for a in part.answers()]
    part.put(aws, turned)
    assert handler(part.event(), None)["direction"] == "descending"
    assert_right(aws, part)


def test_seen_items_stay_when_they_are_not_to_be_left_out(aws: Aws) -> None:
    part = SmallPart(exclude_seen=False, k=10)
    part.put(aws)
    handler(part.event(), None)
    assert_right(aws, part)
    assert written(aws)["user 6"]["items"][0] == f"item {part.ranked(6)[0]}"


def test_a_small_catalogue_makes_short_lists_and_the_receipt_counts_them(aws: Aws) -> None:
    part = SmallPart(items=12, k=12)
    part.put(aws)
    receipt = handler(part.event(), None)
    assert_right(aws, part)
    lengths = [len(part.due(row)) for row in range(part.users)]
    assert len(part.due(3)) == 0, "user 3 has seen everything"
    assert (receipt["short"], receipt["items"]) == (sum(length < 10 for length in lengths), sum(lengths))
    assert (receipt["users"], receipt["written"], receipt["empty"]) == (30, 29, 1)


def test_what_no_list_may_hold_is_in_none_and_short_lists_are_reported_by_reason(aws: Aws) -> None:
    part = SmallPart(items=20, top_x=10, k=12, hidden=frozenset(range(5, 13)))
    part.put(aws)
    receipt = handler(part.event(), None)
    assert_right(aws, part)
    hidden = {f"item {label}" for label in range(5, 13)}
    assert not any(hidden & set(item["items"]) for item in written(aws).values())
    left = [12 - len(part.seen[row]) for row in range(part.users)]
    assert receipt["short_because"]["seen"] == receipt["short"] == sum(number < 10 for number in left) > 0
    assert sum(receipt["short_because"].values()) == receipt["short"]


def test_any_id_and_blank_lines_are_carried_through(aws: Aws) -> None:
    odd = ["042", "a b", "ключ", "火\u2028火", "#/\\\"'\t", "é" * 100, "\U0001f3ac", "null"]
    part = SmallPart(users=8, items=80, names=lambda row: odd[row], item_ids=[f"{odd[n % 8]}{n}" for n in range(80)])
    lines = "\n\n".join(map(json.dumps, part.answers()))
    part.put(aws, f"\n{lines}\n \n".encode())
    handler(part.event(), None)
    assert set(written(aws)) == set(odd)
    assert_right(aws, part)


def test_an_inverted_file_index_may_lack_neighbours_and_the_receipt_says_how_many(aws: Aws) -> None:
    part = SmallPart(index_type="faiss.IVFFlat")
    thinned = [{**a, "labels": a["labels"][4:], "distances": a["distances"][4:]} for a in part.answers()]
    part.put(aws, thinned)
    receipt = handler(part.event(), None)
    assert receipt["probe_recall"] == pytest.approx(12 / 16)
    lists = written(aws)
    short = [row for row in range(30) if row != 3 and 12 - len(part.seen[row]) < 10]
    assert receipt["short"] == len(short) > 0
    for row in range(30):
        due = [part.item_ids[label] for label in part.due(row)]
        assert lists[part.names(row)]["items"] == (due[: 12 - len(part.seen[row])] if row in short else due)


def test_a_warm_function_does_not_mix_up_two_catalogues(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    part = SmallPart()
    part.put(aws)
    handler(part.event(), None)
    renamed = SmallPart(item_ids=[f"other {label}" for label in range(80)])
    other = f"{aws.bucket}-b"
    boto3.client("s3").create_bucket(Bucket=other, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    monkeypatch.setenv("BUCKET", other)
    there = Aws(aws.endpoint, other, aws.table_name, aws.s3, aws.table, aws.states)
    renamed.put(there)
    handler(renamed.event(), None)
    assert_right(there, renamed)
