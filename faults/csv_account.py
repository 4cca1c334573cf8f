"""Parses CSV text character by character: an independent implementation, unlike Python's reader in prepare."""

from collections import Counter
from collections.abc import Sequence
from enum import Enum, auto

_ENDS = "\r\n"


class _State(Enum):
    START = auto()  # at the start of a field
    PLAIN = auto()
    QUOTED = auto()
    CLOSED = auto()  # after a quote within a quoted field: its end, or the first of two


class _Broken(Exception):
    """Text after a closing quote, or no closing quote."""


def account(text: str, user: int, item: int, width: int, nulls: Sequence[str]) -> Counter[str]:
    """The number of records by result: accepted, or one of prepare's reasons.

    Args:
        text: the records without their header.
        user, item: the positions of the ids.
        width: the number of fields in a record.
        nulls: texts that are not ids.
    """
    found: Counter[str] = Counter()
    at = 0
    while at < len(text):
        try:
            fields, at = _record(text, at)
        except _Broken:
            found["broken quoting"] += 1
            at = _next_line(text, at)
            continue
        if any(field.strip(" \x00\x1a\t\r\n") for field in fields):
            found[_fate(fields, user, item, width, nulls)] += 1
    return found


def _record(text: str, at: int) -> tuple[list[str], int]:
    """The fields of the record that begins here, and where the next one begins."""
    fields: list[str] = []
    field, state = "", _State.START
    while at < len(text):
        character = text[at]
        at += 1
        if state is _State.QUOTED:
            state, field = (_State.CLOSED, field) if character == '"' else (state, field + character)
        elif state is _State.CLOSED and character == '"':
            state, field = _State.QUOTED, field + character
        elif character == ",":
            fields, field, state = [*fields, field], "", _State.START
        elif character in _ENDS:
            return [*fields, field], at + (text[at - 1 : at + 1] == "\r\n")
        elif state is _State.CLOSED:
            raise _Broken
        elif state is _State.START and character == '"':
            state = _State.QUOTED
        else:
            state, field = _State.PLAIN, field + character
    if state is _State.QUOTED:
        raise _Broken
    return [*fields, field], at


def _next_line(text: str, at: int) -> int:
    while at < len(text) and text[at] not in _ENDS:
        at += 1
    return at + (2 if text[at : at + 2] == "\r\n" else 1)


def _fate(fields: list[str], user: int, item: int, width: int, nulls: Sequence[str]) -> str:
    if len(fields) != width:
        return "too few fields" if len(fields) < width else "too many fields"
    ids = {"user": fields[user], "item": fields[item]}
    if any("\ud800" <= character <= "\udfff" for text in ids.values() for character in text):
        return "not UTF-8"
    for side, text in ids.items():
        plain = text.strip(" \t\r\n\x00")
        if not plain:
            return f"blank {side} id" if text else f"missing {side} id"
        if plain in nulls:
            return f"missing {side} id (a null marker)"
        if len(plain.encode()) > 1024:
            return f"{side} id longer than 1,024 bytes"
    return "accepted"
