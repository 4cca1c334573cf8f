"""A container for tests: trains, processes and serves without any library, and misbehaves as TOY says."""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

ROOT = Path(os.environ["OPT_ML"])


def misbehave(toy: str) -> None:
    if toy == "failure file":
        (ROOT / "output" / "failure").write_text("the loss is NaN" + "!" * 2000)
        sys.exit(1)
    if toy == "message":
        (ROOT / "output" / "message").write_text("all rows were refused")
        sys.exit(1)
    if toy == "exit 3":
        sys.exit(3)
    if toy in ("sleep", "sleep through SIGTERM"):
        if toy != "sleep":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(os.environ["TOY_PIDS"]).write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)


def train() -> None:
    data = sorted(path for path in (ROOT / "input" / "data").rglob("*") if path.is_file())
    model = ROOT / "model"
    (model / "model_algo-1").write_bytes(b"".join(path.read_bytes() for path in data))
    (model / "environment.json").write_text(json.dumps(dict(os.environ)))
    config = {path.stem: json.loads(path.read_text()) for path in (ROOT / "input" / "config").iterdir()}
    (model / "config.json").write_text(json.dumps(config))


def process() -> None:
    inputs, outputs = ROOT / "processing" / "input", ROOT / "processing" / "output"
    for path in sorted(inputs.rglob("*")):
        if path.is_file():
            (outputs / "upper" / path.name).write_bytes(path.read_bytes().upper())
    (outputs / "upper" / "link").symlink_to("/etc/hostname")
    config = (ROOT / "config" / "processingjobconfig.json").read_text()
    (outputs / "upper" / "deep").mkdir()
    (outputs / "upper" / "deep" / "config.json").write_text(config)


class Model(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers = {
            "/ping": b"",
            "/execution-parameters": b'{"MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD"}',
        }
        self.answer(200 if self.path in answers else 404, answers.get(self.path, b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if b"poison" in body:
            return self.answer(400, b"this payload is poison")
        loaded = (ROOT / "model" / "model_algo-1").read_text()
        said = {"bytes": len(body), "accept": self.headers["Accept"], "model": loaded, "begins": body[:12].hex()}
        return self.answer(200, json.dumps(said).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing: the base class logs the client's address, and a client of a Unix socket has none."""

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print("the toy begins", sys.argv[1:])
    misbehave(os.environ.get("TOY", ""))
    if sys.argv[1:] == ["train"]:
        train()
    elif sys.argv[1:] == ["serve"]:
        os.chdir(ROOT / "tmp")  # the kernel's limit for addresses is 107 bytes
        assert os.environ["TOPX_BIND_TO_SOCKET"] == str(ROOT / "tmp" / "model.sock")
        ThreadingUnixStreamServer("model.sock", Model).serve_forever()
    else:
        process()
