"""Reads documents that an earlier stage has stored, so that errors name the damaged object."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

_KINDS: dict[type, str] = {dict: "a JSON object", list: "a JSON array", str: "text"}


class DamagedObject(Exception):
    """An object exists, but does not have the content that the stage writes."""

    def __init__(
        self, name: str, fault: str, because: str = "it was truncated, edited or overwritten after it was written"
    ) -> None:
        super().__init__(f"{name} {fault}: {because}")


class _Fields(dict[str, Any]):
    """A JSON object whose errors about a missing field name the document."""

    def __init__(self, fields: dict[str, Any], name: str) -> None:
        super().__init__(fields)
        self._name = name

    def __missing__(self, field: str) -> Any:
        raise DamagedObject(self._name, f"lacks the field {field!r}")


def parse_json(body: bytes, name: str, kind: type = dict) -> Any:
    """The JSON document in ``body``; every object in it raises DamagedObject for a missing field.

    Args:
        name: the object's name, for the error.
        kind: the expected type of the document as a whole.

    Raises:
        DamagedObject: if it is not JSON in UTF-8, or of another type.
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
    """The lines of a gzipped object, one at a time: some objects are hundreds of megabytes uncompressed.

    Raises:
        DamagedObject: if it is not gzip, or is truncated.
    """
    if not packed:
        raise DamagedObject(name, "is empty")
    try:
        with gzip.open(io.BytesIO(packed)) as lines:
            yield from lines
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedObject(name, f"cannot be unpacked ({error})") from None


def unpacked_json(packed: bytes, name: str, kind: type = dict) -> Iterator[Any]:
    """The JSON documents of a gzipped object, one in each line; blank lines are ignored.

    Raises:
        DamagedObject: as ``unpacked_lines``, or if a line is not such a document.
    """
    for number, line in enumerate(unpacked_lines(packed, name), start=1):
        if line.strip():
            yield parse_json(line, f"line {number} of {name}", kind)
