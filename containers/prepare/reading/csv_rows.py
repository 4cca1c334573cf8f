"""Reads CSV files into the all-text table."""

import re
from collections.abc import Iterator
from itertools import chain

from containers.prepare.reading import csv_header, header_advice
from containers.prepare.reading.blanks import is_blank_record
from containers.prepare.reading.csv_header import HEADER_AGAIN, Header
from containers.prepare.reading.csv_records import Dialect, Record, records
from containers.prepare.reading.input_files import FileFault, InputFile
from containers.prepare.reading.plain_csv import PlainCsv, line_count
from containers.prepare.reading.row_batch import RowBatch
from containers.prepare.reading.segments import SegmentedText
from containers.prepare.reading.text_files import open_text
from containers.prepare.reading.text_lines import Block, blocks
from contract.file_format import FileFormat

TOO_FEW_FIELDS = "too few fields"
TOO_MANY_FIELDS = "too many fields"
RULER = "a line drawn under the header"
_EXCEL_DELIMITER = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
# Rulers drawn by database clients and Markdown: ----, :---:, ====, +-----+.
_DRAWN = re.compile(r"\s*[+:]?[-=]+[-=+]*:?\s*")
_SAMPLE_LINES = 10


def load_file(file: InputFile, batch: RowBatch, *, columns: dict[str, str], written: FileFormat) -> None:
    """Add the file's rows. Its header names its columns, in any order, including columns that are not needed.

    Blank records are not rows.

    Raises:
        FileFault: if the file is damaged or its header is unusable.
    """
    with open_text(file, written.encoding, newline="") as stream:
        text = SegmentedText(stream)
        dialect, found = _dialect(written, blocks(batch.within_memory(text.pieces()), ""))
        sample, found = _sample(found)
        rows = records(found, dialect)
        header = csv_header.read(file, written, list(columns.values()), rows, delimiter=dialect.delimiter, lines=sample)
        if written.columns is None:
            rows = _without_ruler(rows, batch)
        width, rows = _width(header, written, rows, dialect, sample)
        rows = _not_plain(PlainCsv(header, width, dialect), text, rows, batch)
        _load_rows(header, width, rows, batch)


def _not_plain(plain: PlainCsv, text: SegmentedText, rows: Iterator[Record], batch: RowBatch) -> Iterator[Record]:
    """The records after those that DuckDB's reader has loaded, up to the first segment that it declines."""
    first = next(rows, None)
    if first is None:
        return rows
    line, rows = first[0], chain([first], rows)
    segment = text.from_line(line)
    if not segment or not plain.load(segment, line, batch):
        return rows
    line += line_count(segment)
    while segment := text.next_segment():
        if not plain.load(segment, line, batch):
            left = chain(text.rest_of_segment(), text.pieces())
            return records(blocks(batch.within_memory(left), "", first=line), plain.dialect)
        line += line_count(segment)
    return iter(())


def _load_rows(header: Header, width: int, rows: Iterator[Record], batch: RowBatch) -> None:
    wanted, unusual = header.getter(), header.unusual()
    for line, fields, fault in rows:
        if fault is None and len(fields) == width:
            row = wanted(fields)
            if (row[0] in unusual or row[0].isspace()) and _is_no_row(header, line, fields, batch):
                continue
            batch.add(line, row)
        elif fault or not is_blank_record(fields):
            reason = fault or (TOO_FEW_FIELDS if len(fields) < width else TOO_MANY_FIELDS)
            batch.add_malformed(line, reason, ",".join(fields))


def _without_ruler(rows: Iterator[Record], batch: RowBatch) -> Iterator[Record]:
    """The rows below the header, without a ruler between them, whose dashes would be ids."""
    first = next(rows, None)
    if first is None:
        return rows
    line, fields, fault = first
    drawn = [field for field in fields if field.strip()]
    # A column with one letter has a single dash, which may be an id, but not all columns do.
    if fault or not all(map(_DRAWN.fullmatch, drawn)) or not any(len(field.strip()) > 1 for field in drawn):
        return chain([first], rows)
    batch.add_malformed(line, RULER, ",".join(fields))
    return rows


def _is_no_row(header: Header, line: int, fields: list[str], batch: RowBatch) -> bool:
    """Whether a record is blank, which is ignored, or repeats the header, which is rejected."""
    if is_blank_record(fields):
        return True
    if header.is_repeated(line, fields):
        batch.add_malformed(line, HEADER_AGAIN, ",".join(fields))
        return True
    return False


def _dialect(written: FileFormat, found: Iterator[Block]) -> tuple[Dialect, Iterator[Block]]:
    """How the file is split into fields: as dataset.json says, unless its first line is Excel's ``sep=;``."""
    delimiter = written.delimiter
    first = next(found, None)
    if first is None:
        return Dialect(delimiter, written.quote, written.escape), found
    message = _EXCEL_DELIMITER.fullmatch(first.lines[0])
    if message:
        delimiter, first = message[1], Block(first.first + 1, first.lines[1:])
    return Dialect(delimiter, written.quote, written.escape), chain([first] if first.lines else [], found)


def _sample(found: Iterator[Block]) -> tuple[list[str], Iterator[Block]]:
    first = next(found, None)
    return (first.lines[:_SAMPLE_LINES], chain([first], found)) if first else ([], found)


def _width(
    header: Header, written: FileFormat, rows: Iterator[Record], dialect: Dialect, sample: list[str]
) -> tuple[int, Iterator[Record]]:
    """The number of fields in a row: as in the header, or one more if the first row ends with a delimiter.

    Raises:
        FileFault: if there is no header, and another delimiter gives the first row the number of columns in
            dataset.json.
    """
    width = len(header.names)
    first = next(rows, None)
    if first is None:
        return width, rows
    _, fields, fault = first
    if fault is None and len(fields) == width + 1 and not fields[-1].strip():
        width += 1
    elif written.columns is not None and len(fields) != width:
        advice = header_advice.for_width(width, dialect.delimiter, sample)
        if advice:
            raise FileFault(f"{header.file.key} has {len(fields)} fields in its first row, not {width}; {advice}")
    return width, chain([first], rows)
