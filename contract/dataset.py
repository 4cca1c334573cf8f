"""``input/dataset.json``: the columns of the interactions and their meaning."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract import file_format, null_values, row_filter, side_table, timestamp_format
from contract.file_format import AS_USUAL, FileFormat
from contract.refusal import InputRefused
from contract.row_filter import Condition
from contract.side_table import Feature, SideTable
from contract.value_rules import Number

DEFAULT_REJECT_LIMIT = 0.01
_SHARE = Number(0, 1)
FIELDS = (
    *file_format.FIELDS,
    "null_values",
    "user",
    "item",
    "value",
    "timestamp",
    "timestamp_format",
    "where",
    "reject_limit",
    "items",
    "users",
)


@dataclass(frozen=True)
class Dataset:
    """The columns of the interactions, and of the item and user files if there are any.

    ``value`` and ``timestamp`` are None if the data has no such column. ``files`` is the format of the interaction
    files. ``reject_limit`` is the largest share of rejected rows, of the interactions and of the files of each side,
    before the run is refused. ``null_values`` are the texts that mean "no value", or None for those of
    contract.null_values. ``where`` selects the rows of the interactions. ``timestamp_format`` is one of
    contract.timestamp_format, or None if prepare should detect it.
    """

    user: str
    item: str
    value: str | None = None
    timestamp: str | None = None
    files: FileFormat = AS_USUAL
    reject_limit: float = DEFAULT_REJECT_LIMIT
    items: SideTable | None = None
    users: SideTable | None = None
    null_values: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    timestamp_format: str | None = None

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features of users and of items."""
        return tuple(feature for side in (self.users, self.items) if side for feature in side.features)


def parse(text: str | bytes) -> Dataset:
    """Read ``dataset.json``.

    Raises:
        InputRefused: with all errors in one message.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InputRefused(f"input/dataset.json is not JSON: {error}") from None
    if not isinstance(given, Mapping):
        raise InputRefused(f"input/dataset.json must be a JSON object, got {given!r}")
    faults = [f"{name} is not a field (the fields: {', '.join(FIELDS)})" for name in given if name not in FIELDS]
    faults += [_column_fault(name, given.get(name)) for name in ("user", "item")]
    faults += [_column_fault(name, given[name]) for name in ("value", "timestamp") if given.get(name) is not None]
    faults += file_format.faults(given)
    if "null_values" in given:
        faults.append(null_values.fault(given["null_values"]))
    limit = given.get("reject_limit", DEFAULT_REJECT_LIMIT)
    if not _SHARE.allows(limit):
        faults.append(f"reject_limit must be {_SHARE}, the share of rows that may be refused, got {limit!r}")
    faults.append(_timestamp_format_fault(given))
    if "where" in given:
        faults += row_filter.faults(given["where"])
    for side in ("items", "users"):
        if side in given:
            faults += side_table.faults(given[side], side, given, titled=side == "items")
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
        files=file_format.parse(given),
        reject_limit=limit,
        items=_side(given, "items"),
        users=_side(given, "users"),
        null_values=tuple(given["null_values"]) if "null_values" in given else None,
        where=row_filter.parse(given.get("where", {})),
        timestamp_format=given.get("timestamp_format"),
    )


def _side(given: Mapping[str, Any], name: str) -> SideTable | None:
    return side_table.parse(given[name], given) if name in given else None


def _timestamp_format_fault(given: Mapping[str, Any]) -> str:
    if given.get("timestamp_format") is None:
        return ""
    found = timestamp_format.fault(given["timestamp_format"])
    if found:
        return f"timestamp_format {found}"
    if given.get("timestamp") is None:
        return "timestamp_format says how times are written, and timestamp names no column of them; name it"
    return ""


def _column_fault(name: str, value: object) -> str:
    if isinstance(value, str) and value:
        return ""
    return f"{name} must name a column, got {value!r}" if value is not None else f"{name} is missing"
