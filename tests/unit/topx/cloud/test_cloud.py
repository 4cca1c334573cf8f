"""What ``make deploy`` and ``make destroy`` print if they cannot start: without network, and without AWS."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from topx.cloud.__main__ import main

EXPIRED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error>
</ErrorResponse>"""


@pytest.fixture(autouse=True)
def nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials anywhere, and no service to get them from."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


class Expired(BaseHTTPRequestHandler):
    """Answers like STS when a session has expired."""

    def do_POST(self) -> None:
        self.send_response(403)
        self.end_headers()
        self.wfile.write(EXPIRED)

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), Expired)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "old",
        "AWS_SECRET_ACCESS_KEY": "old",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("command", ["bootstrap", "deploy", "destroy"])
def test_nothing_begins_without_credentials(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--region", "eu-west-1"]) == 1
    said = capfd.readouterr()
    assert "no AWS credentials were found" in said.err
    assert "PROFILE=NAME" in said.err
    assert said.out == ""


def test_nothing_begins_with_credentials_that_have_expired(expired: None, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--region", "eu-west-1"]) == 1
    assert "have expired (ExpiredToken); sign in again" in capfd.readouterr().err


def test_nothing_begins_without_a_region(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy"]) == 1
    assert "no AWS region is set" in capfd.readouterr().err


def test_settings_are_refused_before_anybody_is_asked(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "-c", "schedule=often", "-c", "keep_versions=0"]) == 1
    said = capfd.readouterr().err
    assert "schedule must be cron(" in said
    assert "keep_versions must be" in said
    with pytest.raises(SystemExit, match="2"):
        main(["deploy", "-c", "schedule"])
    assert "must be KEY=VALUE, got 'schedule'" in capfd.readouterr().err
