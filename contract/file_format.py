"""The format of the input files: format, delimiter, header and encoding, as ``input/dataset.json`` gives them."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMATS = ("csv", "jsonl", "parquet")
FIELDS = ("format", "delimiter", "header", "columns", "encoding", "quote", "escape")
_OF_CSV = ("delimiter", "header", "columns", "quote", "escape")
_OF_TEXT = (*_OF_CSV, "encoding")
TAB = "tab"
# Common names of the formats; tsv also sets the delimiter, unless another is given.
_OTHER_NAMES = {"tsv": "csv", "json": "jsonl", "ndjson": "jsonl", "jsonlines": "jsonl", "json lines": "jsonl"}
# Python accepts these codecs, but they are not text encodings of files: Python's own escapes, and host names.
_NO_FILE_ENCODINGS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"}


@dataclass(frozen=True)
class FileFormat:
    """The format of the files in one folder.

    All fields except ``format`` and ``encoding`` apply to CSV. ``columns`` names the columns of files without a header,
    and is None if they have one. ``quote`` is empty if nothing is quoted, ``escape`` if nothing is escaped.
    """

    format: str = "csv"
    delimiter: str = ","
    columns: tuple[str, ...] | None = None
    encoding: str = "utf-8"
    quote: str = '"'
    escape: str = ""

    @property
    def encoding_name(self) -> str:
        """The usual name, or the one that dataset.json uses."""
        return "UTF-8" if self.encoding == "utf-8" else self.encoding


AS_USUAL = FileFormat()


def faults(given: Mapping[str, Any], where: str = "", inherited: Mapping[str, Any] | None = None) -> list[str]:
    """All errors in a file format.

    Args:
        given: dataset.json, or one side of it.
        where: the prefix of field names in messages: empty, ``items.`` or ``users.``.
        inherited: dataset.json, if ``given`` is a side.
    """
    kind = _format(given, inherited or {})
    if kind not in FORMATS:
        return [_format_fault(f"{where}format", given.get("format"))]
    found = [_belongs_fault(where, name, kind) for name in _OF_TEXT if name in given]
    if "encoding" in given:
        found.append(_encoding_fault(f"{where}encoding", given["encoding"]))
    if kind == "csv":
        found += _csv_faults(given, where, inherited or {})
    return [fault for fault in found if fault]


def parse(given: Mapping[str, Any], inherited: Mapping[str, Any] | None = None) -> FileFormat:
    """Parses a valid description. A side inherits missing fields from ``inherited`` if the formats are the same."""
    settings = _settings(given, inherited or {})
    columns, quote, escape = settings.get("columns"), settings.get("quote", '"') or "", settings.get("escape") or ""
    return FileFormat(
        _format(given, inherited or {}),
        _character(settings.get("delimiter", ",")),
        tuple(columns) if columns and not settings.get("header", True) else None,
        settings.get("encoding", "utf-8"),
        quote,
        escape if escape != quote else "",  # a doubled quote means the same
    )


def rewritten(document: Mapping[str, Any]) -> dict[str, Any]:
    """dataset.json for the same data rewritten as UTF-8, and as CSV with commas, quotes and a header."""
    plain = {name: value for name, value in document.items() if name not in FIELDS}
    for side in ("items", "users"):
        if side in document:
            kept = {name: value for name, value in document[side].items() if name not in FIELDS}
            plain[side] = kept | {"format": _format(document[side], document)}
    return plain | {"format": _format(document, {})}


def _settings(given: Mapping[str, Any], inherited: Mapping[str, Any]) -> dict[str, Any]:
    """The effective options: the side's own, otherwise those for all files if their format is the same."""
    of_all = inherited if _format(given, inherited) == _format(inherited, {}) else {}
    settings = {name: of_all[name] for name in FIELDS if name in of_all and name != "columns"}
    if _is_tsv(given if "format" in given else of_all):
        settings["delimiter"] = TAB
    return settings | {name: given[name] for name in FIELDS if name in given}


def _format(given: Mapping[str, Any], inherited: Mapping[str, Any]) -> str:
    name = given.get("format", inherited.get("format", "csv"))
    folded = name.strip().lower().removeprefix(".") if isinstance(name, str) else ""
    return _OTHER_NAMES.get(folded, folded)


def _is_tsv(given: Mapping[str, Any]) -> bool:
    name = given.get("format")
    return isinstance(name, str) and name.strip().lower().removeprefix(".") == "tsv"


def _format_fault(name: str, given: object) -> str:
    fault = f"{name} must be one of {', '.join(FORMATS)}, got {given!r}"
    if str(given).lower().strip(". ") in ("xlsx", "xls", "excel", "ods", "orc", "avro", "feather", "arrow", "xml"):
        return f"{fault}: save the files as CSV or Parquet"
    if str(given).lower().strip(". ") in ("txt", "text", "psv", "dat", "delimited", "dsv"):
        return f'{fault}: set "format": "csv" and the column separator as "delimiter"'
    return fault


def _belongs_fault(where: str, name: str, kind: str) -> str:
    kinds = ("csv",) if name in _OF_CSV else ("csv", "jsonl")
    if kind in kinds:
        return ""
    return f"{where}{name} says how {' or '.join(kinds)} is written, and format is {kind}: leave {name} out"


def _csv_faults(given: Mapping[str, Any], where: str, inherited: Mapping[str, Any]) -> list[str]:
    settings = _settings(given, inherited)
    found = [_delimiter_fault(f"{where}delimiter", given["delimiter"])] if "delimiter" in given else []
    found += [
        _quote_fault(f"{where}{name}", given[name])
        for name in ("quote", "escape")
        if name in given and given[name] is not None
    ]
    delimiter = _character(settings.get("delimiter", ","))
    if delimiter in (settings.get("quote", '"'), settings.get("escape")):
        found.append(f"{where}delimiter must be another character than quote and escape, got {delimiter!r} for both")
    return found + _header_faults(given, where, settings)


def _header_faults(given: Mapping[str, Any], where: str, settings: Mapping[str, Any]) -> list[str]:
    header, columns = settings.get("header", True), given.get("columns")
    if not isinstance(header, bool):
        return [f"{where}header must be true or false, got {header!r}"]
    if columns is None and "columns" not in given:
        missing = f'{where}columns is missing: with "header": false it lists the names of all columns in their order'
        own = f', or set "header": true in {where[:-1]}' if where else ""
        return [] if header else [missing + own]
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
        return [f"{where}columns must list the names of all columns in their order, got {columns!r}"]
    if header:
        return [f'{where}columns is for files without a header: also set "header": false, or leave out columns']
    twice = sorted({name for name in columns if columns.count(name) > 1})
    return [f"{where}columns names {', '.join(map(repr, twice))} twice"] if twice else []


def _delimiter_fault(name: str, given: object) -> str:
    if isinstance(given, str) and len(_character(given)) > 1:
        return (
            f"{name} must be one character or {TAB}, got {given!r}: replace it in the files with one character that "
            f'the data does not contain, such as a tab, and set "delimiter": "{TAB}"'
        )
    if isinstance(given, str) and given and _character(given) not in "\r\n":
        return ""
    return f"{name} must be one character or {TAB}, got {given!r}"


def _quote_fault(name: str, given: object) -> str:
    if isinstance(given, str) and len(given) <= 1 and given not in ("\r", "\n"):
        return ""
    return f"{name} must be one character, or empty for none, got {given!r}"


def _encoding_fault(name: str, given: object) -> str:
    if isinstance(given, str) and _is_text_encoding(given):
        return ""
    return f"{name} must name a text encoding, such as utf-8, cp1252 or shift_jis, got {given!r}"


def _is_text_encoding(name: str) -> bool:
    try:
        "user\n".encode(name).decode(name)
    except (LookupError, ValueError):  # LookupError for a name that is unknown or no text encoding, such as rot13
        return False
    return codecs.lookup(name).name.replace("-", "_") not in _NO_FILE_ENCODINGS


def _character(delimiter: Any) -> str:
    if isinstance(delimiter, str) and delimiter.lower() in (TAB, r"\t"):
        return "\t"
    return str(delimiter)
