"""Text of strangers (ids, titles, file names, reasons of services) as it may be shown to a person.

An id may hold an escape sequence that changes the terminal's title, a line break that fakes a line of ours, or a
right-to-left override that turns the rest of the line around.
"""

import re
import unicodedata
from collections.abc import Callable

# Cc: C0, DEL, C1. Cf: bidi controls, zero-width characters, soft hyphens, tags. Cs: lone surrogates. Zl, Zp: line ends.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# Fillers are letters and symbols to Unicode, but no more to be seen than a zero-width space.
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
# Every character of those categories is above ~ or below a space: most text is passed on without a look at each.
_SUSPECT = re.compile(r"[^ -~]")
JOINERS = "\u200c\u200d"
MOST_SHOWN = 200


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def visible(text: str, *, keep: str = "", escape: Callable[[str], str] = _escape) -> str:
    r"""``text`` with every character that acts instead of showing written as its escape.

    Args:
        keep: characters that may stay, such as line breaks in a text of ours, or JOINERS, which Persian and emoji need.
        escape: how such a character is written; Python's way when left out.

    >>> visible("\x1b]0;x\x07 a\u202eb\n")
    '\\x1b]0;x\\x07 a\\u202eb\\n'
    >>> visible("Amélie, 千と千尋, [/b]")
    'Amélie, 千と千尋, [/b]'
    """
    return _SUSPECT.sub(lambda found: escape(found[0]) if _acts(found[0]) and found[0] not in keep else found[0], text)


def page_text(text: str) -> str:
    """``text`` as pages show it: line breaks and joiners stay."""
    return visible(text, keep=f"\n{JOINERS}")


def shown_id(text: str) -> str:
    r"""``visible`` for an id or a title in a line or a cell: cut if it is longer than MOST_SHOWN characters.

    >>> shown_id("a" * 201)[-22:]
    'aaaa… (201 characters)'
    """
    cut = text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text):,} characters)"
    return visible(cut)


def _acts(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or character in _FILLERS
