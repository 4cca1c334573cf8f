"""Self-contained HTML pages: the templates, and the format of times and requests in pages."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import jinja2

from contract.request_document import Request
from contract.run_request import FIELDS
from contract.visible_text import page_text


def _harmless(value: Any) -> Any:
    """What a template shows: text without control characters; the templates' own markup unchanged."""
    return page_text(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    finalize=_harmless,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: Any) -> str:
    """The HTML of a template in this folder."""
    return _TEMPLATES.get_template(template).render(**values)


def moment(iso: str) -> str:
    """A time from Step Functions in readable form.

    >>> moment("2026-11-23T03:00:00.120Z")
    '23 November 2026, 03:00 UTC'
    """
    return minute(datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp())


def minute(seconds: float) -> str:
    """A time in epoch seconds, in the same form."""
    time = datetime.fromtimestamp(seconds, UTC)
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


class RequestField(TypedDict):
    """A field of the input as shown in a page."""

    name: str
    value: object
    changed: bool  # whether it differs from the default
    meaning: str


def request_fields(request: Request) -> list[RequestField]:
    """Each field of a run's request, whether it differs from the default, and its meaning."""
    fields = {field.name: field for field in FIELDS}
    return [
        {
            "name": name,
            "value": value,
            "changed": name in fields and value != fields[name].default,
            "meaning": fields[name].meaning if name in fields else "",
        }
        for name, value in request.items()
    ]
