"""Characters that are no part of an id or a number: the blanks of Unicode, and what fills fields of a fixed width."""

# White_Space of Unicode, and two that show as nothing: the zero width space, and a byte order mark within the text,
# which is left where files were put together.
BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
)
# What old systems write behind the last record, and into blocks that were reserved and never written.
_FILLING = "\x00\x1a"


def is_blank_record(fields: list[str]) -> bool:
    """Whether a record holds nothing, as spreadsheets write them below and beside their tables."""
    return not "".join(fields).strip(BLANKS + _FILLING)
