"""Texts that stand for no value: what databases, spreadsheets and programming languages write for one."""

from collections.abc import Sequence

_SQL = ("NULL", "null", "Null", r"\N", "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]")
_LANGUAGES = ("nan", "NaN", "NAN", "-nan", "-NaN", "NaT", "None", "<NA>", "undefined")
_SPREADSHEETS = ("N/A", "n/a", "#N/A", "#NULL!", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!")
DEFAULT_NULL_VALUES = _SQL + _LANGUAGES + _SPREADSHEETS
# R's. No id is called so, and no number; but a category may be: Namibia, North America.
_NULL_BUT_IN_CATEGORIES = ("NA",)


def fault(given: object) -> str:
    """What is wrong with ``null_values`` of dataset.json; empty if nothing is."""
    if isinstance(given, list) and all(isinstance(text, str) for text in given):
        return ""
    return f'null_values must be a list of texts that mean "no value", such as ["NULL", "-"], got {given!r}'


def of_texts(given: Sequence[str] | None) -> tuple[str, ...]:
    """The markers that count in categories and titles.

    Args:
        given: ``null_values`` of dataset.json, None if it has none.
    """
    return DEFAULT_NULL_VALUES if given is None else tuple(text.strip() for text in given)


def of_ids_and_numbers(given: Sequence[str] | None) -> tuple[str, ...]:
    """The markers that count in ids, numbers and times."""
    return of_texts(given) + (_NULL_BUT_IN_CATEGORIES if given is None else ())
