"""Applies ``where`` of dataset.json: rows filtered out before any row is validated."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import duckdb

from containers.prepare.reading.row_batch import SHOWN_CHARACTERS
from containers.prepare.reading.sql_text import literal
from containers.prepare.validation.row_rules import BLANKS, decimal, is_blank, is_null_marker, text_columns
from contract import null_values
from contract.dataset import Dataset
from contract.row_filter import Condition, Value, named

_SHOWN_VALUES = 5
_EXACT_DOUBLE = 2**53  # above this, several integers have the same double


@dataclass(frozen=True)
class Filtered:
    """How many rows were filtered out, and the warnings about the filter; ``asked`` is whether there is a filter.

    ``forgotten`` rows were removed before, because their users were forgotten; None if there are no forgotten users.
    """

    asked: bool = False
    rows: int = 0
    forgotten: int | None = None
    warnings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        """The rows that are not validated, for either reason."""
        return self.rows + (self.forgotten or 0)


def apply(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset) -> Filtered:
    """Keep the rows of ``table`` that meet every condition of ``where``.

    A row that does not meet a condition is filtered out, whatever else may be wrong with it. But if a column that must
    be a number contains something else, it is unknown whether the row is wanted: the row moves to
    ``<table>_malformed``, and is rejected. A column without a value (blank or a null marker) is outside any bounds, and
    equals "".

    Texts are compared without surrounding blanks, numbers by value (5 equals 5.0 and "05"), booleans ignoring case.
    """
    if not dataset.where:
        return Filtered()
    found = filtered(dataset, [count(database, table, dataset)], lambda n: texts(database, table, dataset, n))
    keep(database, table, dataset)
    return found


@dataclass(frozen=True)
class Counts:
    """The number of rows, of rows left out and kept; by condition, the number of rows for which it and each of its
    values holds.
    """

    rows: int
    left_out: int
    wanted: int
    holds: list[int]
    values: list[list[int]]


def count(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset) -> Counts:
    """The counts for ``filtered``; those of several tables can be added."""
    conditions = _conditions(dataset)
    wanted = _wanted(conditions)
    holds = [
        ["count(*)", f"count(*) FILTER (NOT ({wanted}))", f"count(*) FILTER ({wanted})"],
        [f"count(*) FILTER ({each.sql})" for each in conditions],
        *([f"count(*) FILTER ({each.equals(value)})" for value in each.wanted.values] for each in conditions),
    ]
    counted = ", ".join(each for condition in holds for each in condition)
    found = iter(database.execute(f"SELECT {counted} FROM {table}").fetchall()[0])
    (rows, left_out, kept), of_conditions, *values = ([next(found) for _ in each] for each in holds)
    return Counts(rows, left_out, kept, of_conditions, values)


def is_unseen(counts: Counts, number: int) -> bool:
    """Whether a condition holds for no row, or one of its values is in no row."""
    return not counts.holds[number] or not all(counts.values[number])


def texts(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, number: int) -> duckdb.DuckDBPyRelation:
    """(text, rows): the texts in the column of a condition, and the number of rows with each."""
    return database.sql(f"SELECT {_conditions(dataset)[number].text} AS text, count(*) AS rows FROM {table} GROUP BY 1")


def filtered(
    dataset: Dataset, counts: Iterable[Counts], texts_of: Callable[[int], duckdb.DuckDBPyRelation]
) -> Filtered:
    """The result of the filter.

    Args:
        counts: the counts of any number of tables.
        texts_of: returns the ``texts`` of all these tables for a condition, given its number; a text may occur several
            times.
    """
    found = _sum(counts)
    if not found.rows:
        return Filtered(asked=True)
    messages = [
        _ConditionShare.of(each, found.holds[number], found.values[number], partial(texts_of, number))
        for number, each in enumerate(dataset.where)
    ]
    if not found.wanted and found.left_out:
        return Filtered(True, found.left_out, faults=[_nothing_left(found.rows, messages)])
    return Filtered(True, found.left_out, warnings=[each.warning for each in messages if each.warning])


def keep(database: duckdb.DuckDBPyConnection, table: str, dataset: Dataset) -> None:
    """Remove unwanted rows from ``table``, and move rows that cannot be compared to ``<table>_malformed``."""
    conditions = _conditions(dataset)
    wanted = _wanted(conditions)
    unreadable = " ".join(f"WHEN ({each.sql}) IS NULL THEN {each.reason}" for each in conditions)
    shown = " ".join(f"WHEN ({each.sql}) IS NULL THEN {each.shown}" for each in conditions)
    database.execute(
        f"""
        INSERT INTO {table}_malformed
        SELECT row_order, file, line, CASE {unreadable} END, CASE {shown} END FROM {table} WHERE ({wanted}) IS NULL
        """
    )
    database.execute(f"CREATE TABLE {table}_wanted AS FROM {table} WHERE {wanted}")
    database.execute(f"DROP TABLE {table}; ALTER TABLE {table}_wanted RENAME TO {table}")


def _conditions(dataset: Dataset) -> list["_Condition"]:
    by_name = {name: column for column, name in text_columns(dataset).items()}
    return [_Condition(by_name[each.column], each, dataset.null_values) for each in dataset.where]


def _wanted(conditions: list["_Condition"]) -> str:
    return " AND ".join(f"({condition.sql})" for condition in conditions)


def _sum(counts: Iterable[Counts]) -> Counts:
    found = list(counts)
    return Counts(
        sum(each.rows for each in found),
        sum(each.left_out for each in found),
        sum(each.wanted for each in found),
        [sum(holds) for holds in zip(*(each.holds for each in found), strict=True)],
        [
            [sum(rows) for rows in zip(*values, strict=True)]
            for values in zip(*(each.values for each in found), strict=True)
        ],
    )


@dataclass(frozen=True)
class _Condition:
    """A condition and its column in the all-text table; ``nulls`` is ``null_values`` of dataset.json."""

    column: str
    wanted: Condition
    nulls: Sequence[str] | None

    @property
    def sql(self) -> str:
        """Whether it is met; null if the column must be a number but contains something else."""
        if self.wanted.values:
            return " OR ".join(f"({self.equals(value)})" for value in self.wanted.values)
        signs = {"at_least": ">=", "at_most": "<="}
        within = " AND ".join(f"({self.number}) {signs[name]} {_double(n)}" for name, n in self.wanted.bounds().items())
        return f"CASE WHEN {self.has_no_value(null_values.of_ids_and_numbers(self.nulls))} THEN false ELSE {within} END"

    def equals(self, value: Value) -> str:
        """SQL: whether the column has this value; never null."""
        if isinstance(value, bool):
            return f"lower({self.text}) = {literal(named(value))}"
        if value == "":
            return self.has_no_value(null_values.of_texts(self.nulls))
        if isinstance(value, str):
            return f"{self.text} = trim({literal(value)}, {BLANKS})"
        if abs(value) >= _EXACT_DOUBLE:
            return f"{self.text} = {literal(str(value))}"
        return f"coalesce(({self.number}) = {_double(value)}, false)"

    def has_no_value(self, markers: Sequence[str]) -> str:
        """SQL: whether the column is blank or one of the ``markers``."""
        return f"({is_blank(self.column)} OR {is_null_marker(self.column, markers)})"

    @property
    def text(self) -> str:
        return f"trim(coalesce({self.column}, ''), {BLANKS})"

    @property
    def number(self) -> str:
        """SQL: the column's number; null if it is not a number, and for NaN, which DuckDB sorts above all numbers."""
        return f"CASE WHEN NOT isnan({decimal(self.column)}) THEN {decimal(self.column)} END"

    @property
    def reason(self) -> str:
        return literal(f"{self.wanted.column} is not a number, and where in dataset.json has bounds for it")

    @property
    def shown(self) -> str:
        return f"{literal(f'{self.wanted.column}: ')} || left({self.column}, {SHOWN_CHARACTERS})"


@dataclass(frozen=True)
class _ConditionShare:
    """A condition as text: how many rows meet it, and the column's frequent texts if a value occurs in no row."""

    holds: str
    warning: str | None

    @classmethod
    def of(
        cls, condition: Condition, rows: int, by_value: list[int], texts_of: Callable[[], duckdb.DuckDBPyRelation]
    ) -> "_ConditionShare":
        holds = f"{condition} holds for {rows:,}"
        unseen = [named(value) for value, found in zip(condition.values, by_value, strict=True) if not found]
        if rows and not unseen:
            return cls(holds, None)
        there = f"the column has {_frequent(texts_of())}"
        if not rows:
            return cls(f"{holds}: {there}", None)
        return cls(
            holds,
            f"No row has {', '.join(unseen)} in {condition.column}, as where in dataset.json asks for: {there}.",
        )


def _frequent(texts: duckdb.DuckDBPyRelation) -> str:
    """The most frequent of some ``texts``, each with its share of the rows."""
    ranked = texts.query(
        "texts",
        f"""
        SELECT left(text, {SHOWN_CHARACTERS}), rows / sum(rows) OVER (), count(*) OVER ()
        FROM (SELECT text, sum(rows)::BIGINT AS rows FROM texts GROUP BY text)
        ORDER BY rows DESC, text LIMIT {_SHOWN_VALUES}
        """,
    )
    assert ranked is not None  # it is only for statements other than SELECT
    found = ranked.fetchall()
    message = ", ".join(f"{repr(text) if text else 'nothing'} ({share:.1%})" for text, share, _ in found)
    others = found[0][2] - len(found)
    return f"{message}{f' and {others:,} other values' if others else ''}"


def _nothing_left(rows: int, conditions: list[_ConditionShare]) -> str:
    return (
        f"where in input/dataset.json leaves none of {rows:,} rows: {'; '.join(each.holds for each in conditions)}; "
        "use values that the data has"
    )


def _double(number: float) -> str:
    return f"CAST({number!r} AS DOUBLE)"
