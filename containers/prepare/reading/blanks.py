"""Characters that do not belong to an id or a number: Unicode's blanks, and padding of fixed-width fields."""

# White_Space of Unicode, and two invisible ones: the zero width space, and a byte order mark inside the text, which
# remains where files were concatenated.
BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
)
# What old systems write after the last record, and in blocks that were allocated but never written.
_FILLING = "\x00\x1a"


def is_blank_record(fields: list[str]) -> bool:
    """Whether a record is blank, as spreadsheets write them below and next to their tables."""
    return not "".join(fields).strip(BLANKS + _FILLING)
