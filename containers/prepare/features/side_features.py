"""Encodes the side features of users and items as columns of the feature space."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from containers.feature_space import SideFeatures
from containers.prepare.features import feature_texts
from containers.prepare.features.feature_texts import BadTexts
from containers.prepare.features.side_tables import feature_columns
from containers.prepare.reading import list_text
from containers.prepare.reading.input_files import InputFile
from containers.prepare.validation.row_rules import BLANKS, decimal, is_blank
from contract.documents import Columns, FeatureColumns, FieldSummary
from contract.side_table import Feature, SideTable

# Adam moves a parameter by about its learning rate in each batch that touches it, whatever the gradient. A genre is in
# every batch and an item in few, so at full weight the model would learn the genres first and overfit them
# (docs/decisions/0017, measured on validation splits).
_FIELD_WEIGHT = 0.1


@dataclass(frozen=True)
class Field:
    """One side feature, encoded.

    ``values`` names its columns in the feature space, in order; ``edges`` are the inner bounds of a number's intervals,
    each of which includes its lower bound. ``missing`` and ``invalid`` count the users (or items) of the index without
    a value and those with an invalid one, with ``examples`` of these as text. ``other_separator`` is the probable
    separator of multiple categories if no value has the configured one, and how many texts have it.
    """

    feature: Feature
    values: list[str]
    edges: list[float]
    missing: int
    invalid: int
    examples: list[str]
    other_separator: tuple[str, int] | None = None


@dataclass(frozen=True)
class EncodedSide:
    """All side features of the users, or of the items: ``fields`` in the order of dataset.json, and the matrix.

    ``first`` is their first column in the feature space.
    """

    side: str
    rows: int
    first: int
    fields: list[Field]
    matrix: SideFeatures

    @property
    def width(self) -> int:
        """How many columns of the feature space the side takes."""
        return sum(len(field.values) for field in self.fields)

    def columns_of(self, name: str) -> dict[str, int]:
        """The column of the feature space for each value of the field called ``name`` in dataset.json."""
        first = self.first
        for field in self.fields:
            if field.feature.column == name:
                return {value: first + place for place, value in enumerate(field.values)}
            first += len(field.values)
        raise KeyError(name)


def encode(
    database: duckdb.DuckDBPyConnection, side: str, table: SideTable | None, first: int, files: list[InputFile]
) -> EncodedSide:
    """Create the table ``<side>_features`` (<side>_index, feature, weight) from ``described_<side>s`` and ``<side>s``.

    A field's weights sum to _FIELD_WEIGHT for each user or item that has it: an item with three genres gets a third of
    that for each, so that a long description does not give an item more weight. Values are ordered by the bytes of
    their text, intervals by their bounds.

    Args:
        first: the first free column of the feature space.
        files: the side's files, named in examples.
    """
    database.execute(f"CREATE TABLE {side}_features ({side}_index INTEGER, feature INTEGER, weight FLOAT)")
    rows = int(database.execute(f"SELECT count(*) FROM {side}s").fetchall()[0][0])
    fields, column = [], first
    for name, feature in zip(feature_columns(table), table.features if table else (), strict=True):
        database.execute(
            f"CREATE TEMP TABLE given AS "
            f"SELECT {side}_index AS place, trim({name}, {BLANKS}) AS text, row_order, file, line "
            f"FROM {side}s JOIN described_{side}s USING ({side}_id) WHERE NOT {is_blank(name)}"
        )
        bad = feature_texts.find_bad(database, feature, files, f"{side}_rows_groups")
        other_separator = feature_texts.other_separator(database, feature) if feature.type == "categories" else None
        database.execute(f"DELETE FROM given WHERE {feature_texts.is_bad(feature, 'text')}")
        edges = _split(database, feature)
        fields.append(_field(database, feature, edges, rows, bad=bad, other_separator=other_separator))
        database.execute(
            f"""
            INSERT INTO {side}_features
            WITH codes AS (SELECT code, $column + row_number() OVER (ORDER BY code) - 1 AS feature
                           FROM (SELECT DISTINCT code FROM coded))
            SELECT place, feature, $weight / count(*) OVER (PARTITION BY place) FROM coded JOIN codes USING (code)
            """,
            {"column": column, "weight": _FIELD_WEIGHT},
        )
        column += len(fields[-1].values)
        database.execute("DROP TABLE given; DROP TABLE coded")
    found = database.execute(f"FROM {side}_features ORDER BY {side}_index, feature").fetchnumpy()
    matrix = SideFeatures.of_triples(rows, found[f"{side}_index"], found["feature"], found["weight"])
    return EncodedSide(side, rows, first, fields, matrix)


def described(sides: Iterable[EncodedSide]) -> dict[str, list[FeatureColumns]]:
    """index/features.json: by side, each field with its columns."""
    document = {}
    for encoded in sides:
        column = encoded.first
        entries: list[FeatureColumns] = []
        for field in encoded.fields:
            columns: Columns = {"first": column, "values": field.values}
            if field.feature.type == "number":
                columns["edges"] = field.edges
            entries.append({**summarized(field, encoded.rows), **columns})
            column += len(field.values)
        document[f"{encoded.side}s"] = entries
    return document


def summarized(field: Field, rows: int) -> FieldSummary:
    """A summary of a field: cardinality, and the share of users or items without a value."""
    return {
        "column": field.feature.column,
        "type": field.feature.type,
        "cardinality": len(field.values),
        "missing": round(field.missing / rows, 6),
        "invalid": field.invalid,
    }


def _split(database: duckdb.DuckDBPyConnection, feature: Feature) -> list[float]:
    """Create ``coded`` (place, code) from ``given``, and return a number's inner edges."""
    if feature.type == "number":
        numbers = database.execute(f"SELECT {decimal('text')} AS number FROM given").fetchnumpy()["number"]
        edges = _edges(np.asarray(numbers, dtype=np.float64), feature.bins)
        database.execute(
            "CREATE TEMP TABLE coded AS SELECT place, "
            f"len(list_filter($edges::DOUBLE[], lambda edge: edge <= {decimal('text')})) AS code FROM given",
            {"edges": edges},
        )
        return edges
    if feature.type == "category":
        database.execute("CREATE TEMP TABLE coded AS SELECT place, text AS code FROM given")
    else:
        database.execute(
            f"""
            CREATE TEMP TABLE coded AS SELECT DISTINCT place, trim(part, {BLANKS}) AS code
            FROM (SELECT place, unnest({list_text.parts_sql("text", "$separator")}) AS part FROM given)
            WHERE NOT {is_blank("part")}
            """,
            {"separator": feature.separator},
        )
    return []


def _edges(numbers: np.ndarray[Any, np.dtype[np.float64]], bins: int) -> list[float]:
    """The inner bounds of intervals with about the same number of values; equal bounds are merged."""
    if not len(numbers):
        return []
    inner = np.quantile(numbers, np.arange(1, bins) / bins, method="inverted_cdf")
    # An interval includes its lower bound, so with an edge at the minimum there would be an empty interval below it.
    return [float(edge) for edge in np.unique(inner) if edge > numbers.min()]


def _field(
    database: duckdb.DuckDBPyConnection,
    feature: Feature,
    edges: list[float],
    rows: int,
    *,
    bad: BadTexts,
    other_separator: tuple[str, int] | None,
) -> Field:
    codes = [code for (code,) in database.execute("SELECT DISTINCT code FROM coded ORDER BY code").fetchall()]
    coded = int(database.execute("SELECT count(DISTINCT place) FROM coded").fetchall()[0][0])
    values = [_interval(code, edges) for code in codes] if feature.type == "number" else codes
    return Field(feature, values, edges, rows - coded, bad.rows, bad.examples, other_separator)


def _interval(code: int, edges: list[float]) -> str:
    if not edges:
        return "any"
    if code == 0:
        return f"below {edges[0]:g}"
    if code == len(edges):
        return f"{edges[-1]:g} and above"
    return f"{edges[code - 1]:g} to {edges[code]:g}"
