"""Where topx keeps what it makes on this machine."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def home() -> Path:
    """The folder of the engine's state, the jobs and the reports: ``TOPX_HOME``, or ``.topx`` beside the code."""
    given = os.environ.get("TOPX_HOME")
    return Path(given).resolve() if given else REPOSITORY / ".topx"
