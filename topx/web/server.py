"""Serves the pages on 127.0.0.1 to the browser with the token."""

import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from topx.web.markup import Page, document, element
from topx.web.request_rules import Refused, RequestRules

# Browsers must not cache pages, show them in a frame or let other sites read them, and must send no referrer.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ALWAYS = "frame-ancestors 'none'; base-uri 'none'"
# For a run's own page from the bucket: whoever can write to the bucket must not be able to run scripts here.
_STORED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_MOST_TARGET = 8_192
_SECONDS = 30.0


class Pages(Protocol):
    """The pages to serve."""

    def page(self, path: str, given: Mapping[str, str]) -> Page | bytes:
        """The page at a path, with its query; bytes for a document stored by a run.

        Raises:
            Refused: 404 if there is none, 400 if the query is invalid.
        """


class Server(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1. ``serve_forever`` handles requests until ``shutdown``, or Ctrl-C."""

    daemon_threads = True

    def __init__(self, pages: Pages) -> None:
        """Listen; requests are handled once it serves."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rules = RequestRules(self.server_port)
        self.pages = pages
        # Browsers hold idle connections open, hence the threads; AWS clients are shared, hence the lock.
        self.turn = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A lost connection is not an error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = _SECONDS
    server_version = "topx"
    sys_version = ""

    def do_GET(self) -> None:
        headers = {name.lower(): [str(one) for one in self.headers.get_all(name, [])] for name in set(self.headers)}
        try:
            self.server.rules.check_sender(self.command, headers)
            path, given = _target(self.path)
            if path == "/enter" and self.server.rules.is_token(given.get("token", "")):
                self._let_in()
                return
            self.server.rules.check_ticket(headers)
            with self.server.turn:
                found = self.server.pages.page(path, given)
        except Refused as refusal:
            self._refuse(refusal)
            return
        if isinstance(found, bytes):
            self._answer(200, found, _STORED)
        else:
            self._answer(found.status, *document(found))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - http.server's names

    def _let_in(self) -> None:
        # A page and not a redirect: the browser may have come from a file or a terminal, and the cookie is only sent
        # with requests from our own pages.
        body = element("p", element("a", "Continue to the runs", href="/"))
        page = document(Page("Welcome", body, refresh=0, onward="/"))
        self._answer(200, *page, cookie=self.server.rules.cookie)

    def _refuse(self, refusal: Refused) -> None:
        self._answer(refusal.status, f"{refusal}\n".encode(), "default-src 'none'", kind="text/plain")

    def send_error(self, code: int, *_: Any, **_named: Any) -> None:
        """For invalid HTTP or an unknown method: the answer repeats nothing of the request."""
        self.close_connection = True
        self._answer(int(code), b"This is no request that is answered here.\n", "default-src 'none'", kind="text/plain")

    def _answer(
        self, status: int, body: bytes, policy: str, *, kind: str = "text/html", cookie: str | None = None
    ) -> None:
        self.send_response(status)
        described = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": f"{policy}; {_ALWAYS}",
        }
        for name, value in (described | _HEADERS | ({"Set-Cookie": cookie} if cookie else {})).items():
            self.send_header(name, value)
        self.end_headers()
        if getattr(self, "command", None) != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing: a request's URL may have the token, and the terminal shows other output."""


def _target(target: str) -> tuple[str, dict[str, str]]:
    """Path and query of a request's target.

    Raises:
        Refused: if it is invalid.
    """
    if len(target) > _MOST_TARGET or not target.startswith("/"):
        raise Refused(400, "The address must be a path, of 8 KiB at most.")
    try:
        parts = urlsplit(f"http://127.0.0.1{target}")
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query), errors="strict")
    except ValueError as error:
        raise Refused(400, "The address must be a path with a query in UTF-8.") from error
    given = dict(pairs)
    if len(given) < len(pairs):
        raise Refused(400, "The address has a parameter twice.")
    return parts.path, given
