"""Who gets a page: each rule over plain HTTP, with requests of another site, another user or a rebound name."""

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from topx.web.markup import Page, element
from topx.web.request_rules import Refused
from topx.web.server import Server


class RecordingPages:
    """Records its requests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []

    def page(self, path: str, given: Mapping[str, str]) -> Page | bytes:
        self.asked.append((path, dict(given)))
        if path == "/stored":
            return b"<p>stored"
        if path != "/":
            raise Refused(404, "There is no such page.")
        return Page("Secret", element("p", "a list"))


@contextmanager
def serving() -> Iterator[tuple[Server, RecordingPages]]:
    pages = RecordingPages()
    with Server(pages) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server, pages
        server.shutdown()
        thread.join()


@pytest.fixture
def served() -> Iterator[tuple[Server, RecordingPages]]:
    with serving() as found:
        yield found


def ask(
    server: Server, target: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"Host": f"127.0.0.1:{server.server_port}"} | dict(headers or {})).items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def entered(server: Server) -> dict[str, str]:
    """The headers of a browser that came through the entrance."""
    _, headers, _ = ask(server, f"/enter?token={server.rules.token}")
    return {"Cookie": headers["Set-Cookie"].split(";")[0]}


def test_it_listens_on_the_loopback_interface_alone(served: tuple[Server, RecordingPages]) -> None:
    assert served[0].server_address == ("127.0.0.1", served[0].server_port)


def test_the_token_becomes_a_cookie_that_no_script_and_no_other_site_gets(
    served: tuple[Server, RecordingPages],
) -> None:
    server, pages = served
    token = server.rules.token
    assert len(token) * 6 >= 128
    assert server.rules.entrance == f"http://127.0.0.1:{server.server_port}/enter?token={token}"
    status, headers, body = ask(server, f"/enter?token={token}", {"Sec-Fetch-Site": "cross-site"})
    assert status == 200
    cookie, *attributes = headers["Set-Cookie"].split("; ")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert token not in cookie
    assert token not in body
    assert '<meta http-equiv="refresh" content="0; url=/">' in body
    assert not pages.asked
    assert ask(server, "/", {"Cookie": f"other=1; {cookie}"})[0] == 200


def test_every_answer_forbids_scripts_frames_other_sites_and_keeping(served: tuple[Server, RecordingPages]) -> None:
    server, _ = served
    for target, cookies in (("/", entered(server)), ("/stored", entered(server)), ("/", {})):
        _, headers, _ = ask(server, target, cookies)
        policy = dict(part.partition(" ")[::2] for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert "script-src" not in policy
        assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
        assert ("sandbox" in policy) == (target == "/stored")
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert not [name for name in headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Host": "evil.example"}, "Host must be"),
        ({"Host": "localhost:80"}, "Host must be"),
        ({"Host": "127.0.0.1"}, "Host must be"),
        ({"Origin": "http://evil.example"}, "other sites"),
        ({"Origin": "null"}, "other sites"),
        ({"Origin": "http://127.0.0.1:1"}, "other sites"),
        ({"Sec-Fetch-Site": "cross-site"}, "other sites"),
        ({"Sec-Fetch-Site": "same-site"}, "other sites"),
        ({"Cookie": ""}, "which ends in a token"),
        ({"Cookie": "topx=1; =; ;;"}, "which ends in a token"),
    ],
)
def test_what_is_foreign_is_refused_even_with_the_cookie(
    served: tuple[Server, RecordingPages], headers: dict[str, str], why: str
) -> None:
    server, pages = served
    status, _, body = ask(server, "/", entered(server) | headers)
    assert status == 403
    assert why in body
    assert not pages.asked


def test_a_host_that_is_given_twice_is_refused(served: tuple[Server, RecordingPages]) -> None:
    server, pages = served
    own = f"127.0.0.1:{server.server_port}"
    with socket.create_connection(("127.0.0.1", server.server_port)) as raw:
        cookie = entered(server)["Cookie"]
        raw.sendall(f"GET / HTTP/1.1\r\nHost: {own}\r\nHost: evil\r\nCookie: {cookie}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.0 403")
    assert not pages.asked


@pytest.mark.parametrize("token", ["", "x", "ü", "\x00", "%00", "'", "a" * 5_000])
def test_another_token_lets_nobody_in(served: tuple[Server, RecordingPages], token: str) -> None:
    server, pages = served

    status, headers, body = ask(server, f"/enter?token={quote(token)}")
    assert status == 403
    assert "Set-Cookie" not in headers
    assert server.rules.token not in body
    assert not pages.asked


def test_another_servers_cookie_lets_nobody_in(served: tuple[Server, RecordingPages]) -> None:
    server, _ = served
    with serving() as (other, _):
        assert ask(server, "/", entered(other))[0] == 403
        renamed = entered(other)["Cookie"].replace(str(other.server_port), str(server.server_port))
        assert ask(server, "/", {"Cookie": renamed})[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_only_get_is_answered(served: tuple[Server, RecordingPages], method: str) -> None:
    server, pages = served
    assert ask(server, "/", entered(server), method)[0] == 405
    assert not pages.asked


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "<script>"])
def test_an_unknown_method_is_not_repeated(served: tuple[Server, RecordingPages], method: str) -> None:
    server, pages = served
    with socket.create_connection(("127.0.0.1", server.server_port)) as raw:
        raw.sendall(f"{method} / HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\n\r\n".encode())
        answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.0 501")
    assert method.encode() not in answer
    assert b"Python" not in answer
    assert not pages.asked


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/../etc/passwd", 404),
        ("/%2e%2e/etc/passwd", 404),
        ("//evil.example/", 404),
        ("/\\..\\", 404),
        ("http://evil.example/", 400),
        ("/?a=%ff", 400),
        ("/?a=1&a=2", 400),
        ("/?a", 400),
        ("/enter", 404),
        ("/" + "a" * 9_000, 400),
    ],
)
def test_no_path_leads_anywhere_else(served: tuple[Server, RecordingPages], target: str, status: int) -> None:
    server, _ = served
    found, headers, _ = ask(server, target, entered(server))
    assert found == status
    assert "Location" not in headers


def test_what_a_query_gives_comes_as_it_is(served: tuple[Server, RecordingPages]) -> None:
    server, pages = served
    assert ask(server, "/?id=a%26b%2F%C3%BC+%00&x=", entered(server))[0] == 200
    assert pages.asked == [("/", {"id": "a&b/ü \x00", "x": ""})]


def test_a_connection_that_says_nothing_keeps_nobody_waiting(served: tuple[Server, RecordingPages]) -> None:
    server, _ = served
    with socket.create_connection(("127.0.0.1", server.server_port)):
        assert ask(server, "/", entered(server))[0] == 200
