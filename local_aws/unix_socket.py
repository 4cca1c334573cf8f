"""HTTP between processes of one user: over a Unix socket in a folder of theirs, which nobody else can get to.

No page in a browser can ask for it, no other user may open it, and nobody else can take the address first, as all of
them can with a port of the loopback interface.
"""

import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

# In a container's environment: the path that it is to bind to, in place of SAGEMAKER_BIND_TO_PORT.
BIND_TO_SOCKET = "TOPX_BIND_TO_SOCKET"


class UnixHTTPServer(ThreadingUnixStreamServer):
    """Serves HTTP on a socket at ``path``."""

    daemon_threads = True

    def __init__(self, path: Path, handler: type[BaseHTTPRequestHandler]) -> None:
        with _short(path) as address:
            super().__init__(address, handler)


class UnixHTTPConnection(http.client.HTTPConnection):
    """A client of what serves HTTP at ``path``."""

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
    """An address for ``path``, however deep its folder is: the kernel takes 107 bytes."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
