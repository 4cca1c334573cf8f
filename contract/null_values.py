"""Texts that mean "no value", as written by databases, spreadsheets and programming languages."""

from collections.abc import Sequence

_SQL = ("NULL", "null", "Null", r"\N", "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]")
_LANGUAGES = ("nan", "NaN", "NAN", "-nan", "-NaN", "NaT", "None", "<NA>", "undefined")
_SPREADSHEETS = ("N/A", "n/a", "#N/A", "#NULL!", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!")
DEFAULT_NULL_VALUES = _SQL + _LANGUAGES + _SPREADSHEETS
# R's NA: never an id or a number, but it may be a category: Namibia, North America.
_NULL_BUT_IN_CATEGORIES = ("NA",)


def fault(given: object) -> str:
    """What is wrong with ``null_values`` of dataset.json; empty if nothing is."""
    if isinstance(given, list) and all(isinstance(text, str) for text in given):
        return ""
    return f'null_values must be a list of texts that mean "no value", such as ["NULL", "-"], got {given!r}'


def of_texts(given: Sequence[str] | None) -> tuple[str, ...]:
    """The null markers of categories and titles.

    Args:
        given: ``null_values`` of dataset.json, None if it is missing.
    """
    return DEFAULT_NULL_VALUES if given is None else tuple(text.strip() for text in given)


def of_ids_and_numbers(given: Sequence[str] | None) -> tuple[str, ...]:
    """The null markers of ids, numbers and times."""
    return of_texts(given) + (_NULL_BUT_IN_CATEGORIES if given is None else ())
