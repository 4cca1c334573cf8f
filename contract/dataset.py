"""``input/dataset.json``: which columns of the interactions mean what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.refusal import InputRefused

FORMATS = ("csv", "jsonl", "parquet")
DEFAULT_REJECT_LIMIT = 0.01
_FIELDS = ("format", "user", "item", "value", "timestamp", "reject_limit", "items")
_ITEM_FIELDS = ("id", "title")


@dataclass(frozen=True)
class Dataset:
    """The columns of the interactions, and of the items' own file where there is one; ``format`` is of all files.

    ``value`` and ``timestamp`` are None when the data has no such column. ``reject_limit`` is the
    share of rows that may be refused before the run is.
    """

    user: str
    item: str
    value: str | None = None
    timestamp: str | None = None
    format: str = "csv"
    reject_limit: float = DEFAULT_REJECT_LIMIT
    item_id: str | None = None
    item_title: str | None = None


def parse(text: str | bytes) -> Dataset:
    """Read ``dataset.json``.

    Raises:
        InputRefused: with all its faults in one message.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InputRefused(f"input/dataset.json is not JSON: {error}") from None
    if not isinstance(given, Mapping):
        raise InputRefused(f"input/dataset.json must be a JSON object, got {given!r}")
    items = given.get("items", {})
    faults = [f"{name} is not a field (the fields: {', '.join(_FIELDS)})" for name in given if name not in _FIELDS]
    faults += [_column_fault(name, given.get(name)) for name in ("user", "item")]
    faults += [_column_fault(name, given[name]) for name in ("value", "timestamp") if given.get(name) is not None]
    if given.get("format", "csv") not in FORMATS:
        faults.append(f"format must be one of {', '.join(FORMATS)}, got {given['format']!r}")
    limit = given.get("reject_limit", DEFAULT_REJECT_LIMIT)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit <= 1:
        faults.append(f"reject_limit must be a number 0..1, the share of rows that may be refused, got {limit!r}")
    if not isinstance(items, Mapping) or any(name not in _ITEM_FIELDS for name in items):
        faults.append(f"items must be an object with {' and '.join(_ITEM_FIELDS)}, got {items!r}")
    elif "items" in given:
        faults += [_column_fault(name, items.get(name), "items.") for name in _ITEM_FIELDS]
    columns = [given.get(name) for name in ("user", "item", "value", "timestamp") if given.get(name) is not None]
    faults += [f"column {name!r} is named twice" for name in sorted({str(c) for c in columns if columns.count(c) > 1})]
    found = [fault for fault in faults if fault]
    if found:
        raise InputRefused(f"input/dataset.json: {'; '.join(found)}")
    return _dataset(given, items, float(limit))


def _dataset(given: Mapping[str, Any], items: Mapping[str, Any], limit: float) -> Dataset:
    return Dataset(
        user=given["user"],
        item=given["item"],
        value=given.get("value"),
        timestamp=given.get("timestamp"),
        format=given.get("format", "csv"),
        reject_limit=limit,
        item_id=items.get("id"),
        item_title=items.get("title"),
    )


def _column_fault(name: str, value: object, where: str = "") -> str:
    if isinstance(value, str) and value:
        return ""
    return f"{where}{name} must name a column, got {value!r}" if value is not None else f"{where}{name} is missing"
