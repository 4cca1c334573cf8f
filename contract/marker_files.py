"""Which files under ``input/`` belong to other programs and are not data."""

_NAMES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
_PREFIXES = ("_", ".", "~$")
_SUFFIXES = (".crc", ".md5", ".sha1", ".sha256", "~")


def is_marker(path: str) -> bool:
    """Whether a path below a data folder is a marker file or lies in a marker folder.

    Names that begin with ``_`` or ``.`` are markers of Hive, Spark, Git and macOS (``_SUCCESS``, ``_metadata``,
    ``.part-0.crc``, ``__MACOSX``, ``.DS_Store``). The others are Excel's lock files, editors' backups, checksums, and
    files that Windows creates in folders.

    >>> [is_marker(path) for path in ("_SUCCESS", "day=1/.part-0.crc", "~$sales.csv", "Thumbs.db", "day=1/part-0.csv")]
    [True, True, True, True, False]
    """
    *folders, name = path.split("/")
    if any(part.startswith(_PREFIXES) for part in (*folders, name)):
        return True
    return name.lower() in _NAMES or name.endswith(_SUFFIXES)
