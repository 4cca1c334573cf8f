"""Chooses the port on which the engine listens."""

import errno
import json
import socket

from local_aws.engine_home import EngineHome
from local_aws.problem import EmbeddedAwsProblem

HOST = "127.0.0.1"
DEFAULT_PORT = 4566


class PortRefused(EmbeddedAwsProblem):
    """The requested port is not available."""


def choose(home: EngineHome, asked: int | None) -> int:
    """The requested port; without one the last port, which clients may know, or 4566, or any free one.

    Raises:
        PortRefused: if the requested one is in use.
    """
    if asked is not None:
        if not is_free(asked):
            raise PortRefused(f"port {asked} was asked for, which is taken: stop what listens there, or ask for none")
        return asked
    for port in (_last(home), DEFAULT_PORT):
        if port and is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether it is possible to listen on ``port`` now."""
    with socket.socket() as probe:
        # Like the engine's server, so that a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def _last(home: EngineHome) -> int | None:
    try:
        return int(json.loads(home.address.read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
