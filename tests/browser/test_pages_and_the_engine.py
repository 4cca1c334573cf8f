"""A web page in a browser on this machine cannot change anything in the embedded AWS, nor read anything from it.

The page is served on another port of the loopback interface, like that of any local program; a page from the internet
has even less access. It sends the three requests with which a page once took over the machine.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest

from local_aws.door import EngineHome, RunningEngine, ensure_running, stop
from tests.browser.chromium import Chromium, Tab
from tests.unit.local_aws.conftest import client_of
from tests.unit.local_aws.test_engine_gate import FORM as FORM_ENCODED
from tests.unit.local_aws.test_engine_gate import TRUST, attack, is_there, the_three

# Ways in which a page can send requests to another site; each returns what the page learned from the response.
FETCH = """
(async (asked) => {
  try {
    const answer = await fetch(asked.url, {method: asked.method, mode: asked.mode, body: asked.body || undefined,
                                           headers: asked.headers, credentials: "include"});
    return {type: answer.type, status: answer.status, text: await answer.text()};
  } catch (error) { return {type: "failed"}; }
})(%s)
"""
FORM = """
((asked) => new Promise((done) => {
  const frame = document.createElement("iframe"), form = document.createElement("form");
  frame.name = "target"; document.body.append(frame);
  Object.assign(form, {action: asked.url, method: "POST", enctype: asked.kind, target: "target"});
  for (const [name, value] of asked.fields) {
    const field = document.createElement("input");
    field.name = name; field.value = value; form.append(field);
  }
  document.body.append(form);
  frame.onload = () => { frame.remove(); form.remove(); done(null); };
  form.submit();
}))(%s)
"""
IMAGE = """
((url) => new Promise((done) => {
  const image = new Image();
  image.onload = () => done(true); image.onerror = () => done(false); image.src = url;
}))(%s)
"""
SOCKET = """
((url) => new Promise((done) => {
  const socket = new WebSocket(url);
  socket.onopen = () => done(true); socket.onerror = () => done(false);
}))(%s)
"""


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>a game</title><body>")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    home = EngineHome(tmp_path_factory.mktemp("engine"))
    yield ensure_running(home, launcher="tests.unit.local_aws.toy_engine")
    stop(home)


@pytest.fixture
def page(browser: Chromium) -> Iterator[Tab]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with browser.tab() as tab:
        tab.ask("Page.enable")
        tab.load(f"http://127.0.0.1:{server.server_port}/")
        yield tab
    server.shutdown()
    server.server_close()


def forged(running: RunningEngine, name: str) -> list[dict[str, Any]]:
    """The three requests in a page's script."""
    return [
        {
            "url": running.endpoint + request.target,
            "method": "POST",
            "body": request.body.decode(),
            "headers": dict(request.headers),
        }
        for request in the_three(attack, name)
    ]


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_a_fetch_changes_nothing_and_learns_nothing(mode: str, page: Tab, running: RunningEngine) -> None:
    name = f"by-fetch-{mode}"
    reads = [f"{running.endpoint}{path}" for path in ("/", "/_local_aws/health", "/_ministack/health", "/health")]
    asked = [{"url": url, "method": "GET", "headers": {}} for url in reads]
    for one in [*forged(running, name), *asked]:
        seen = page.evaluate(FETCH % json.dumps({**one, "mode": mode}))
        assert seen in ({"type": "failed"}, {"type": "opaque", "status": 0, "text": ""}), (one["url"], seen)
    assert is_there(running, name) == (False, False)


def test_a_preflight_is_not_granted(page: Tab, running: RunningEngine) -> None:
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
    asked = {"url": running.endpoint, "method": "POST", "mode": "cors", "headers": headers, "body": "{}"}
    assert page.evaluate(FETCH % json.dumps(asked)) == {"type": "failed"}


def test_a_form_changes_nothing(page: Tab, running: RunningEngine) -> None:
    for one in forged(running, "by-form"):
        if one["headers"]["Content-Type"] == FORM_ENCODED:
            fields = parse_qsl(one["body"])
        else:  # NAME=VALUE, which together form JSON
            fields = [(one["body"][:-1] + (", " if len(one["body"]) > 2 else "") + '"x": "', '"}')]
        page.evaluate(FORM % json.dumps({"url": one["url"], "kind": one["headers"]["Content-Type"], "fields": fields}))
    assert is_there(running, "by-form") == (False, False)


def test_a_form_resets_nothing(page: Tab, running: RunningEngine) -> None:
    s3 = client_of(running, "s3")
    s3.create_bucket(Bucket="kept")
    for path in ("reset", "config"):
        asked = {"url": f"{running.endpoint}/_ministack/{path}", "kind": "text/plain", "fields": []}
        page.evaluate(FORM % json.dumps(asked))
    assert "kept" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_an_image_changes_nothing_and_is_not_shown(page: Tab, running: RunningEngine) -> None:
    s3 = client_of(running, "s3")
    s3.create_bucket(Bucket="pictures")
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    s3.put_object(Bucket="pictures", Key="one.svg", Body=drawing.encode(), ContentType="image/svg+xml")
    create = {
        "Action": "CreateRole",
        "Version": "2010-05-08",
        "RoleName": "by-image",
        "AssumeRolePolicyDocument": TRUST,
    }
    for path in ("/pictures/one.svg", f"/pictures/one.svg?{urlencode(attack('s3'))}", f"/?{urlencode(create)}"):
        assert page.evaluate(IMAGE % json.dumps(running.endpoint + path)) is False
    page.evaluate(IMAGE % json.dumps(f"{running.endpoint}/?{urlencode(create | attack('iam'))}"))
    assert is_there(running, "by-image") == (False, False)
    assert page.evaluate(IMAGE % json.dumps(f"data:image/svg+xml,{quote(drawing)}")) is True


def test_a_websocket_is_not_opened(page: Tab, running: RunningEngine) -> None:
    address = running.endpoint.replace("http://", "ws://")
    assert page.evaluate(SOCKET % json.dumps(f"{address}/_aws/execute-api/abc/prod")) is False
