"""Which files under ``input/`` are other programs' own, and no data."""

_NAMES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
_PREFIXES = ("_", ".", "~$")
_SUFFIXES = (".crc", ".md5", ".sha1", ".sha256", "~")


def is_marker(path: str) -> bool:
    """Whether a path below a data folder names a marker: of the file itself, or of a folder on its way.

    Names that begin with ``_`` or ``.`` are marks of Hive, Spark, Git and macOS (``_SUCCESS``, ``_metadata``,
    ``.part-0.crc``, ``__MACOSX``, ``.DS_Store``). The others are lock files of Excel, backups of editors, checksums,
    and what Windows leaves in folders.

    >>> [is_marker(path) for path in ("_SUCCESS", "day=1/.part-0.crc", "~$sales.csv", "Thumbs.db", "day=1/part-0.csv")]
    [True, True, True, True, False]
    """
    *folders, name = path.split("/")
    if any(part.startswith(_PREFIXES) for part in (*folders, name)):
        return True
    return name.lower() in _NAMES or name.endswith(_SUFFIXES)
