"""Loading one part, on a real emulator, with the right lists known by brute force."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest

from contract import list_scores
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas.handlers.load_part import handler
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.part_in_bucket import PART, RUN_ID, SmallPart, packed
from tests.unit.local_aws.nearest_neighbours.stand_in import RECORDIO, VERBOSE, dense, hyperparameters, serving, trained

LAYOUT = RunLayout("", RUN_ID)


def written(aws: Aws) -> dict[str, dict[str, Any]]:
    """The table's items by user."""
    return {item["pk"].removeprefix("user#"): item for item in aws.table.scan()["Items"]}


def published(aws: Aws) -> list[dict[str, Any]]:
    """The lines of the recommendations' file."""
    return [json.loads(line) for line in gzip.decompress(aws.get(LAYOUT.recommendations(PART))).splitlines()]


def assert_right(aws: Aws, part: SmallPart) -> None:
    """The table and the file both hold brute force's lists; an empty one is only in the file."""
    table, lines = written(aws), published(aws)
    assert len(lines) == part.users
    assert set(table) == {part.names(row) for row in range(part.users) if part.due(row)}
    for row, line in enumerate(lines):
        due = part.due(row)
        assert line["user"] == part.names(row)
        if not due:
            assert (line["items"], line["scores"]) == ([], [])
            continue
        item = table[part.names(row)]
        assert item["version"] == RUN_ID
        assert item["items"] == line["items"] == [part.item_ids[label] for label in due]
        assert [float(score) for score in item["scores"]] == line["scores"]
        np.testing.assert_allclose(line["scores"], part.scores(row, due), rtol=1e-6)


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


def test_what_no_list_may_hold_is_in_none_and_short_lists_are_told_by_reason(aws: Aws) -> None:
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


def refused(aws: Aws, part: SmallPart, said: str, event: dict[str, Any] | None = None) -> None:
    """The loader refuses, and nothing is in the table, nor is there a receipt."""
    with pytest.raises(PublishRefused) as error:
        handler(event or part.event(), None)
    assert said in str(error.value)
    assert str(error.value).startswith("PublishRefused: ")
    assert not written(aws)
    assert not aws.keys(LAYOUT.receipts)


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
    """One that parts.json vouches for: it took the place of the run's own before extract read it."""
    part = SmallPart()
    part.put(aws)
    others = part.files()["plan"][1].replace(RUN_ID.encode(), b"20200101t000000000-000000")
    aws.put(LAYOUT.plan, others)
    refused(aws, part, f"{LAYOUT.plan} must be the plan of this run, got that of '2020", part.event(plan=others))


@pytest.mark.parametrize("name", ["part", "rows", "item_ids", "item_rows", "plan"])
def test_a_file_that_parts_json_does_not_vouch_for_is_refused(aws: Aws, name: str) -> None:
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


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The k-NN stand-in, trained on the part's items as SageMaker would train it."""
    root = tmp_path_factory.mktemp("knn")
    part = SmallPart()
    files = {"train/part-00000.pbr": dense(part.item_rows, np.arange(part.items))}
    code, log = trained(root, hyperparameters(part.item_rows, part.k), files)
    assert code == 0, log
    return root


def transformed(root: Path, part: SmallPart, **switches: str) -> bytes:
    """Batch transform's output, from two payloads."""
    with serving(root, **switches) as client:
        payloads = [dense(part.user_rows[:20]), dense(part.user_rows[20:])]
        answers = [
            client.ask("POST", "/invocations", payload, Content_Type=RECORDIO, Accept=VERBOSE) for payload in payloads
        ]
    assert [status for status, _, _ in answers] == [200, 200]
    return b"\n".join(body for _, _, body in answers)


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_the_stand_ins_answers_are_loaded_in_either_order(aws: Aws, standin: Path, order: str) -> None:
    part = SmallPart()
    part.put(aws, transformed(standin, part, KNN_ORDER=order))
    assert handler(part.event(), None)["direction"] == order
    assert_right(aws, part)


@pytest.mark.parametrize(
    ("switches", "proof"),
    [
        ({"KNN_SHUFFLE_ROWS": "1"}, "row alignment: of the probe in row 0"),
        ({"KNN_SHIFT_LABELS": "1"}, "label mapping: of the probe in row 0"),
        ({"KNN_DISTANCES": "negated"}, "distances: of the probe in row 0"),
        ({"KNN_DISTANCES": "squared"}, "distances: of the probe in row 0"),
    ],
    ids=["shuffled", "shifted", "negated", "squared"],
)
def test_each_fault_of_the_stand_in_is_refused(aws: Aws, standin: Path, switches: dict[str, str], proof: str) -> None:
    part = SmallPart()
    part.put(aws, transformed(standin, part, **switches))
    refused(aws, part, proof)


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
