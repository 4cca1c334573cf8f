"""For any CSV file, DuckDB's reader adds the same as the reader of records, or declines."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from containers.prepare.reading import plain_csv, segments, text_rows
from containers.prepare.reading.input_files import InputFile
from containers.prepare.reading.row_batch import LONGEST_FIELD, RowBatch
from contract.file_format import FileFormat

COLUMNS = {"user_id": "user", "item_id": "item", "time": "time"}
# Characters with a meaning in CSV, for either reader, and similar ones.
PIECES = [
    "a", "u1", "i-2", "1700000000", "", " ", "\t", ",", ";", '"', '""', "'", "\\", "\\N", "NULL", "#", "--", "user",
    "item", "time", "user,item,time", "\n", "\n", "\n", "\r\n", "\r", "\0", "\x1a", "\ufeff", "\u3000", "\x85", "é",
    "千",     "u,i,1\n", "v,j,2\n", '"w",k,3\n', '"x,y","k""l",4\n', '"m\nn",o,5\n', " u , i , 6 \n", ",,\n", ",i,7\n",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


FORMATS = [
    FileFormat(),
    FileFormat(delimiter=";"),
    FileFormat(delimiter="\t", quote=""),
    FileFormat(quote="'"),
    FileFormat(escape="\\"),
    FileFormat(columns=("user", "item", "time")),
]


@dataclass(frozen=True)
class Found:
    """The result for a file, and how many of its segments DuckDB has read."""

    rows: list[Any]
    malformed: list[Any]
    read: list[int]
    faults: list[str]
    loaded: int = field(compare=False)


def read(content: bytes, written: FileFormat, *, plainly: bool) -> Found:
    loaded = 0
    original = plain_csv.PlainCsv.load

    def load(self: plain_csv.PlainCsv, segment: bytes, first_line: int, batch: RowBatch) -> bool:
        nonlocal loaded
        found = plainly and original(self, segment, first_line, batch)
        loaded += found
        return found

    with TemporaryDirectory() as folder, duckdb.connect(config={"temp_directory": folder}) as database:
        path = Path(folder) / "x.csv"
        path.write_bytes(content)
        with patch.object(plain_csv.PlainCsv, "load", load), patch.object(segments, "SEGMENT_BYTES", 60):
            reading = text_rows.load(database, [InputFile(path, "input/x.csv")], COLUMNS, "t", written)
        rows = database.execute("FROM t ORDER BY row_order").fetchall()
        malformed = database.execute("FROM t_malformed ORDER BY row_order").fetchall()
    return Found(rows, malformed, reading.rows, reading.faults, loaded)


def same(content: bytes, written: FileFormat = FORMATS[0]) -> Found:
    """The result of DuckDB's reader, after checking that the reader of records gives the same."""
    found = read(content, written, plainly=True)
    assert found == read(content, written, plainly=False)
    return found


@settings(max_examples=120, deadline=None)
@given(texts, st.sampled_from(FORMATS))
@example('u,i,1\n"v"j,k,2\n', FORMATS[0])
@example('u,i,1\nu"v,k,2\n', FORMATS[0])
@example('u,i,1\n"u" ,k,2\n', FORMATS[0])
@example("u,i,1\nu,k,2,3\n", FORMATS[0])
@example("u,i,1\nu,k,2,\n", FORMATS[0])
@example('u,i,1\n"u",k,2,\n', FORMATS[0])
@example("u,i,1\nuser,item,time\n", FORMATS[0])
@example("u,i,1\n,,\n", FORMATS[0])
@example("u,i,1\n\u3000,\x85,\ufeff\n", FORMATS[0])
def test_any_text_is_read_alike(text: str, written: FileFormat) -> None:
    header = "" if written.columns else "user,item,time\n"
    same((header + text).replace(",", written.delimiter).encode(), written)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.text(st.sampled_from('ab ",;\u3000é'), max_size=5)] * 3), min_size=20), st.data())
def test_what_a_csv_writer_writes_is_read_alike(rows: list[tuple[str, ...]], data: st.DataObject) -> None:
    text = io.StringIO(newline="")
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(text, quoting=quoting, lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerows([("user", "item", "time"), *rows])
    same(text.getvalue().encode())


def test_plain_files_are_read_by_duckdb() -> None:
    rows = "".join(f"u{n},i{n},{n}\n" for n in range(100))
    quoted = "".join(f'"u{n}","i,""{n}""",{n}\n' for n in range(100))
    nobody = "".join(f",i{n},{n}\n" for n in range(100))  # a user is missing, but the record is not blank
    chinese = "".join(f"千{n},日{n},\n" for n in range(100))
    for text in (rows, quoted, nobody, chinese, rows.replace("\n", "\r\n"), f"\ufeff{rows}"):
        header = "\ufeffuser,item,time\n" if text.startswith("\ufeff") else "user,item,time\n"
        found = same((header + text.removeprefix("\ufeff")).encode())
        assert (len(found.rows), found.malformed, found.loaded > 10) == (100, [], True)


def test_an_odd_line_costs_what_follows_its_speed_and_nothing_else() -> None:
    rows = [f"u{n},i{n},{n}\n" for n in range(100)]
    found = same("".join(["user,item,time\n", *rows[:50], "x,y\n", *rows[50:]]).encode())
    assert [row[2] for row in found.rows] == [*range(2, 52), *range(53, 103)]
    assert [row[2] for row in found.malformed] == [52]
    assert found.loaded > 5


def test_what_is_no_utf_8_or_too_long_is_reported_as_ever() -> None:
    rows = b"".join(b"u%d,i%d,%d\n" % (n, n, n) for n in range(20))
    for odd in (b"\xff,i,1\n", b"u" * (LONGEST_FIELD + 1) + b",i,1\n"):
        found = same(b"user,item,time\n" + rows + odd + rows)
        assert (len(found.rows), len(found.malformed)) == (40, 1)
