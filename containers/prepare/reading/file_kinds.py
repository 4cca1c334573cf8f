"""Identifies files that are not text by their first bytes."""

import re

# Formats that would otherwise be read as garbage lines, which a reject_limit might accept. By fix: save it as CSV ...
_TABLES = {
    b"PAR1\x15": "Parquet",
    b"PARE": "encrypted Parquet",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"ARROW1": "Arrow",
    b"FEA1": "Feather",
    b"PK\x03\x04": "an Excel workbook or ZIP archive",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel workbook",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x89HDF\r\n": "HDF5",
    b"\x93NUMPY": "a NumPy array",
    b"SEQ\x06": "a Hadoop sequence file",
    b"%PDF-": "PDF",
    b"{\\rtf": "RTF",
}
# ... or compress it differently.
_PACKINGS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\xff\x06\x00\x00sNaPpY": "Snappy",
    b"\x1f\x9d": "a file of compress",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_TWICE = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_TAR = (257, b"ustar")
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml|error)", re.IGNORECASE)
_LFS = b"version https://git-lfs.github.com/"
FIRST_BYTES = 512


_TEXT = "and must be text, plain or packed with gzip or zstd"


def name_of(begin: bytes) -> str:
    """The file's format if it is not text with rows; empty if it may be text.

    Args:
        begin: at least its first FIRST_BYTES bytes, uncompressed if it is gzip or zstd.
    """
    if _PAGE.match(begin):
        return "an HTML or XML page"
    if begin.startswith(_LFS):
        return "a pointer of Git LFS"
    if begin.startswith(_TAR[1], _TAR[0]):
        return "a tar archive"
    return next((kind for magic, kind in {**_TABLES, **_PACKINGS}.items() if begin.startswith(magic)), "")


def no_text(begin: bytes) -> str:
    """The file's format if it is not text with rows, and the fix; empty if it may be text.

    Args:
        begin: as in name_of.
    """
    name = name_of(begin)
    if not name:
        return ""
    if _PAGE.match(begin):
        return f"{name}, perhaps an error message that was saved in place of the data: fetch it again"
    if begin.startswith(_LFS):
        return f"{name}, and not the file itself: run git lfs pull"
    if begin.startswith(_TWICE):
        return f"{name} within gzip or zstd, {_TEXT}: pack it once"
    fix = "save it as CSV" if name in _TABLES.values() else "pack it anew"
    return f"{name}, {_TEXT}: {fix}"
