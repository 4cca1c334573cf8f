"""Reads what an earlier stage has stored, so that a damaged object is named and not only what broke on it."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

_KINDS: dict[type, str] = {dict: "a JSON object", list: "a JSON array", str: "text"}


class DamagedObject(Exception):
    """An object is there, but is not what the stage that writes it leaves."""

    def __init__(
        self, name: str, fault: str, because: str = "it was truncated, edited or overwritten after it was written"
    ) -> None:
        super().__init__(f"{name} {fault}: {because}")


class _Fields(dict[str, Any]):
    """A JSON object that says what it is a part of when it lacks a field."""

    def __init__(self, fields: dict[str, Any], name: str) -> None:
        super().__init__(fields)
        self._name = name

    def __missing__(self, field: str) -> Any:
        raise DamagedObject(self._name, f"lacks the field {field!r}")


def parse_json(body: bytes, name: str, kind: type = dict) -> Any:
    """The JSON document in ``body``; every object in it raises DamagedObject for a field that it lacks.

    Args:
        name: of the object, for the error.
        kind: what the document as a whole must be.

    Raises:
        DamagedObject: when it is no JSON in UTF-8, or another kind of value.
    """
    try:
        found = json.loads(body.decode(), object_hook=lambda fields: _Fields(fields, name))
    except (ValueError, RecursionError) as error:
        held = f"is not JSON ({error})" if body else "is empty"
        raise DamagedObject(name, held) from None
    if not isinstance(found, kind):
        raise DamagedObject(name, f"must be {_KINDS[kind]}, got {json.dumps(found)[:100]}")
    return found


def unpacked_lines(packed: bytes, name: str) -> Iterator[bytes]:
    """The lines of a gzipped object, one after the other: unpacked, some are hundreds of megabytes.

    Raises:
        DamagedObject: when it is no gzip, or was cut off.
    """
    if not packed:
        raise DamagedObject(name, "is empty")
    try:
        with gzip.open(io.BytesIO(packed)) as lines:
            yield from lines
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedObject(name, f"cannot be unpacked ({error})") from None


def unpacked_json(packed: bytes, name: str, kind: type = dict) -> Iterator[Any]:
    """The JSON documents of a gzipped object, one a line; blank lines count for nothing.

    Raises:
        DamagedObject: as ``unpacked_lines``, or when a line is no such document.
    """
    for number, line in enumerate(unpacked_lines(packed, name), start=1):
        if line.strip():
            yield parse_json(line, f"line {number} of {name}", kind)
