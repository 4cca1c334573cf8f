"""Who may see the pages: the browser with the token, requesting our pages itself.

Every page in every browser on this machine can send requests to 127.0.0.1, and every user of the machine can connect. A
request must have our own address as its host (which excludes names rebound to 127.0.0.1), come from no other site, and
have the cookie that only the URL with the token sets.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_BYTES = 32
# "Sec-Fetch-Site", Fetch Metadata Request Headers: typed or opened by a program, or from our own link.
_OWN_SITES = ("none", "same-origin")


class Refused(Exception):
    """A request that is rejected; ``status`` is HTTP's, and the message says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class RequestRules:
    """Who may send requests to ``port``; the secrets are new for each server."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)
    _ticket: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)

    @property
    def origin(self) -> str:
        """The server's origin."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def entrance(self) -> str:
        """The URL with the token, which sets the cookie."""
        return f"{self.origin}/enter?token={self.token}"

    @property
    def cookie(self) -> str:
        """The ``Set-Cookie`` header for a browser that came through the entrance."""
        # Cookies ignore ports: two servers must not overwrite each other's.
        return f"{self._cookie_name}={self._ticket}; Path=/; HttpOnly; SameSite=Strict"

    def is_token(self, given: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(given.encode(errors="surrogatepass"), self.token.encode())

    def check_sender(self, method: str, headers: Mapping[str, Sequence[str]]) -> None:
        """Reject requests that a browser directed here would not send.

        Args:
            method: of the request.
            headers: all values of each, by name in lower case.

        Raises:
            Refused: naming the foreign part.
        """
        if list(headers.get("host", ())) != [self.origin.removeprefix("http://")]:
            raise Refused(403, f"Host must be {self.origin.removeprefix('http://')}, once.")
        if any(origin != self.origin for origin in headers.get("origin", ())):
            raise Refused(403, "Requests from other sites are not answered.")
        if method != "GET":
            raise Refused(405, "Only GET is allowed: these pages are read-only.")

    def check_ticket(self, headers: Mapping[str, Sequence[str]]) -> None:
        """Reject requests without the cookie, or from another site.

        Raises:
            Refused: with what to do.
        """
        if any(site not in _OWN_SITES for site in headers.get("sec-fetch-site", ())):
            raise Refused(403, "Links from other sites are not accepted. Open the address that topx open printed.")
        given = _cookies(headers).get(self._cookie_name, "")
        if not hmac.compare_digest(given.encode(errors="surrogatepass"), self._ticket.encode()):
            raise Refused(403, "Open the address that topx open printed, which ends in a token.")

    @property
    def _cookie_name(self) -> str:
        return f"topx-{self.port}"


def _cookies(headers: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Parsed by hand, because other programs on 127.0.0.1 may have set invalid cookies."""
    pairs = (pair.partition("=") for line in headers.get("cookie", ()) for pair in line.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}
