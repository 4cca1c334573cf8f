"""The three encodings of a list's scores in the table, for writers and readers.

``list``: a list of numbers. ``packed``: one binary value, little-endian: the highest and the lowest score as float32,
then for each score a uint16 q, which encodes lowest + q * (highest - lowest) / 65535. ``none``: no attribute.
"""

import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

LIST, PACKED, NONE = FORMS = ("list", "packed", "none")
ATTRIBUTE = "scores"
_STEPS = 65_535
_ENDS = struct.Struct("<ff")


Attributes = dict[str, Any]
"""An item of the table in boto3's types."""


def texts(scores: Sequence[float]) -> list[str]:
    """Scores as decimal text with seven significant digits, the precision of float32."""
    return [f"{score:.7g}" for score in scores]


def attribute(scores: Sequence[str], form: str) -> Attributes:
    """The attribute of a list for the DynamoDB resource interface; empty for ``none``.

    Args:
        scores: as returned by ``texts``.
        form: one of FORMS.
    """
    if form == NONE:
        return {}
    return {ATTRIBUTE: packed(scores) if form == PACKED else [Decimal(score) for score in scores]}


def attribute_on_the_wire(scores: Sequence[str], form: str) -> Attributes:
    """The same in DynamoDB's JSON.

    >>> attribute_on_the_wire(["0.5"], "list")
    {'scores': {'L': [{'N': '0.5'}]}}
    """
    if form == NONE:
        return {}
    return {ATTRIBUTE: {"B": packed(scores)} if form == PACKED else {"L": [{"N": score} for score in scores]}}


def packed(scores: Sequence[str]) -> bytes:
    """The binary encoding: 8 bytes, and 2 for each score."""
    values = [float(score) for score in scores]
    highest, lowest = _ENDS.unpack(_ENDS.pack(max(values, default=0.0), min(values, default=0.0)))
    step = (highest - lowest) / _STEPS or 1.0
    steps = [min(_STEPS, max(0, round((value - lowest) / step))) for value in values]
    return _ENDS.pack(highest, lowest) + struct.pack(f"<{len(steps)}H", *steps)


def read(item: Mapping[str, Any]) -> list[float] | None:
    """Decode the scores of a list as read through the resource interface, in any encoding; None without scores.

    >>> read({"items": ["a", "b"], "scores": packed(["2", "1"])})
    [2.0, 1.0]
    """
    found = item.get(ATTRIBUTE)
    if found is None:
        return None
    if isinstance(found, list):
        return [float(score) for score in found]
    data = bytes(found)
    highest, lowest = _ENDS.unpack_from(data)
    steps = struct.unpack(f"<{(len(data) - _ENDS.size) // 2}H", data[_ENDS.size :])
    return [lowest + step * (highest - lowest) / _STEPS for step in steps]
