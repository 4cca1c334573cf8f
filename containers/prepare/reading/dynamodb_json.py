"""Items as written by DynamoDB's export to S3: ``{"Item": {"user": {"S": "u1"}, "stars": {"N": "4"}}}``."""

from collections.abc import Callable
from typing import Any

from containers.prepare.reading.json_decoding import Row

_WRAPPER = "Item"
_PLAIN: dict[str, Callable[[Any], Any]] = {
    "S": lambda value: value,
    "N": lambda value: value,
    "B": lambda value: value,
    "BOOL": lambda value: value,
    "NULL": lambda _: None,
    "SS": lambda value: value,
    "NS": lambda value: value,
    "BS": lambda value: value,
    "L": lambda value: [_plain(entry) for entry in value],
    "M": lambda value: {name: _plain(entry) for name, entry in value.items()},
}


def unwrapped(row: Row) -> Row:
    """The item's attributes without their types, if it is an exported item; otherwise the row itself.

    Numbers remain the text in the export.
    """
    item = row.get(_WRAPPER)
    if len(row) != 1 or not isinstance(item, dict) or not all(map(_is_typed, item.values())):
        return row
    return {name: _plain(value) for name, value in item.items()}


def _is_typed(value: Any) -> bool:
    """Whether it is an attribute value, including all nested values."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, content),) = value.items()
    if kind == "L":
        return isinstance(content, list) and all(map(_is_typed, content))
    if kind == "M":
        return isinstance(content, dict) and all(map(_is_typed, content.values()))
    return kind in _PLAIN


def _plain(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    return _PLAIN[kind](content)
