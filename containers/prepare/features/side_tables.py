"""Reads the user and item files: titles and features by id."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from containers.prepare.reading import text_rows
from containers.prepare.reading.input_files import InputFile, data_files
from containers.prepare.reading.row_batch import SHOWN_CHARACTERS
from containers.prepare.reading.text_rows import Reading
from containers.prepare.validation import forgotten_rows, rejected_rows, row_rules, verdicts
from containers.prepare.validation.verdicts import Verdict
from contract import null_values
from contract.file_format import AS_USUAL
from contract.forgotten_users import ForgottenUsers
from contract.side_table import Feature, SideTable


@dataclass(frozen=True)
class SideRows:
    """The rows of one side's files: how many were read and rejected, and examples of rejected ones as text."""

    reading: Reading
    verdict: Verdict
    examples: str
    prefix: str

    @property
    def files(self) -> list[InputFile]:
        return self.reading.files

    @property
    def rows(self) -> int:
        return sum(self.reading.rows)

    def counts(self) -> dict[str, int]:
        """The counts for summary.json."""
        return {"rows": self.rows, "rejected": self.verdict.rejected}


def load(
    database: duckdb.DuckDBPyConnection,
    side: str,
    table: SideTable | None,
    nulls: Sequence[str] | None,
    *,
    folder: Path,
    prefix: str,
    rejected: Path,
    forgotten: ForgottenUsers | None,
) -> SideRows:
    """Create ``described_<side>s``: <side>_id, title, and the text of each feature as feature_0, feature_1 and so on.

    row_order, file and line tell where each row is; ``<side>_rows_groups`` (of text_rows) is kept for that purpose. If
    an id occurs twice, the later row counts. Rows that are malformed or have no id are written to a folder under
    ``rejected``.

    Args:
        side: ``user`` or ``item``.
        table: the side's description in dataset.json; None if it has no files.
        nulls: ``null_values`` of dataset.json.
        folder, prefix: the location of the files, locally and in the bucket.
        forgotten: users whose rows are left out first; None for items, or if no user was forgotten.
    """
    name = f"{side}_rows"
    files = data_files(folder, prefix) if table else []
    reading = text_rows.load(
        database, files, _columns(side, table), name, table.files if table else AS_USUAL, lists=_lists(table)
    )
    forgotten_rows.leave_out(database, name, forgotten)
    faults = {f"{side}_id": row_rules.id_faults(side, null_values.of_ids_and_numbers(nulls))}
    title = _known("title", null_values.of_texts(nulls)) if table and table.title else "NULL"
    features = "".join(
        f", {_known(column, _feature_nulls(feature, nulls))} AS {column}"
        for column, feature in zip(feature_columns(table), table.features if table else (), strict=True)
    )
    plain = row_rules.with_plain_ids(name, (side,))
    database.execute(
        f"CREATE VIEW validated_{name} AS SELECT *, {row_rules.reason_of(faults)} AS reason, "
        f"{row_rules.refused_value(faults)} AS refused_value FROM {plain}"
    )
    database.execute(
        f"CREATE TABLE described_{side}s AS SELECT plain_{side}_id AS {side}_id, {title} AS title{features}, "
        f"row_order, file, line FROM validated_{name} WHERE reason IS NULL "
        f"QUALIFY row_number() OVER (PARTITION BY plain_{side}_id ORDER BY row_order DESC) = 1"
    )
    ((padded,),) = database.execute(
        f"SELECT count(*) FILTER (reason IS NULL AND {side}_id != plain_{side}_id) FROM validated_{name}"
    ).fetchall()
    shown = f"json_object('{side}', left({side}_id, {SHOWN_CHARACTERS}))"
    verdict = verdicts.refuse(database, name, f"validated_{name}", shown, f"rejected_{side}s", padded=padded)
    database.execute(f"DROP VIEW validated_{name}; DROP TABLE {name}; DROP TABLE {name}_malformed")
    rejected_rows.write(database, f"rejected_{side}s", files, rejected)
    return SideRows(reading, verdict, rejected_rows.examples(database, f"rejected_{side}s", files), prefix)


def feature_columns(table: SideTable | None) -> list[str]:
    """The columns of ``described_<side>s`` with the features, in the order of dataset.json."""
    return [f"feature_{number}" for number in range(len(table.features))] if table else []


def _known(column: str, markers: Sequence[str]) -> str:
    """SQL: a text, null if it is blank or a null marker."""
    nothing = f"{row_rules.is_blank(column)} OR {row_rules.is_null_marker(column, markers)}"
    return f"CASE WHEN NOT ({nothing}) THEN {column} END"


def _feature_nulls(feature: Feature, nulls: Sequence[str] | None) -> Sequence[str]:
    return null_values.of_ids_and_numbers(nulls) if feature.type == "number" else null_values.of_texts(nulls)


def _columns(side: str, table: SideTable | None) -> dict[str, str]:
    if table is None:
        return {f"{side}_id": ""}
    named = {f"{side}_id": table.id}
    if table.title is not None:
        named["title"] = table.title
    return named | dict(zip(feature_columns(table), (feature.column for feature in table.features), strict=True))


def _lists(table: SideTable | None) -> set[str]:
    """The columns whose fields may be lists."""
    features = table.features if table else ()
    pairs = zip(feature_columns(table), features, strict=True)
    return {column for column, feature in pairs if feature.type == "categories"}
