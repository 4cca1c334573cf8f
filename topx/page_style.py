"""The style of the runs' reports, for the pages that are made here."""

import re

from topx.home import REPOSITORY

# The reports' own shell is for a template engine that this environment has not; its style is plain CSS.
_SHELL = REPOSITORY / "containers" / "extract" / "pages" / "page.html.j2"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def page_style() -> str:
    """The style sheet."""
    found = _STYLE.search(_SHELL.read_text(encoding="utf-8"))
    assert found is not None  # tests look at the pages
    return found[1]
