"""The bytes of a run's document without one user."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from contract.documents_of_users import Holds
from contract.stored_object import parse_json, unpacked_json
from lambdas.forgetting import mentions

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Erased</title>
<p>This page showed a user who has been forgotten, or could not be read, and was erased.</p></html>
"""


def without_user(body: bytes, name: str, what: Holds, user: str) -> bytes | None:
    """The document without the user; None if it has nothing about the user.

    Args:
        name: of the object, for errors.

    Raises:
        DamagedObject: if the document is not what its stage writes.
        ValueError: if a page is not UTF-8.
    """
    match what:
        case Holds.LINES:
            return _without_lines(body, name, lambda line: _is_of(line, user))
        case Holds.ROWS:
            return _without_lines(body, name, lambda line: _has(line, user))
        case Holds.ENTRIES:
            entries = parse_json(body, name, list)
            kept = [entry for entry in entries if not _is_of(entry, user)]
            return None if len(kept) == len(entries) else _json(kept)
        case Holds.SENTENCES:
            document = parse_json(body, name)
            other = _spoken(document, user)
            return None if other == document else _json(other)
        case Holds.PAGE:
            return _PAGE.encode() if mentions.shown_on(body.decode(), user) else None
        case Holds.NOBODY:
            return None


def emptied(what: Holds) -> bytes:
    """The replacement for a document that cannot be read, and so may name the user."""
    if what is Holds.PAGE:
        return _PAGE.encode()
    if what is Holds.SENTENCES:
        return b"{}"
    return b"[]" if what is Holds.ENTRIES else gzip.compress(b"", mtime=0)


def _is_of(entry: Any, user: str) -> bool:
    return isinstance(entry, dict) and entry.get("user") == user


def _has(refused: Any, user: str) -> bool:
    """Whether a rejected row may be the user's: one of its fields is the id, or its text contains the id."""
    row = refused.get("row") if isinstance(refused, dict) else None
    if isinstance(row, dict):
        return any(mentions.is_field(value, user) for value in row.values() if isinstance(value, str))
    return isinstance(row, str) and mentions.holds(row, user)


def _without_lines(packed: bytes, name: str, drops: Callable[[Any], bool]) -> bytes | None:
    dropped = sum(drops(line) for line in unpacked_json(packed, name))
    if not dropped:
        return None
    buffer = io.BytesIO()
    # No name and no time in the gzip header, as in the files that topx writes.
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=6, mtime=0) as archive:
        for line in _kept(packed, name, drops, dropped):
            archive.write(f"{json.dumps(line, ensure_ascii=False)}\n".encode())
    return buffer.getvalue()


def _kept(packed: bytes, name: str, drops: Callable[[Any], bool], dropped: int) -> Iterator[Any]:
    for line in unpacked_json(packed, name):
        if drops(line):
            continue
        if isinstance(line, dict) and "probes" in line:  # contract.part_manifest.PartHeader
            # "Retire one part" requires this number of lines. Probes are by row, and were for loading only.
            yield {**line, "users": line["users"] - dropped, "probes": []}
        else:
            yield line


def _spoken(value: Any, user: str) -> Any:
    if isinstance(value, str):
        return mentions.without(value, user)
    if isinstance(value, dict):
        return {name: _spoken(inner, user) for name, inner in value.items()}
    return [_spoken(inner, user) for inner in value] if isinstance(value, list) else value


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()
