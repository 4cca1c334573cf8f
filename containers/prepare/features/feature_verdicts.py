"""Errors and warnings about side features with missing or invalid values."""

import json

from containers.prepare.features.side_features import EncodedSide, Field

_LISTS_FIX = (
    "write the values themselves with a separator between them (in pandas, column.str.join('|')) and make the type "
    "categories, or use list columns of Parquet or JSON"
)
_FIXES = {
    "number": (
        "leave a field without a value empty, or name what stands for none in null_values of input/dataset.json; write "
        "numbers like 1234.5, without thousands separators or units; or make the type category"
    ),
    "category": _LISTS_FIX,
    "categories": _LISTS_FIX,
}


def faults(encoded: EncodedSide, limit: float) -> list[str]:
    """Columns whose values do not match their type in dataset.json.

    Args:
        limit: the largest share of invalid values.
    """
    found = []
    for field in encoded.fields:
        if field.invalid > limit * _given(encoded, field):
            found.append(f"{_bad_values(encoded, field)}; {_FIXES[field.feature.type]}")
    return found


def warnings(encoded: EncodedSide) -> list[str]:
    """Warnings: values that count as unknown, features without any value, and separators that occur nowhere."""
    found = []
    for field in encoded.fields:
        name = f"{encoded.side}s.features.{field.feature.column}"
        if field.invalid:
            found.append(f"{_bad_values(encoded, field)}. They are treated as missing.")
        elif not field.values:
            found.append(f"{name} has no value for any of {encoded.rows:,} {encoded.side}s.")
        if field.other_separator:
            mark, times = field.other_separator
            found.append(
                f"No value of {name} is divided by {field.feature.separator!r}, but {times:,} have {mark!r} in them: "
                f'if that divides them, set "separator": {json.dumps(mark)} in dataset.json.'
            )
    return found


def _given(encoded: EncodedSide, field: Field) -> int:
    return encoded.rows - field.missing + field.invalid


def _bad_values(encoded: EncodedSide, field: Field) -> str:
    given, kind = _given(encoded, field), field.feature.type
    what = "no numbers" if kind == "number" else "lists written as text"
    share = f"{field.invalid:,} of {given:,} values ({field.invalid / given:.2%})"
    return (
        f"{encoded.side}s.features.{field.feature.column} in input/dataset.json is of type {kind}, but "
        f"{share} are {what}, most frequently {', '.join(field.examples)}"
    )
