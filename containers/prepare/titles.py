"""The items' own file: what an id is called."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from containers.prepare import rejected_rows, text_rows
from containers.prepare.input_files import InputFile, data_files
from contract.dataset import Dataset
from contract.run_layout import ITEMS_PREFIX


@dataclass(frozen=True)
class Titles:
    """What the items' files held: rows, malformed ones among them, and faults of whole files."""

    files: list[InputFile]
    rows: int
    rejected: int
    faults: list[str]

    def counts(self) -> dict[str, int]:
        """What summary.json says of them."""
        return {"rows": self.rows, "rejected": self.rejected}


def load(database: duckdb.DuckDBPyConnection, dataset: Dataset, folder: Path, rejected: Path) -> Titles:
    """Fill ``titles`` (item_id, title): of an id given twice the later row counts, an empty title is none.

    Malformed rows are written below ``rejected``; they cost a title, so they count towards no limit.
    """
    columns = {"item_id": dataset.item_id or "", "title": dataset.item_title or ""}
    files = data_files(folder, ITEMS_PREFIX) if dataset.item_id else []
    reading = text_rows.load(database, files, columns, "item_rows", dataset.format)
    database.execute(
        "CREATE TABLE titles AS "
        "SELECT item_id, nullif(arg_max(title, row_order), '') AS title FROM item_rows GROUP BY item_id"
    )
    database.execute(
        "CREATE TABLE rejected_items AS "
        "SELECT row_order, file, NULL::INTEGER AS row_group, line, reason, to_json(raw) AS row FROM item_rows_malformed"
    )
    rejected_rows.write(database, "rejected_items", files, rejected)
    refused = database.execute("SELECT count(*) FROM rejected_items").fetchall()[0][0]
    return Titles(files, sum(reading.rows), int(refused), reading.faults)
