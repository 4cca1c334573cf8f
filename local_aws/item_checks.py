"""Caches ministack's item checks. By itself it checks and measures each item of a batch twice, each number in dozens of
steps, and decodes the request three times, which takes most of the time of loading lists.

An item that was found valid is not checked again in the same request, and an item of a batch is not measured again;
numbers in plain form are recognized at once; and authorization decodes a request once.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb

# DynamoDB's own notation of a number, with at most 15 digits on either side of the point.
_CANONICAL = re.compile(r"0|-?(?:0\.[0-9]{0,14}[1-9]|[1-9][0-9]{0,14}(?:\.[0-9]{0,14}[1-9])?)")

# Items that this request has found valid, by identity and key names; kept, so that no other object gets the same
# identity.
_good: dict[tuple[int, str | None, str | None], dict[str, Any]] = {}
# The sizes of the items in this request's batch, by identity; kept for the same reason. Other requests change items
# that they measure.
_sizes: dict[int, tuple[Any, int]] = {}
_batch = False


def install() -> None:
    """Replace ministack's functions by the faster ones."""
    dynamodb._validate_item = _once(dynamodb._validate_item)
    dynamodb._number_error = _or_canonical(dynamodb._number_error, lambda _: None)
    dynamodb._ddb_canonicalize_number = _or_canonical(dynamodb._ddb_canonicalize_number, lambda text: text)
    dynamodb._number_size_bytes = _or_canonical(dynamodb._number_size_bytes, _canonical_size)
    dynamodb._item_size_bytes = _measured_once(dynamodb._item_size_bytes)
    dynamodb._batch_write_item = _in_a_batch(dynamodb._batch_write_item)
    iam_actions.json = _LastDecoded()


def end_request() -> None:
    """Forget the results of the request."""
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
        global _batch  # noqa: PLW0603 - requests are processed one at a time (items_on_disk.py)
        _batch = True
        try:
            return write(*request)
        finally:
            _batch = False

    return write_batch


def _canonical_size(text: str) -> int:
    """Same as ``_number_size_bytes``: a byte for each two digits on either side of the point, without leading and
    trailing zeros.

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
    """The json module, for functions that each decode the same request several times without changing the result."""

    def __init__(self) -> None:
        self._last: tuple[Any, Any] = None, None

    def __getattr__(self, name: str) -> Any:
        return getattr(json, name)

    def loads(self, body: Any) -> Any:
        """Like json's."""
        text, decoded = self._last
        if text is not body:
            decoded = json.loads(body)
            self._last = body, decoded
        return decoded


def _or_canonical(check: Callable[[Any], Any], known: Callable[[str], Any]) -> Callable[[Any], Any]:
    """``check``, except that ``known`` answers for a number in canonical form."""

    def check_quickly(text: Any) -> Any:
        return known(text) if isinstance(text, str) and _CANONICAL.fullmatch(text) else check(text)

    return check_quickly
