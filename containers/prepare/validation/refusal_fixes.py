"""The fixes for malformed rows, by reason for rejection."""

from collections.abc import Iterable

from containers.prepare.reading.csv_header import HEADER_AGAIN
from containers.prepare.reading.csv_records import BROKEN_QUOTING
from containers.prepare.reading.csv_rows import RULER, TOO_FEW_FIELDS, TOO_MANY_FIELDS
from containers.prepare.reading.json_decoding import INVALID_JSON
from containers.prepare.reading.json_rows import NO_ID
from containers.prepare.reading.row_batch import NOT_UTF8
from containers.prepare.validation.row_rules import NULL_MARKER
from containers.prepare.validation.time_column import FUTURE, NO_MATCH, NO_NUMBER, UNLIKE_THE_COLUMN, ZERO_POINT

_CORRECT_THE_FORMAT = 'correct "timestamp_format" in input/dataset.json, or leave it out'

_FIXES = {
    NULL_MARKER: 'a text such as NULL or nan is no id unless "null_values" in input/dataset.json lists other texts',
    NOT_UTF8: 'set the files\' "encoding" in input/dataset.json, such as "cp1252", or save them as UTF-8',
    BROKEN_QUOTING: 'where \\" stands for a quote, set "escape": "\\\\" in input/dataset.json, and where quotes mean '
    'nothing, "quote": ""',
    TOO_FEW_FIELDS: "quote the fields that hold line ends, and make other files of rows with another delimiter",
    TOO_MANY_FIELDS: "quote the fields that hold the delimiter, and give row names a header (in R, col.names = NA)",
    HEADER_AGAIN: "leave out the headers of files that are put together",
    RULER: "export rows without drawing: mysql --batch, psql --csv, and of sqlcmd all but the second line",
    INVALID_JSON: 'write one object a line, as jq -c . FILE does, or set another "format" in input/dataset.json',
    NO_MATCH: _CORRECT_THE_FORMAT,
    NO_NUMBER: _CORRECT_THE_FORMAT,
    FUTURE: "find out what wrote these times: a placeholder such as 9999-12-31 is none",
    ZERO_POINT: 'leave out rows without a time or, if these are real, set "timestamp_format" in input/dataset.json',
    UNLIKE_THE_COLUMN: "write all times in one unit",
    NO_ID: "write ids as text or integers, in a field of the row itself",
}
_MOST = 2


def fixes(reasons: Iterable[str]) -> str:
    """The fixes for the most frequent reasons that have one.

    Args:
        reasons: the most frequent first.
    """
    found = [fix for reason in reasons for sign, fix in _FIXES.items() if sign in reason]
    return "; ".join(list(dict.fromkeys(found))[:_MOST])
