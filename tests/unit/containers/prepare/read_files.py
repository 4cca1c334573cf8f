"""Runs only the readers and the row rules on files, without the rest of the job."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from containers.prepare.reading import text_rows
from containers.prepare.reading.input_files import data_files
from containers.prepare.validation import row_rules
from contract import dataset as dataset_json

ROWS = [(f"u{n % 7}", f"i{n % 5}", str(n)) for n in range(30)]
NAMES = {"user": "user", "item": "item", "timestamp": "time", "timestamp_format": "seconds"}

UNTIL = 1_795_489_200.0  # the latest plausible time: 2026-11-24T03:00:00Z


@dataclass(frozen=True)
class Read:
    """The result: accepted rows as (user, item, time), rejected ones as (file, line, reason); errors of files."""

    accepted: list[tuple[str, str, float]]
    refused: list[tuple[str, int, str]]
    faults: list[str]
    padded: int
    by_file: list[tuple[int, int]]  # rows read, and rejected


EXPECTED = [(user, item, float(time)) for user, item, time in ROWS]


def read(files: dict[str, bytes | str] | bytes | str, **described: Any) -> Read:
    """Read files by name, or a single one."""
    dataset = dataset_json.parse(json.dumps({**NAMES, **described}))
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as spill,
        duckdb.connect(config={"temp_directory": spill}) as database,
    ):
        database.execute("SET TimeZone = 'UTC'")
        for name, content in (files if isinstance(files, dict) else {"a": files}).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = data_files(Path(folder), "")
        reading = text_rows.load(database, found, row_rules.text_columns(dataset), "rows", dataset.files)
        verdict = row_rules.validate(database, "rows", dataset, UNTIL)
        accepted = database.execute("SELECT user_id, item_id, time FROM accepted ORDER BY row_order").fetchall()
        refused = database.execute("SELECT file, line, reason FROM rejected ORDER BY row_order").fetchall()
    return Read(
        accepted,
        [(found[file].key, line, reason) for file, line, reason in refused],
        reading.faults,
        verdict.padded,
        [(rows, verdict.by_file.get(number, 0)) for number, rows in enumerate(reading.rows)],
    )


def csv(
    delimiter: str = ",",
    *,
    end: str = "\n",
    header: bool = True,
    tail: str = "",
    rows: Sequence[tuple[str, ...]] = ROWS,
) -> str:
    """The rows as CSV of some kind; ``tail`` is appended to each line."""
    lines = [("user", "item", "time"), *rows] if header else rows
    return "".join(delimiter.join(line) + tail + end for line in lines)
