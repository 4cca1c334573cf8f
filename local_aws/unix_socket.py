"""HTTP between processes of one user: over a Unix socket in a private folder.

Unlike a loopback port, it is inaccessible to web pages and other users, and nobody else can take its address first.
"""

import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

# In a container's environment: the path to bind to, instead of SAGEMAKER_BIND_TO_PORT.
BIND_TO_SOCKET = "TOPX_BIND_TO_SOCKET"


class UnixHTTPServer(ThreadingUnixStreamServer):
    """Serves HTTP on a socket at ``path``."""

    daemon_threads = True

    def __init__(self, path: Path, handler: type[BaseHTTPRequestHandler]) -> None:
        with _short(path) as address:
            super().__init__(address, handler)


class UnixHTTPConnection(http.client.HTTPConnection):
    """A client of a server at ``path``."""

    def __init__(self, path: Path, *, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with _short(self._path) as address:
            self.sock.connect(address)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A short address for ``path``, however deep its folder is: the kernel's limit is 107 bytes."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
