"""Delta Lake, Hudi and Iceberg tables: only the table's own log says which of its files are current."""

from collections.abc import Iterable

# The folder of the log, and the table format it belongs to.
_LOGS = {"_delta_log": "Delta Lake", ".hoodie": "Apache Hudi"}


def fault(folder: str, paths: Iterable[str]) -> str | None:
    """Why the files of a folder cannot be read directly; None if they can.

    Such a table keeps the files of changed or deleted rows; reading all files would bring these rows back.

    Args:
        folder: for the message, such as ``input/interactions/``.
        paths: of the files, relative to the folder, including files that are not data.

    >>> fault("input/items/", ["part-0.parquet", "_delta_log/0.json"])[:71]
    'input/items/ holds a table of Delta Lake (input/items/_delta_log/0.json'
    """
    for path in paths:
        *folders, name = path.split("/")
        owner = next((_LOGS[each] for each in folders if each in _LOGS), None)
        if owner is None and folders[-1:] == ["metadata"] and name.endswith(".metadata.json"):
            owner = "Apache Iceberg"
        if owner:
            return (
                f"{folder} holds a table of {owner} ({folder}{path}), whose files also contain rows that were changed "
                "or deleted since: upload the result of a query of the table instead, as plain Parquet or CSV"
            )
    return None
