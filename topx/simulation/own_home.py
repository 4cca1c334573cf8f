"""A home of its own for a simulation: an engine beside the developer's, whose data and lists stay as they are."""

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

# The synthesized stack stays: it is made anew where its sources have changed.
_OF_ONE_SIMULATION = ("engine", "jobs", "reports", "simulation.json", "simulation.html")


def folder_of(name: str) -> Path:
    """Where the simulation called ``name`` is kept."""
    return home() / "simulations" / name


def name_of(data: Path) -> str:
    """What the simulation of that folder of data is called: folders may share a name, but not a place."""
    place = data.resolve()
    return f"{place.name}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:6]}"


def clear(folder: Path) -> None:
    """Delete what an earlier simulation left there, apart from the slices of its data."""
    for name in _OF_ONE_SIMULATION:
        place = folder / name
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)


@contextmanager
def own_home(folder: Path) -> Iterator[None]:
    """This process's home is ``folder``; no engine runs there before, and none afterwards.

    Raises:
        Problem: when another process is simulating there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "simulation.lock").open("a") as guard, _environment(folder):
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(f"another simulation is running in {folder}: wait for it, or stop it with Ctrl-C") from None
        embedded_aws.stop()  # of a simulation that was killed
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
