"""JSON lines to the all-text table."""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from containers.prepare import list_text
from containers.prepare.input_files import InputFile, missing_columns, open_text
from containers.prepare.row_batch import RowBatch

INVALID_JSON = "invalid JSON"
NO_OBJECT = "not a JSON object"
REPEATED_NAME = "a name twice in one JSON object"
_BLANKS = " \t\r\n"
_JUDGED_BY_RULES = ("value", "time", "title")  # whose text is judged like any other, or is only shown


class _RepeatedName(ValueError):
    """Which of the values counts would be for the reader to guess."""


class JsonRows:
    """Adds the rows of JSON lines files, and knows which of the wanted fields no object of any file had.

    A single object may leave a field out: then it is empty, like a field of CSV.
    """

    def __init__(self, columns: dict[str, str], lists: Collection[str] = ()) -> None:
        self._columns = columns
        self._lists = lists
        self._odd_titles = 0
        self._never_seen = set(columns.values())
        self._first: tuple[InputFile, list[str]] | None = None

    def load_file(self, file: InputFile, batch: RowBatch) -> None:
        """Add the file's rows: one object a line; blank lines are no rows, but count as lines.

        Text is taken as it is, numbers by their shortest decimal form. An id must be text or an integer:
        the decimal form of anything else is not one and the same from writer to writer. A title that is an object or
        an array is none.

        Raises:
            FileFault: when the file is damaged.
        """
        with open_text(file, newline="\n") as stream:
            for line, text in _lines(stream):
                row, reason = _parsed(text)
                reason = reason or self._fault(row)
                if self._never_seen and row:
                    self._never_seen.difference_update(row)
                    self._first = self._first or (file, list(row))
                if reason:
                    batch.add_malformed(line, reason, text.strip(_BLANKS))
                else:
                    batch.add(line, tuple(self._text(column, row.get(name)) for column, name in self._columns.items()))

    def faults(self) -> list[str]:
        """That no object of any file has a field which ``dataset.json`` names."""
        if not self._first or not self._never_seen:
            return []
        file, names = self._first
        missing = [name for name in self._columns.values() if name in self._never_seen]
        return [f"no object of any file has {', '.join(map(repr, missing))}: {missing_columns(file, names, missing)}"]

    def warnings(self) -> list[str]:
        """That titles were objects or arrays."""
        if not self._odd_titles:
            return []
        return [
            f"{self._odd_titles:,} titles in {self._columns['title']!r} are JSON objects or arrays, and not shown; "
            "name a column of texts in items.title of dataset.json."
        ]

    def _fault(self, row: dict[str, Any]) -> str | None:
        for column, name in self._columns.items():
            value = row.get(name)
            if column.endswith("_id"):
                if isinstance(value, bool) or not isinstance(value, str | int | None):
                    return f"{column.replace('_', ' ')} is neither text nor an integer"
            elif column in _JUDGED_BY_RULES:
                continue
            elif isinstance(value, dict):
                return list_text.nested(name, "an object")
            elif isinstance(value, list):
                if column not in self._lists:
                    return list_text.misplaced_list(name)
                if any(isinstance(element, dict | list) for element in value):
                    return list_text.nested(name, "a list of objects or lists")
        return None

    def _text(self, column: str, value: object) -> str:
        if column == "title" and isinstance(value, dict | list):
            self._odd_titles += 1
            return ""
        if isinstance(value, list):
            return list_text.joined([None if element is None else _text(element) for element in value])
        return _text(value)


def _lines(stream: Iterable[str]) -> Iterator[tuple[int, str]]:
    for line, text in enumerate(stream, start=1):
        if text.strip(_BLANKS):
            yield line, text


def _parsed(text: str) -> tuple[dict[str, Any], str | None]:
    try:
        row = _DECODER.decode(text)
    except _RepeatedName:
        return {}, REPEATED_NAME
    except (ValueError, RecursionError):
        return {}, INVALID_JSON
    return (row, None) if isinstance(row, dict) else ({}, NO_OBJECT)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise _RepeatedName
    return row


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


# NaN and Infinity are not JSON, but Python and others write them; as values they are refused like everywhere.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique)
