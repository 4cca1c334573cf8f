"""Makes text of unknown origin (ids, titles, file names, service messages) safe to show.

An id may contain an escape sequence that changes the terminal's title, a line break that fakes a line of output, or a
right-to-left override that reverses the rest of the line.
"""

import re
import unicodedata
from collections.abc import Callable

# Cc: C0, DEL, C1. Cf: bidi controls, zero-width characters, soft hyphens, tags. Cs: lone surrogates. Zl, Zp: line ends.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# Unicode classes fillers as letters and symbols, but they are as invisible as a zero-width space.
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
# All characters of those categories are above ~ or below a space, so most text passes without a check of each one.
_SUSPECT = re.compile(r"[^ -~]")
JOINERS = "\u200c\u200d"
MOST_SHOWN = 200


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def visible(text: str, *, keep: str = "", escape: Callable[[str], str] = _escape) -> str:
    r"""``text`` with every invisible or control character replaced by its escape.

    Args:
        keep: characters to leave as they are, such as line breaks in text of our own, or JOINERS, which Persian and
            emoji need.
        escape: writes the escape of a character; by default Python's notation.

    >>> visible("\x1b]0;x\x07 a\u202eb\n")
    '\\x1b]0;x\\x07 a\\u202eb\\n'
    >>> visible("Amélie, 千と千尋, [/b]")
    'Amélie, 千と千尋, [/b]'
    """
    return _SUSPECT.sub(lambda found: escape(found[0]) if _acts(found[0]) and found[0] not in keep else found[0], text)


def page_text(text: str) -> str:
    """``text`` for pages: line breaks and joiners stay."""
    return visible(text, keep=f"\n{JOINERS}")


def shown_id(text: str) -> str:
    r"""``visible`` for an id or a title in a line or a cell: truncated if longer than MOST_SHOWN characters.

    >>> shown_id("a" * 201)[-22:]
    'aaaa… (201 characters)'
    """
    cut = text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text):,} characters)"
    return visible(cut)


def _acts(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or character in _FILLERS
