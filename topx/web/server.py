"""Serves the pages on 127.0.0.1 to the browser that was given the token."""

import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from topx.web.markup import Page, document, element
from topx.web.request_rules import Refused, RequestRules

# Nothing is kept by a browser, shown in a frame, or read by another site; nothing says where a link came from.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ALWAYS = "frame-ancestors 'none'; base-uri 'none'"
# A run's own page, as it lies in the bucket: whoever may write there may not run anything here.
_STORED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_MOST_TARGET = 8_192
_SECONDS = 30.0


class Pages(Protocol):
    """What is served."""

    def page(self, path: str, given: Mapping[str, str]) -> Page | bytes:
        """The page at a path, with what its query gives; bytes for a document that a run has stored.

        Raises:
            Refused: 404 when there is none, 400 when the query is not what the page takes.
        """


class Server(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1. ``serve_forever`` answers until ``shutdown``, or Ctrl-C."""

    daemon_threads = True

    def __init__(self, pages: Pages) -> None:
        """Listen; requests are answered as soon as it serves."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rules = RequestRules(self.server_port)
        self.pages = pages
        # A browser holds connections open without a word, hence the threads; clients of AWS are shared, hence the lock.
        self.turn = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was lost is nobody's mistake."""
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
        # A page and not a redirect: the browser may have come from a file or a terminal's page, and the cookie is only
        # for what is asked by a page of ours.
        body = element("p", element("a", "Go on to the runs", href="/"))
        page = document(Page("Welcome", body, refresh=0, onward="/"))
        self._answer(200, *page, cookie=self.server.rules.cookie)

    def _refuse(self, refusal: Refused) -> None:
        self._answer(refusal.status, f"{refusal}\n".encode(), "default-src 'none'", kind="text/plain")

    def send_error(self, code: int, *_: Any, **_named: Any) -> None:
        """What is no HTTP, or an unknown method: without a word of the request in the answer."""
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
        """Nothing: a request's address may hold the token, and a person watches the terminal for other things."""


def _target(target: str) -> tuple[str, dict[str, str]]:
    """Path and query of a request's target.

    Raises:
        Refused: when it is no such thing.
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
