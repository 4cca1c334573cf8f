"""CSV files to the all-text table."""

from collections.abc import Iterator
from operator import itemgetter

from containers.prepare.csv_records import Record, records
from containers.prepare.input_files import FileFault, InputFile, missing_columns, open_text
from containers.prepare.row_batch import RowBatch, is_utf8

TOO_FEW_FIELDS = "too few fields"
TOO_MANY_FIELDS = "too many fields"


def load_file(file: InputFile, columns: dict[str, str], batch: RowBatch) -> None:
    """Add the file's rows. Its header names its columns, which may come in any order, with others beside them.

    Raises:
        FileFault: when the file is damaged or its header is not usable.
    """
    with open_text(file, newline="") as stream:
        found = records(stream)
        header = _header(file, found)
        missing = [name for name in columns.values() if header.count(name) != 1]
        if missing:
            raise FileFault(missing_columns(file, header, missing))
        width = len(header)
        wanted = itemgetter(*(header.index(name) for name in columns.values()))
        for line, fields, fault in found:
            if fault is None and len(fields) == width:
                batch.add(line, wanted(fields))
            else:
                reason = fault or (TOO_FEW_FIELDS if len(fields) < width else TOO_MANY_FIELDS)
                batch.add_malformed(line, reason, ",".join(fields))


def _header(file: InputFile, found: Iterator[Record]) -> list[str]:
    _, header, fault = next(found, (0, [], "it is empty"))
    if fault:
        raise FileFault(f"{file.key} has no header: {fault}; its first row must name the columns")
    if not is_utf8("".join(header)):
        raise FileFault(f"{file.key} is not UTF-8: its header cannot be read; save the file as UTF-8")
    return header
