"""Finds a user's id in topx's sentences and pages, and removes it."""

import html
import json
import re

from contract.visible_text import page_text

FORGOTTEN = "(forgotten)"
# Sentences quote a whole id, or its first characters: containers/prepare/validation.
_CUTS = (100, 200)
# The number of characters of an id that are shown: a field is cut to 200 characters, including blanks before the id.
_ENOUGH = 150
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# In both pages: containers/extract/pages/*.html.j2.
_HEADING = re.compile(r"<h3>User (.*?)(?:</h3>| <small>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
# A shorter id, such as 17, occurs in any text.
_SEARCHABLE = 6


def without(text: str, user: str) -> str:
    """A sentence with FORGOTTEN instead of the user's id, where it quotes the id or a row with it.

    >>> without("User 'u 1' has 60% of all; the most frequent: {\\"who\\": \\"u 1\\"}", "u 1")
    'User (forgotten) has 60% of all; the most frequent: {"who": (forgotten)}'
    """
    for cut in {user, *(user[:most] for most in _CUTS)}:
        text = text.replace(repr(cut), FORGOTTEN)
    return _QUOTED.sub(lambda found: FORGOTTEN if _holds(found[0], user) else found[0], text)


def holds(text: str, user: str) -> bool:
    """Whether a text, such as a row that could not be read, contains the user's id as a word."""
    whole = len(user) <= _ENOUGH
    before = r"(?<!\w)" if user[:1].isalnum() else ""
    after = r"(?!\w)" if whole and user[-1:].isalnum() else ""
    return re.search(f"{before}{re.escape(user[:_ENOUGH])}{after}", text) is not None


def is_field(text: str, user: str) -> bool:
    """Whether a field of a rejected row, truncated and with blanks stripped, is the user's id."""
    field = text.strip("\0 \t\r\n")
    return field == user or (len(user) > _ENOUGH and field.startswith(user[:_ENOUGH]))


def shown_on(page: str, user: str) -> bool:
    """Whether a page shows the user: in a heading, in a sentence, or, if the id is long enough to be distinctive,
    anywhere.
    """
    shown = page_text(user)
    if shown in (html.unescape(heading) for heading in _HEADING.findall(page)):
        return True
    text = html.unescape(_TAG.sub(" ", page))
    return without(text, user) != text or (len(user) >= _SEARCHABLE and holds(text, shown))


def _holds(quoted: str, user: str) -> bool:
    try:
        text = json.loads(quoted)
    except ValueError:
        return False
    return holds(text, user)
