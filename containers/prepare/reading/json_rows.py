"""Reads JSON files into the all-text table."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from containers.prepare.reading import dynamodb_json, json_values, list_text
from containers.prepare.reading.blanks import BLANKS
from containers.prepare.reading.header_advice import missing_columns
from containers.prepare.reading.input_files import InputFile
from containers.prepare.reading.json_decoding import Row
from containers.prepare.reading.row_batch import RowBatch, legible
from containers.prepare.reading.text_files import open_text
from containers.prepare.reading.text_lines import chunks
from contract.file_format import FileFormat

NO_OBJECT = "not a JSON object"
NO_ID = "is neither text nor an integer"
_VALIDATED_BY_RULES = ("value", "time", "title")  # their text is validated by the rules, or only shown


@dataclass
class JsonFields:
    """Tracks which of the wanted fields occurred in no object.

    A missing field in a single object counts as empty, like a field of CSV. ``first`` is the key of the first object's
    file and the object, None if there is no object.
    """

    wanted: list[str]
    never_seen: set[str]
    first: tuple[str, Row] | None = None

    @classmethod
    def of(cls, wanted: Collection[str]) -> "JsonFields":
        """The initial state, before any object was read."""
        return cls(list(wanted), set(wanted))

    def add(self, key: str, row: Row) -> None:
        """Add an object."""
        if self.never_seen:
            self.never_seen.difference_update(row)
            self.first = self.first or (key, row)

    def followed_by(self, later: "JsonFields") -> "JsonFields":
        """The fields of these and of later files together."""
        return JsonFields(self.wanted, self.never_seen & later.never_seen, self.first or later.first)

    def faults(self) -> list[str]:
        """Errors about fields in ``dataset.json`` that no object of any file has."""
        if not self.first or not self.never_seen:
            return []
        key, row = self.first
        missing = [name for name in self.wanted if name in self.never_seen]
        message = missing_columns(key, list(map(legible, row)), missing, _nesting(row, missing))
        return [f"no object of any file has {', '.join(map(repr, missing))}: {message}"]


class JsonRows:
    """Adds the rows of JSON files, and tracks the ``fields`` of their objects."""

    def __init__(self, columns: dict[str, str], written: FileFormat, lists: Collection[str] = ()) -> None:
        self._columns, self._written = columns, written
        self._lists = lists
        self._odd_titles = 0
        self.fields = JsonFields.of(columns.values())

    def load_file(self, file: InputFile, batch: RowBatch) -> None:
        """Add the file's rows: one object a line, or an array of objects; blank lines and {} are not rows.

        Text is used as it is, numbers in their shortest decimal form. An id must be a text or an integer: writers
        differ in the decimal form of anything else. An object or an array is not used as a title.

        Raises:
            FileFault: if the file is damaged.
        """
        folders = {name: value for name, value in file.partitions.items() if name in self._columns.values()}
        with open_text(file, self._written.encoding, newline="\n") as stream:
            for line, value, text, fault in json_values.values(file, batch.within_memory(chunks(stream))):
                if fault or not isinstance(value, dict):
                    batch.add_malformed(line, fault or NO_OBJECT, text)
                elif any(map(_is_something, value.values())):
                    self._add(file, line, folders | dynamodb_json.unwrapped(value), text, batch)

    def _add(self, file: InputFile, line: int, row: Row, text: str, batch: RowBatch) -> None:
        self.fields.add(file.key, row)
        fault = self._fault(row)
        if fault:
            batch.add_malformed(line, fault, text)
        else:
            batch.add(line, tuple(self._text(column, row.get(name)) for column, name in self._columns.items()))

    def warnings(self) -> list[str]:
        """Warnings about titles that are objects or arrays."""
        if not self._odd_titles:
            return []
        return [
            f"{self._odd_titles:,} titles in {self._columns['title']!r} are JSON objects or arrays, and not shown; "
            "name a column of texts in items.title of dataset.json."
        ]

    def _fault(self, row: Row) -> str | None:
        for column, name in self._columns.items():
            value = row.get(name)
            if column.endswith("_id"):
                if isinstance(value, bool) or not isinstance(value, str | int | None):
                    return f"{column.replace('_', ' ')} {NO_ID}"
            elif column in _VALIDATED_BY_RULES:
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


def _is_something(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip(BLANKS))


def _nesting(row: Row, missing: list[str]) -> str:
    """What to do if the wanted fields are nested in other fields; empty if they are not."""
    for name, value in row.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            shown = legible(name)
            return f"its rows are perhaps in its field {shown!r}: jq -c '.{shown}[]' FILE writes one a line"
        if isinstance(value, dict) and any(
            field in value or field == f"{name}.{inner}" for field in missing for inner in value
        ):
            return (
                f"fields within {legible(name)!r} must be fields of the row itself: "
                f"jq -c '. + .{legible(name)}' FILE writes it so"
            )
    return ""


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)
