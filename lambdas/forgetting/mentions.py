"""Where a sentence or a page of topx names a user, and the same without the name."""

import html
import json
import re

from contract.visible_text import page_text

FORGOTTEN = "(forgotten)"
# Sentences quote an id whole, or so many of its characters: containers/prepare/judging.
_CUTS = (100, 200)
# So much of an id is shown wherever it is shown: a field is cut to 200 characters, with the blanks before the id.
_ENOUGH = 150
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
# Of both pages: containers/extract/pages/*.html.j2.
_HEADING = re.compile(r"<h3>User (.*?)(?:</h3>| <small>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
# A shorter id, such as 17, is found in any text.
_TELLING = 6


def without(text: str, user: str) -> str:
    """A sentence with FORGOTTEN where it quotes the user's id, by itself or as one of the fields of a row.

    >>> without("User 'u 1' has 60% of all; the most frequent: {\\"who\\": \\"u 1\\"}", "u 1")
    'User (forgotten) has 60% of all; the most frequent: {"who": (forgotten)}'
    """
    for cut in {user, *(user[:most] for most in _CUTS)}:
        text = text.replace(repr(cut), FORGOTTEN)
    return _QUOTED.sub(lambda found: FORGOTTEN if _holds(found[0], user) else found[0], text)


def holds(text: str, user: str) -> bool:
    """Whether a text, such as a row that could not be read, has the user's id as a word of its own."""
    whole = len(user) <= _ENOUGH
    before = r"(?<!\w)" if user[:1].isalnum() else ""
    after = r"(?!\w)" if whole and user[-1:].isalnum() else ""
    return re.search(f"{before}{re.escape(user[:_ENOUGH])}{after}", text) is not None


def is_field(text: str, user: str) -> bool:
    """Whether a field of a refused row, blanks around it and what is too long cut off, is the user's id."""
    field = text.strip("\0 \t\r\n")
    return field == user or (len(user) > _ENOUGH and field.startswith(user[:_ENOUGH]))


def shown_on(page: str, user: str) -> bool:
    """Whether a page shows the user: under a heading, in a sentence, or, if the id is one to be told, anywhere."""
    shown = page_text(user)
    if shown in (html.unescape(heading) for heading in _HEADING.findall(page)):
        return True
    text = html.unescape(_TAG.sub(" ", page))
    return without(text, user) != text or (len(user) >= _TELLING and holds(text, shown))


def _holds(quoted: str, user: str) -> bool:
    try:
        text = json.loads(quoted)
    except ValueError:
        return False
    return holds(text, user)
