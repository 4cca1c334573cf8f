"""ministack checks and measures each item of a batch twice, each number in some dozens of steps, and decodes the
request three times: loading lists is mostly that.

An item that was found good is not checked again by the same request, nor is one of a batch measured again; a number in
plain form is known at once; and what decides on permissions decodes a request once.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb

# The form that DynamoDB itself gives a number, with at most 15 digits on either side of the point.
_CANONICAL = re.compile(r"0|-?(?:0\.[0-9]{0,14}[1-9]|[1-9][0-9]{0,14}(?:\.[0-9]{0,14}[1-9])?)")

# What this request has found good, by identity and key names; kept, so that no other gets the same identity.
_good: dict[tuple[int, str | None, str | None], dict[str, Any]] = {}
# How large the items of this request's batch are, by identity; likewise kept. Other requests change items they measure.
_sizes: dict[int, tuple[Any, int]] = {}
_batch = False


def install() -> None:
    """Put the short ways in front of ministack's own."""
    dynamodb._validate_item = _once(dynamodb._validate_item)
    dynamodb._number_error = _or_canonical(dynamodb._number_error, lambda _: None)
    dynamodb._ddb_canonicalize_number = _or_canonical(dynamodb._ddb_canonicalize_number, lambda text: text)
    dynamodb._number_size_bytes = _or_canonical(dynamodb._number_size_bytes, _canonical_size)
    dynamodb._item_size_bytes = _measured_once(dynamodb._item_size_bytes)
    dynamodb._batch_write_item = _in_a_batch(dynamodb._batch_write_item)
    iam_actions.json = _LastDecoded()


def end_request() -> None:
    """Forget what the request has found good, and how large."""
    _good.clear()
    _sizes.clear()


def _once(validate: Callable[..., Any]) -> Callable[..., Any]:
    def validate_once(item: Any, partition: str | None = None, sort: str | None = None, *more: Any) -> Any:
        key = id(item), partition, sort
        if key in _good:
            return None
        refusal = validate(item, partition, sort, *more)
        if refusal is None:
            _good[key] = item
        return refusal

    return validate_once


def _measured_once(measure: Callable[[Any], int]) -> Callable[[Any], int]:
    def size(item: Any) -> int:
        if not _batch:
            return measure(item)
        if id(item) not in _sizes:
            _sizes[id(item)] = item, measure(item)
        return _sizes[id(item)][1]

    return size


def _in_a_batch(write: Callable[..., Any]) -> Callable[..., Any]:
    def write_batch(*request: Any) -> Any:
        global _batch  # noqa: PLW0603 - one request at a time is answered (items_on_disk.py)
        _batch = True
        try:
            return write(*request)
        finally:
            _batch = False

    return write_batch


def _canonical_size(text: str) -> int:
    """As ``_number_size_bytes``: a byte for each two digits on either side of the point, but for zeros at the ends.

    >>> [_canonical_size(text) for text in ("0", "7", "-1200", "0.001", "12.5")]
    [1, 2, 3, 2, 3]
    """
    whole, _, fraction = text.lstrip("-").partition(".")
    if whole == "0":
        pairs = (len(fraction) + 1) // 2 - (len(fraction) - len(fraction.lstrip("0"))) // 2
    elif fraction:
        pairs = (len(whole) + 1) // 2 + (len(fraction) + 1) // 2
    else:
        pairs = (len(whole) + 1) // 2 - (len(whole) - len(whole.rstrip("0"))) // 2
    return 1 + pairs + text.startswith("-")


class _LastDecoded:
    """The module json, for functions that read one request after the other, each some times, and change nothing."""

    def __init__(self) -> None:
        self._last: tuple[Any, Any] = None, None

    def __getattr__(self, name: str) -> Any:
        return getattr(json, name)

    def loads(self, body: Any) -> Any:
        """As json's."""
        text, decoded = self._last
        if text is not body:
            decoded = json.loads(body)
            self._last = body, decoded
        return decoded


def _or_canonical(judge: Callable[[Any], Any], known: Callable[[str], Any]) -> Callable[[Any], Any]:
    """``judge``, for which ``known`` answers where a number is in canonical form already."""

    def judge_quickly(text: Any) -> Any:
        return known(text) if isinstance(text, str) and _CANONICAL.fullmatch(text) else judge(text)

    return judge_quickly
