"""The same result for every format: the same data, and the same reasons for the same errors."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from backports import zstd

from contract.file_format import FORMATS
from tests.unit.containers.prepare.formats import PACKINGS, WRITERS, Rows, csv_bytes, jsonl_bytes, parquet_bytes
from tests.unit.containers.prepare.job import Prepared, run_prepare
from tests.unit.containers.prepare.validation.test_row_rules import REFUSED

COLUMNS = {"user": "user", "item": "item", "value": "stars", "timestamp": "when", "reject_limit": 1}
GOOD: Rows = [
    {"user": f"ü {n % 7}", "item": f"0{n % 5}", "stars": f"{n % 4}.5", "when": f"{1_600_000_000 + n % 9}"}
    for n in range(60)
]


def in_format(name: str, **more: object) -> dict[str, object]:
    return {**COLUMNS, "format": name, **more}


def same(done: Prepared, expected: Prepared) -> None:
    """Apart from their files, and how these write times, the two are equal."""
    of_files = {"files": 0, "content": 0, "time_format": 0}
    assert {**done.summary, **of_files} == {**expected.summary, **of_files}
    for name in ("users", "items", "pairs"):
        pd.testing.assert_frame_equal(done.index(name), expected.index(name))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return run_prepare(tmp_path_factory.mktemp("csv"), {"a": csv_bytes(GOOD)}, dataset=in_format("csv"))


@pytest.mark.parametrize("name", FORMATS)
def test_many_files_of_any_order_and_packing_are_one_data_set(tmp_path, expected, name):
    others = [{"note": 'x "y",\n', **dict(reversed(row.items()))} for row in GOOD[20:40]]
    write = WRITERS[name]
    packings = list(PACKINGS.values()) if name != "parquet" else [bytes] * 3
    files = {
        "2025/a": packings[0](write(GOOD[:20])),
        "2026/b.csv": packings[1](write(others)),
        "c*[1]?.gz": packings[2](write(GOOD[40:])),
        "cx1y.gz": write([]) if name == "jsonl" else write([GOOD[0]])[:0],
    }
    same(run_prepare(tmp_path, files, dataset=in_format(name)), expected)


def test_json_numbers_and_moments_mean_what_their_text_means(tmp_path, expected):
    rows = [{**row, "stars": float(row["stars"]), "when": int(row["when"])} for row in GOOD]
    same(run_prepare(tmp_path, {"a": jsonl_bytes(rows)}, dataset=in_format("jsonl")), expected)


@pytest.mark.parametrize(
    ("stars", "when"),
    [
        (pa.float32(), pa.int32()),
        (pa.float64(), pa.float64()),
        (pa.decimal128(9, 2), pa.timestamp("s")),
        (pa.string(), pa.timestamp("ms", "UTC")),
        (pa.large_string(), pa.timestamp("us", "Asia/Tokyo")),
        (pa.dictionary(pa.int8(), pa.string()), pa.timestamp("ns")),
    ],
)
def test_parquet_s_own_types_mean_what_their_text_means(tmp_path, expected, stars, when):
    def moment(text: str) -> object:
        if not pa.types.is_timestamp(when):
            return int(text)
        return datetime.fromtimestamp(int(text), UTC).replace(tzinfo=UTC if when.tz else None)

    number = {pa.decimal128(9, 2): Decimal, pa.float32(): float, pa.float64(): float}.get(stars, str)
    rows = [{**row, "stars": number(row["stars"]), "when": moment(row["when"])} for row in GOOD]
    schema = pa.schema(
        {"user": pa.dictionary(pa.int16(), pa.string()), "item": pa.string(), "stars": stars, "when": when}
    )
    same(run_prepare(tmp_path, {"a": parquet_bytes(rows, schema=schema)}, dataset=in_format("parquet")), expected)


def test_dates_of_parquet_are_midnights_of_utc(tmp_path):
    rows = [{"user": f"u{n}", "item": f"i{n}", "stars": 1, "when": date(1970, 1, 1 + n)} for n in range(3)]
    done = run_prepare(tmp_path, {"a": parquet_bytes(rows)}, dataset=in_format("parquet"))
    assert done.index("pairs").time.tolist() == [0, 86_400, 172_800]


@pytest.mark.parametrize("name", ["jsonl", "parquet"])
@pytest.mark.parametrize("largest", [2**63 - 1, 2**64 - 1])
def test_integer_ids_become_their_digits(tmp_path, name, largest):
    rows = [{"user": user, "item": item} for user in (0, 42, largest) for item in (7, 8)]
    schema = pa.schema({"user": pa.uint64(), "item": pa.int8()})
    content = jsonl_bytes(rows) if name == "jsonl" else parquet_bytes(rows, schema=schema)
    done = run_prepare(tmp_path, {"a": content}, dataset={"user": "user", "item": "item", "format": name})
    assert done.index("users").user.tolist() == sorted(["0", "42", str(largest)])
    assert done.index("items").item.tolist() == ["7", "8"]


FIELD_FAULTS = [(row, reason) for row, reason in REFUSED if row.count(",") == 3 and '"' not in row]


@pytest.mark.parametrize("name", FORMATS)
def test_every_fault_of_a_field_has_the_same_reason_in_each_format(tmp_path, name):
    bad = [dict(zip(("user", "item", "stars", "when"), row.split(","), strict=True)) for row, _ in FIELD_FAULTS]
    assert len(bad) > 15
    content = parquet_bytes([*GOOD, *bad], group_rows=64) if name == "parquet" else WRITERS[name]([*GOOD, *bad])
    done = run_prepare(tmp_path, {"a": content}, dataset=in_format(name))
    assert [row["reason"] for row in done.rejected] == [reason for _, reason in FIELD_FAULTS]
    shown = [row["row"]["when"] for row in done.rejected]
    assert shown == [row["when"] for row in bad]
    places = range(len(GOOD), len(GOOD) + len(bad))
    if name == "parquet":
        assert [(row["row_group"], row["row_in_group"]) for row in done.rejected] == [divmod(n, 64) for n in places]
    else:
        assert [row["line"] for row in done.rejected] == [n + (2 if name == "csv" else 1) for n in places]


JSON_FAULTS = [
    ('{"user": 1.0, "item": "i", "stars": 1, "when": 1600000000}', "user id is neither text nor an integer"),
    ('{"user": 1e3, "item": "i", "stars": 1, "when": 1600000000}', "user id is neither text nor an integer"),
    ('{"user": NaN, "item": "i", "stars": 1, "when": 1600000000}', "user id is neither text nor an integer"),
    ('{"user": true, "item": "i", "stars": 1, "when": 1600000000}', "user id is neither text nor an integer"),
    ('{"user": "u", "item": {"id": 1}, "stars": 1, "when": 1600000000}', "item id is neither text nor an integer"),
    ('{"user": "u", "item": ["i"], "stars": 1, "when": 1600000000}', "item id is neither text nor an integer"),
    ('{"user": null, "item": "i", "stars": 1, "when": 1600000000}', "missing user id"),
    ('{"item": "i", "stars": 1, "when": 1600000000}', "missing user id"),
    ('{"user": "u", "item": "i", "when": 1600000000}', "missing value"),
    ('{"user": "u", "item": "i", "stars": null, "when": 1600000000}', "missing value"),
    ('{"user": "u", "item": "i", "stars": true, "when": 1600000000}', "value is not a number"),
    ('{"user": "u", "item": "i", "stars": [1], "when": 1600000000}', "value is not a number"),
    ('{"user": "u", "item": "i", "stars": NaN, "when": 1600000000}', "value is not finite"),
    ('{"user": "u", "item": "i", "stars": -Infinity, "when": 1600000000}', "value is not finite"),
    ('{"user": "u", "item": "i", "stars": 1e999, "when": 1600000000}', "value is not finite"),
    (
        '{"user": "u", "item": "i", "stars": 1, "when": {"$date": "2024-05-01T10:00:00Z"}}',
        "time is a JSON object or array, and must be text or a number",
    ),
    ('{"user": "u", "item": "i", "user": "v", "stars": 1, "when": 1600000000}', "a name twice in one JSON object"),
    ('{"user": "\\ud800", "item": "i", "stars": 1, "when": 1600000000}', "not UTF-8"),
    ('["u", "i", 1, 1]', "not a JSON object"),
    ("null", "not a JSON object"),
    ("12", "not a JSON object"),
    ('{"user": "u", "item": "i", "stars": 1, "when": 1600000000', "invalid JSON"),
    ('{"user": "u"} {"item": "i"}', "invalid JSON"),
    ("[" * 100_000, "invalid JSON"),
    ("user,item,stars,when", "invalid JSON"),
]


def test_what_is_wrong_with_a_line_of_json_is_reported_with_its_line(tmp_path):
    lines = "".join(f"\r\n{line}\n" for line, _ in JSON_FAULTS).encode()
    done = run_prepare(tmp_path, {"a": b"\xef\xbb\xbf" + jsonl_bytes(GOOD) + lines}, dataset=in_format("jsonl"))
    found = [(row["line"], row["reason"]) for row in done.rejected]
    assert found == [(len(GOOD) + 2 * n, reason) for n, (_, reason) in enumerate(JSON_FAULTS, start=1)]
    assert done.rejected[0]["row"] == JSON_FAULTS[0][0]
    assert done.summary["rows"]["rejected"] == len(JSON_FAULTS)
    assert done.summary["interactions"] == 35


def test_a_line_of_json_that_is_not_utf8_is_refused(tmp_path):
    line = b'{"user": "caf\xe9", "item": "i", "stars": 1, "when": 1600000000}\n'
    done = run_prepare(tmp_path, {"a": jsonl_bytes(GOOD) + line}, dataset=in_format("jsonl"))
    assert [(row["line"], row["reason"]) for row in done.rejected] == [(61, "not UTF-8")]


def refused(done: Prepared) -> list[str]:
    assert done.summary["status"] == "refused"
    return done.summary["reasons"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_column_that_no_file_has_is_named_with_those_there_are(tmp_path, name):
    done = run_prepare(tmp_path, {"a": WRITERS[name](GOOD)}, dataset=in_format(name, value="rating"))
    assert any(
        "input/interactions/a must have exactly one column 'rating'; its columns are 'user', 'item', 'stars', 'when'; "
        "fix the header, or name the right column in input/dataset.json" in reason
        for reason in refused(done)
    )


def test_parquet_s_columns_are_distinguished_by_case(tmp_path):
    done = run_prepare(tmp_path, {"a": parquet_bytes(GOOD)}, dataset=in_format("parquet", user="USER"))
    assert "exactly one column 'USER'" in refused(done)[0]


@pytest.mark.parametrize("kept", [0.2, 0.9, -1, -9])
@pytest.mark.parametrize(("packing", "word"), [(".gz", "gzip"), (".zst", "zstd")])
@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_what_is_cut_short_is_truncated(tmp_path, name, packing, word, kept):
    packed = PACKINGS[packing](WRITERS[name](GOOD))
    cut = packed[: int(len(packed) * kept)] if kept > 0 else packed[:kept]
    files = {"a": WRITERS[name](GOOD), f"b{packing}": cut}
    (reason,) = refused(run_prepare(tmp_path, files, dataset=in_format(name)))
    assert reason == f"input/interactions/b{packing} is truncated: its {word} ends too early; upload it again"


def test_damaged_zstd(tmp_path):
    packed = bytearray(zstd.compress(csv_bytes(GOOD), options={zstd.CompressionParameter.checksum_flag: 1}))
    packed[-1] ^= 1
    (reason,) = refused(run_prepare(tmp_path, {"a.zst": bytes(packed)}, dataset=in_format("csv")))
    assert reason.startswith("input/interactions/a.zst is damaged zstd (")


def test_parquet_cut_short_or_damaged_is_a_fault_of_its_file_and_the_others_are_counted(tmp_path):
    whole = parquet_bytes(GOOD)
    damaged = bytearray(whole)
    damaged[4:200] = bytes(196)  # the pages of the first column
    files = {"a": whole, "b": whole[:-40], "c": bytes(damaged), "d": csv_bytes(GOOD), "e": b"PAR1"}
    done = run_prepare(tmp_path, files, dataset=in_format("parquet"))
    cut, broken, text, small = refused(done)
    assert cut == "input/interactions/b is truncated: its Parquet footer is missing; upload it again"
    assert broken.startswith("input/interactions/c is damaged Parquet (")
    assert "file.parquet" not in broken
    assert text == "input/interactions/d is not Parquet, and format in input/dataset.json is parquet for all files"
    assert small.startswith("input/interactions/e is truncated")
    assert [file["rows"] for file in done.summary["files"]] == [60, 0, 0, 0, 0]


@pytest.mark.parametrize("extension", ["gz", "zst", "parquet", "json"])
def test_a_wrong_extension_does_no_harm(tmp_path, expected, extension):
    same(run_prepare(tmp_path, {f"a.{extension}": csv_bytes(GOOD)}, dataset=in_format("csv")), expected)
    packed = gzip.compress(csv_bytes(GOOD))
    same(run_prepare(tmp_path, {f"a.{extension}": packed}, dataset=in_format("csv")), expected)


@pytest.mark.parametrize("name", FORMATS)
def test_titles_are_read_in_the_same_format(tmp_path, name):
    titles = [{"sku": "01", "name": "Brie"}, {"sku": "02", "name": ""}, {"sku": "01", "name": "Brie, ripe"}]
    dataset = in_format(name, items={"id": "sku", "title": "name"})
    done = run_prepare(tmp_path, {"a": WRITERS[name](GOOD)}, items={"i": WRITERS[name](titles)}, dataset=dataset)
    named = done.index("items").set_index("item").title
    assert named["01"] == "Brie, ripe"
    assert named.drop("01").isna().all()
    assert done.summary["side_rows"]["items"] == {"rows": 3, "rejected": 0}


def test_files_that_are_not_those_of_the_plan_are_refused(tmp_path):
    done = run_prepare(
        tmp_path,
        {"a": csv_bytes(GOOD), "b": csv_bytes(GOOD), "d//e": csv_bytes(GOOD)},
        dataset=in_format("csv"),
        planned=[("a", len(csv_bytes(GOOD)) - 1), ("c", 9), ("d//e", len(csv_bytes(GOOD)))],
    )
    (reason,) = refused(done)
    assert reason == (
        "the data changed during the run: input/interactions/a was replaced, input/interactions/c vanished, "
        "input/interactions/b appeared; upload all data, input/dataset.json last, and start another run"
    )
