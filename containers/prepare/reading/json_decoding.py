"""Decodes JSON text safely: no duplicate names, no numbers that take very long to parse."""

import json
from typing import Any

INVALID_JSON = "invalid JSON"
REPEATED_NAME = "a name twice in one JSON object"
# Python parses integers of at most 4,300 digits, because it takes quadratic time; no double has more than 309.
_MOST_DIGITS = 1_000

Row = dict[str, Any]
"""A decoded line of the data."""


class _RepeatedName(ValueError):
    """An object has the same name twice, so its value is ambiguous."""


def decoded(text: str) -> tuple[Any, str | None]:
    """The value of a whole text, or None and what is wrong with it."""
    for decoder in (_DECODER, _PATIENT_DECODER):
        try:
            return decoder.decode(text), None
        except _RepeatedName:
            return None, REPEATED_NAME
        except (json.JSONDecodeError, RecursionError):
            break
        except ValueError:  # an integer with more digits than Python accepts; the other decoder is slower
            continue
    return None, INVALID_JSON


def decoded_at(text: str, place: int) -> tuple[Any, str | None, int]:
    """The value that begins at this position, or None and what is wrong with it, and where it ends.

    Raises:
        ValueError, RecursionError: if it is malformed, nested too deeply, or incomplete.
    """
    try:
        value, end = _PATIENT_DECODER.raw_decode(text, place)
    except _RepeatedName:
        _, end = _LAX_DECODER.raw_decode(text, place)
        return None, REPEATED_NAME, end
    return value, None, end


def _unique(pairs: list[tuple[str, Any]]) -> Row:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise _RepeatedName
    return row


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _MOST_DIGITS else float(text)


# NaN and Infinity are not JSON, but Python and others write them; as values they are rejected as in other formats.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique)
_PATIENT_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer)
_LAX_DECODER = json.JSONDecoder(parse_int=_integer)
