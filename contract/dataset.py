"""``input/dataset.json``: which columns of the interactions mean what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract import side_table, timestamp_format
from contract.refusal import InputRefused
from contract.side_table import Feature, SideTable

FORMATS = ("csv", "jsonl", "parquet")
DEFAULT_REJECT_LIMIT = 0.01
_FIELDS = ("format", "user", "item", "value", "timestamp", "timestamp_format", "reject_limit", "items", "users")


@dataclass(frozen=True)
class Dataset:
    """The columns of the interactions, and of the items' and users' own files where there are any.

    ``format`` is of all files.
    ``value`` and ``timestamp`` are None when the data has no such column. ``timestamp_format`` is one of
    contract.timestamp_format, None where prepare is to find out by itself. ``reject_limit`` is the share of rows that
    may be refused before the run is.
    """

    user: str
    item: str
    value: str | None = None
    timestamp: str | None = None
    format: str = "csv"
    reject_limit: float = DEFAULT_REJECT_LIMIT
    items: SideTable | None = None
    users: SideTable | None = None
    timestamp_format: str | None = None

    @property
    def features(self) -> tuple[Feature, ...]:
        """What is known of users and of items."""
        return tuple(feature for side in (self.users, self.items) if side for feature in side.features)


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
    faults = [f"{name} is not a field (the fields: {', '.join(_FIELDS)})" for name in given if name not in _FIELDS]
    faults += [_column_fault(name, given.get(name)) for name in ("user", "item")]
    faults += [_column_fault(name, given[name]) for name in ("value", "timestamp") if given.get(name) is not None]
    faults.append(_timestamp_format_fault(given))
    if given.get("format", "csv") not in FORMATS:
        faults.append(f"format must be one of {', '.join(FORMATS)}, got {given['format']!r}")
    limit = given.get("reject_limit", DEFAULT_REJECT_LIMIT)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit <= 1:
        faults.append(f"reject_limit must be a number 0..1, the share of rows that may be refused, got {limit!r}")
    for side in ("items", "users"):
        if side in given:
            faults += side_table.faults(given[side], side, titled=side == "items")
    columns = [given.get(name) for name in ("user", "item", "value", "timestamp") if given.get(name) is not None]
    faults += [f"column {name!r} is named twice" for name in sorted({str(c) for c in columns if columns.count(c) > 1})]
    found = [fault for fault in faults if fault]
    if found:
        raise InputRefused(f"input/dataset.json: {'; '.join(found)}")
    return _dataset(given, float(limit))


def _dataset(given: Mapping[str, Any], limit: float) -> Dataset:
    return Dataset(
        user=given["user"],
        item=given["item"],
        value=given.get("value"),
        timestamp=given.get("timestamp"),
        format=given.get("format", "csv"),
        reject_limit=limit,
        items=_side(given, "items"),
        users=_side(given, "users"),
        timestamp_format=given.get("timestamp_format"),
    )


def _side(given: Mapping[str, Any], name: str) -> SideTable | None:
    return side_table.parse(given[name]) if name in given else None


def _timestamp_format_fault(given: Mapping[str, Any]) -> str:
    if given.get("timestamp_format") is None:
        return ""
    found = timestamp_format.fault(given["timestamp_format"])
    if found:
        return f"timestamp_format {found}"
    named = given.get("timestamp") is not None
    return (
        "" if named else "timestamp_format says how times are written, and timestamp names no column of them; name it"
    )


def _column_fault(name: str, value: object) -> str:
    if isinstance(value, str) and value:
        return ""
    return f"{name} must name a column, got {value!r}" if value is not None else f"{name} is missing"
