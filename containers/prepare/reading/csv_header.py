"""Finds the wanted columns in the records of a CSV file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from containers.prepare.reading import header_advice
from containers.prepare.reading.blanks import BLANKS, is_blank_record
from containers.prepare.reading.csv_records import Record
from containers.prepare.reading.input_files import FileFault, InputFile
from containers.prepare.reading.row_batch import is_utf8
from contract.file_format import FileFormat

HEADER_AGAIN = "the header again"
Fields = tuple[str, ...]


@dataclass(frozen=True)
class Header:
    """The names of a file's columns, in order, and the wanted ones.

    ``in_folders``: the values of wanted columns that exist only in folder names.
    """

    file: InputFile
    names: list[str]
    wanted: list[str]
    in_folders: dict[str, str]

    def places(self) -> list[int]:
        """The position of each ``wanted`` column: among the file's columns, or after them, in the order of
        ``in_folders``.
        """
        columns = [*self.names, *self.in_folders]
        return [_place(columns, name) for name in self.wanted]

    def getter(self) -> Callable[[Sequence[str]], Fields]:
        """A function that gets the wanted fields of a record, in the order of ``wanted``."""
        places = self.places()
        folders = list(self.in_folders.values())
        if folders:
            return lambda fields: tuple(map([*fields, *folders].__getitem__, places))
        found: Callable[[Sequence[str]], Fields] = itemgetter(*places)
        return found

    def unusual(self) -> set[str]:
        """Values of the first wanted field for which a record may be blank, or a repeated header."""
        names = [_plain(name) for name in self.wanted]
        return {"", *self.wanted, *names, *(f"\ufeff{name}" for name in names)}

    def is_repeated(self, line: int, fields: Sequence[str]) -> bool:
        """Whether a record repeats the header, as in concatenated files.

        Raises:
            FileFault: if its columns are in another order, so that all rows after it would be misread.
        """
        names = [_plain(name) for name in self.wanted if name not in self.in_folders]
        found = [_plain(field) for field in fields]
        if not set(names) <= set(found):
            return False
        if [found.index(name) for name in names] == [_place(self.names, name) for name in names]:
            return True
        raise FileFault(
            f"{self.file.key} line {line} is a header again, with its columns in another order; make two files of it"
        )


def read(
    file: InputFile,
    written: FileFormat,
    wanted: list[str],
    found: Iterator[Record],
    *,
    delimiter: str,
    lines: list[str],
) -> Header:
    """The header, from the first record that is not blank, or from dataset.json.

    Args:
        wanted: the columns named in dataset.json.
        found: the file's records; the header is consumed.
        delimiter: of this file.
        lines: the first lines of the file.

    Raises:
        FileFault: if there is none, it cannot be read, or a name does not occur exactly once.
    """
    names = list(written.columns) if written.columns is not None else _first(file, written, found, lines)
    missing = [name for name in wanted if _place(names, name) < 0]
    in_folders = {name: file.partitions[name] for name in missing if _is_only_in_folders(file, names, name)}
    missing = [name for name in missing if name not in in_folders]
    if missing and written.columns is not None:
        raise FileFault(
            header_advice.missing_columns(file.key, names, missing, "add them to columns in input/dataset.json")
        )
    if missing:
        advice = header_advice.for_header(names, missing, delimiter, lines)
        raise FileFault(header_advice.missing_columns(file.key, names, missing, advice))
    return Header(file, names, wanted, in_folders)


def _first(file: InputFile, written: FileFormat, found: Iterator[Record], lines: list[str]) -> list[str]:
    for _, fields, fault in found:
        if fault:
            raise FileFault(f"{file.key} has no header: {fault}; {header_advice.for_broken(lines)}")
        if not is_utf8("".join(fields)):
            raise FileFault(
                f"{file.key} is not {written.encoding_name}: its header cannot be read; save the file as UTF-8, or set "
                'its "encoding" in input/dataset.json, such as "cp1252"'
            )
        if not is_blank_record(fields):
            return fields
    raise FileFault(f"{file.key} has no header: it is empty; its first row must name the columns")


def _place(names: list[str], wanted: str) -> int:
    """The position of the only column with this name, -1 if there is none or several; blanks count only if needed."""
    if names.count(wanted) == 1:
        return names.index(wanted)
    plain = [_plain(name) for name in names]
    return plain.index(_plain(wanted)) if plain.count(_plain(wanted)) == 1 else -1


def _is_only_in_folders(file: InputFile, names: list[str], wanted: str) -> bool:
    return wanted in file.partitions and _plain(wanted) not in [_plain(name) for name in names]


def _plain(name: str) -> str:
    return name.strip(BLANKS)
