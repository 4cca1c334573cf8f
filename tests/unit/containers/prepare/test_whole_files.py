"""Errors of whole files and of the data as a whole: refused, with every reason, and nothing else written."""

import gzip

import pytest

from tests.unit.containers.prepare.job import COLUMNS, run_prepare

HEADER = "user,item,time\n"
ROWS = "".join(f"u{n % 7},i{n % 5},{n}\n" for n in range(100))
GOOD = HEADER + ROWS


def refused(done, *words):
    assert done.summary["status"] == "refused"
    assert set(done.summary) == {"status", "reasons", "rows", "rejected_by_reason", "files"}
    assert all(name == "run/summary.json" or name.startswith("run/rejected/") for name in done.written)
    rows = done.summary["rows"]
    assert rows["read"] == rows["rejected"] + rows["duplicates"] + rows["interactions"]
    assert len(done.rejected) == rows["rejected"] == sum(done.summary["rejected_by_reason"].values())
    for word in words:
        assert any(word in reason for reason in done.summary["reasons"]), (word, done.summary["reasons"])
    return done.summary["reasons"]


def test_an_unknown_column_is_named_with_its_file_and_the_columns_found(tmp_path):
    reasons = refused(run_prepare(tmp_path, {"a.csv": GOOD, "b.csv": "user,product,time\nu,i,1\n"}))
    assert reasons == [
        "input/interactions/b.csv must have exactly one column 'item'; its columns are 'user', 'product', 'time'; "
        "fix the header, or name the right column in input/dataset.json"
    ]


def test_a_column_twice_is_ambiguous(tmp_path):
    refused(run_prepare(tmp_path, {"a.csv": "user,item,time,item\nu,i,1,j\n"}), "exactly one column 'item'")


@pytest.mark.parametrize("kept", [0.2, 0.9, -1, -9])
def test_truncated_gzip(tmp_path, kept):
    packed = gzip.compress(GOOD.encode())
    cut = packed[: int(len(packed) * kept)] if kept > 0 else packed[:kept]
    refused(run_prepare(tmp_path, {"a.csv": GOOD, "b.csv.gz": cut}), "input/interactions/b.csv.gz is truncated")


def test_damaged_gzip(tmp_path):
    packed = bytearray(gzip.compress(GOOD.encode()))
    packed[-6] ^= 1  # the checksum
    refused(run_prepare(tmp_path, {"b.csv.gz": bytes(packed)}), "input/interactions/b.csv.gz is damaged gzip")


@pytest.mark.parametrize(
    "content", ["\n", "\r\n\r\n", b"\xef\xbb\xbf", gzip.compress(b"")], ids=["n", "rn", "mark", "gzip"]
)
def test_a_file_without_a_header(tmp_path, content):
    refused(
        run_prepare(tmp_path, {"a.csv": GOOD, "b.csv": content}), "input/interactions/b.csv has no header: it is empty"
    )


def test_a_header_that_is_not_utf8(tmp_path):
    refused(run_prepare(tmp_path, {"a.csv": "user,item,time,größe\n".encode("latin-1")}), "a.csv is not UTF-8")


def test_a_header_with_a_stray_quote_names_its_file(tmp_path):
    refused(
        run_prepare(tmp_path, {"a.csv": 'user,"item"x,time\nu,i,1\n'}),
        "input/interactions/a.csv has no header: broken quoting",
    )


def test_every_fault_is_reported_at_once(tmp_path):
    files = {"a.csv": "user,item\nu,i\n", "b.csv.gz": "PK\x03\x04", "c.csv": HEADER + "u,i,1\n,,1\n"}
    items = {"items.csv": "id\n1\n"}
    dataset = {**COLUMNS, "items": {"id": "id", "title": "title"}}
    done = run_prepare(tmp_path, files, items=items, dataset=dataset, request={"feedback": "explicit"})
    reasons = refused(done, "explicit", "a.csv", "b.csv.gz", "input/items/items.csv", "1 of 2 rows (50.00%)")
    assert len(reasons) == 5
    assert done.summary["files"] == [
        {"file": "input/interactions/a.csv", "rows": 0, "rejected": 0},
        {"file": "input/interactions/b.csv.gz", "rows": 0, "rejected": 0},
        {"file": "input/interactions/c.csv", "rows": 2, "rejected": 1},
    ]


def test_more_rows_refused_than_the_limit(tmp_path):
    text = GOOD + "u1,i1,never\n" * 2 + ",i1,5\n"
    (reason,) = refused(run_prepare(tmp_path, {"a.csv": text}))
    assert "3 of 103 rows (2.91%) were rejected, more than the reject_limit of 0.01 allows" in reason
    assert "time is no number, and timestamp_format is seconds 2, missing user id 1" in reason
    assert "input/interactions/a.csv line 102: time is no number" in reason
    assert '{"user": "u1", "item": "i1", "time": "never"}' in reason
    assert "runs/20261123t030000120-a9711f/rejected/" in reason


def test_the_limit_itself_is_allowed(tmp_path):
    dataset = {**COLUMNS, "reject_limit": 0.03}
    bad = "u1,i1,never\n"
    assert (
        run_prepare(tmp_path, {"a.csv": HEADER + ROWS[: ROWS.index("u6,i2,97")] + bad * 3}, dataset=dataset).summary[
            "status"
        ]
        == "ready"
    )
    refused(run_prepare(tmp_path, {"a.csv": HEADER + ROWS[: ROWS.index("u5,i1,96")] + bad * 4}, dataset=dataset))


@pytest.mark.parametrize("limit", [0.01, 1])
def test_all_rows_refused(tmp_path, limit):
    dataset = {**COLUMNS, "reject_limit": limit}
    refused(run_prepare(tmp_path, {"a.csv": HEADER + ",,1\n" * 5}, dataset=dataset), "not one of 5 rows is left")


def test_no_rows_and_no_files(tmp_path):
    refused(run_prepare(tmp_path, {"a.csv": HEADER, "b.csv": HEADER}), "holds no row")
    refused(run_prepare(tmp_path, {"_SUCCESS": "x", ".hidden.csv": GOOD, "empty.csv": ""}), "holds no data file")


def test_one_user_or_one_item_only(tmp_path):
    one_user = HEADER + "".join(f"me,i{n},{n}\n" for n in range(20))
    one_item = HEADER + "".join(f"u{n},it,{n}\n" for n in range(20))
    refused(run_prepare(tmp_path, {"a.csv": one_user}), "at least 2 users, got 1")
    refused(run_prepare(tmp_path, {"a.csv": one_item}), "at least 2 items, got 1")
    assert len(refused(run_prepare(tmp_path, {"a.csv": HEADER + "me,it,1\n"}))) == 2


def test_explicit_feedback_without_a_value(tmp_path):
    refused(run_prepare(tmp_path, {"a.csv": GOOD}, request={"feedback": "explicit"}), "names no value column")


def test_marker_files_and_folders_are_ignored(tmp_path):
    files = {"a.csv": GOOD, "_SUCCESS": "", "_temporary/part.csv": "x", ".a.csv.crc": "x", "deep/.x/b": "x", "m/n": ""}
    done = run_prepare(tmp_path, {**files, "2026/11/b.csv": GOOD})
    assert [file["file"] for file in done.summary["files"]] == [
        "input/interactions/2026/11/b.csv",
        "input/interactions/a.csv",
    ]


def test_dialects_of_csv_are_read_alike(tmp_path):
    bom_crlf = ("\ufeff" + GOOD.replace("\n", "\r\n")).encode()
    quoted_reordered = '"time","who cares","item","user"\n' + "".join(
        f'"{t}","a ""b"",\nc","{i}","{u}"\n' for u, i, t in (row.split(",") for row in ROWS.split())
    )
    parts = gzip.compress(GOOD[:500].encode()) + gzip.compress(GOOD[500:].encode())  # two gzip members
    expected = run_prepare(tmp_path, {"x": GOOD})
    for content in (bom_crlf, quoted_reordered, parts, GOOD.rstrip("\n"), GOOD.replace("\n", "\r")):
        done = run_prepare(tmp_path, {"x": content})
        assert {**done.summary, "content": 0} == {**expected.summary, "content": 0}
        assert done.index("pairs").equals(expected.index("pairs"))
