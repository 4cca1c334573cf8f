"""ministack checks each item of a batch twice, each number in some dozens of steps: loading lists is mostly that.

An item that was found good is not checked again by the same request, and a number in plain form is known at once.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

# The form that DynamoDB itself gives a number, with at most 15 digits on either side of the point.
_CANONICAL = re.compile(r"0|-?(?:0\.[0-9]{0,14}[1-9]|[1-9][0-9]{0,14}(?:\.[0-9]{0,14}[1-9])?)")

# What this request has found good, by identity and key names; kept, so that no other gets the same identity.
_good: dict[tuple[int, str | None, str | None], dict[str, Any]] = {}


def install() -> None:
    """Put the short ways in front of ministack's own."""
    dynamodb._validate_item = _once(dynamodb._validate_item)
    dynamodb._number_error = _or_canonical(dynamodb._number_error, lambda _: None)
    dynamodb._ddb_canonicalize_number = _or_canonical(dynamodb._ddb_canonicalize_number, lambda text: text)


def end_request() -> None:
    """Forget what the request has found good."""
    _good.clear()


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


def _or_canonical(judge: Callable[[Any], Any], known: Callable[[str], Any]) -> Callable[[Any], Any]:
    """``judge``, for which ``known`` answers where a number is in canonical form already."""

    def judge_quickly(text: Any) -> Any:
        return known(text) if isinstance(text, str) and _CANONICAL.fullmatch(text) else judge(text)

    return judge_quickly
