"""A separate home for a simulation, with its own engine: the developer's own data and lists are not touched."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from topx import embedded_aws
from topx.home import home
from topx.problem import Problem

# The synthesized stack is kept: it is synthesized again if its sources have changed.
_OF_ONE_SIMULATION = ("engine", "jobs", "reports", "simulation.json", "simulation.html")


def folder_of(name: str) -> Path:
    """The folder of the simulation called ``name``."""
    return home() / "simulations" / name


def name_of(data: Path) -> str:
    """The name of the simulation of that data folder: two folders may have the same name, but not the same path."""
    place = data.resolve()
    return f"{place.name}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:6]}"


def clear(folder: Path) -> None:
    """Delete what an earlier simulation left there, except the slices of its data."""
    for name in _OF_ONE_SIMULATION:
        place = folder / name
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)


@contextmanager
def own_home(folder: Path) -> Iterator[None]:
    """Make ``folder`` this process's home; no engine runs there before or after.

    Raises:
        Problem: if another process is simulating there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "simulation.lock").open("a") as guard, _environment(folder):
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(f"another simulation is running in {folder}: wait for it, or stop it with Ctrl-C") from None
        embedded_aws.stop()  # from a simulation that was killed
        try:
            yield
        finally:
            embedded_aws.stop()


@contextmanager
def _environment(folder: Path) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ("TOPX_HOME", "TOPX_PORT")}
    os.environ["TOPX_HOME"] = str(folder)
    os.environ.pop("TOPX_PORT", None)  # the port of the developer's own engine, which may be running
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
