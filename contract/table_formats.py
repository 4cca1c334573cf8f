"""Tables of Delta Lake, Hudi and Iceberg: which of their files count, only their own log says."""

from collections.abc import Iterable

# The folder of the log, and whose it is.
_LOGS = {"_delta_log": "Delta Lake", ".hoodie": "Apache Hudi"}


def fault(folder: str, paths: Iterable[str]) -> str | None:
    """Why the files of a folder cannot be read as they lie there; None when they can.

    Such a table keeps the files of rows that were changed or deleted, so that reading all files brings them back.

    Args:
        folder: for the message, such as ``input/interactions/``.
        paths: of the files, below it, those included that are no data.

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
