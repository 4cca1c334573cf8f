"""The style of the run reports, for the pages that are generated here."""

import re

from topx.home import REPOSITORY

# The reports' layout is for a template engine that is not in this environment; its style is plain CSS.
_SHELL = REPOSITORY / "containers" / "extract" / "pages" / "page.html.j2"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def page_style() -> str:
    """The style sheet."""
    found = _STYLE.search(_SHELL.read_text(encoding="utf-8"))
    assert found is not None  # tests check this
    return found[1]
