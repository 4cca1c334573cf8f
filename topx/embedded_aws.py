"""The embedded AWS on this machine, in topx's home: the operations that topx uses, and messages for its users."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws import door
from local_aws.door import EngineHome, RunningEngine
from topx.faults import of_storage
from topx.home import home
from topx.problem import Problem

# What topx creates in a home in addition to the embedded AWS's files.
_FILES = frozenset({"cdk.out.sources", "deploy.lock", "last-run.json"})
_FOLDERS = frozenset({"cdk.out", "reports", "samples", "simulations"})
_OURS = _FILES | _FOLDERS | door.HOME_FOLDERS | door.CACHE_FOLDERS


def engine_home() -> EngineHome:
    """The part of topx's home that belongs to the embedded AWS."""
    return EngineHome(home())


def ensure_running() -> RunningEngine:
    """The engine of topx's home, started if it is not running. ``TOPX_PORT`` sets its port.

    Raises:
        Problem: if it cannot be started, or belongs to another user.
    """
    with _as_problem():
        port, place = _asked_port(), engine_home()
        try:
            if door.status(place) is None:
                place.make_folders()
                door.close_what_is_ours(home(), _OURS)  # left readable by an earlier version
            return door.ensure_running(place, port=port)
        except OSError as error:
            raise Problem(f"the embedded AWS cannot start: {of_storage(error, home())}") from error
        except door.PortRefused as taken:
            raise Problem(f"TOPX_PORT: {taken}") from taken


def status() -> RunningEngine | None:
    """The engine of topx's home, or None if it is not running.

    Raises:
        Problem: if this cannot be determined.
    """
    with _as_problem():
        return door.status(engine_home())


def stop() -> bool:
    """Save the engine's state and stop it; returns whether it was running.

    Raises:
        Problem: if it cannot be stopped without losing data.
    """
    with _as_problem():
        return door.stop(engine_home())


def save_state(running: RunningEngine) -> None:
    """Save the engine's state now, so that nothing done so far is lost even if it is killed.

    Raises:
        Problem: if it could not be saved.
    """
    with _as_problem():
        door.save_state(running)


def _asked_port() -> int | None:
    asked = os.environ.get("TOPX_PORT")
    if not asked:
        return None
    if not asked.isdecimal() or not 1 <= int(asked) <= 65_535:
        raise Problem(f"TOPX_PORT must be a port, 1..65535, got {asked!r}")
    return int(asked)


@contextmanager
def _as_problem() -> Iterator[None]:
    """Turns problems of the embedded AWS into topx's."""
    try:
        yield
    except door.EmbeddedAwsProblem as problem:
        raise Problem(str(problem)) from problem
