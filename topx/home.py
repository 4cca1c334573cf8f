"""The folder for topx's files on this machine."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def home() -> Path:
    """The folder for the engine's state, the jobs and the reports: ``TOPX_HOME``, or ``.topx`` next to the code."""
    given = os.environ.get("TOPX_HOME")
    return Path(given).resolve() if given else REPOSITORY / ".topx"
