"""Runs the MovieLens sample and prints what that said into docs/run.md and README: ``python -m infra.print_run``.

In a home of its own, as on a fresh clone; what was published here before stays as it is.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.print_docs import DOCS, REPOSITORY, put

_SHOWN_HOME = "/home/you/topx/.topx"
_RUN = ("<!-- output of make run -->\n```text", "```")
_EXCERPT = ("<!-- excerpt of docs/run.md -->\n```text", "```")


def said_by_a_run() -> str:
    """What ``make run`` says on a fresh clone, whose folder is that of somebody else."""
    with tempfile.TemporaryDirectory() as folder:
        home = str(Path(folder).resolve())
        environment = {**os.environ, "TOPX_HOME": home}
        environment.pop("TOPX_PORT", None)
        topx = [sys.executable, "-m", "topx"]
        try:
            command = [*topx, "run", "--sample", "movielens"]
            ran = subprocess.run(
                command, check=True, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=None, text=True
            )
        finally:
            subprocess.run([*topx, "stop"], check=False, cwd=REPOSITORY, env=environment, stdout=sys.stderr)
        return ran.stdout.replace(home, _SHOWN_HOME).rstrip()


def excerpt(shown: str, said: str) -> str:
    """The lines of a new run that correspond to those that were shown of an earlier one.

    Raises:
        ValueError: when one has no counterpart: what to show must be chosen anew.
    """
    return "\n".join(_counterparts(shown.splitlines(), said.splitlines()))


def _counterparts(shown: list[str], said: list[str]) -> Iterator[str]:
    rest = iter(said)
    for line in shown:
        found = next((other for other in rest if other == line or _alike(other, line)), None)
        if found is None:
            raise ValueError(f"the run says nothing like: {line}")
        yield found


def _alike(one: str, other: str) -> bool:
    """Whether all but numbers and names is the same; a user's line is known by the user alone."""
    words = _words(one)
    return words == _words(other) and words not in ([], ["user"])


def _words(line: str) -> list[str]:
    return [word for word in line.split() if word[0].isalpha()]


def print_run(said: str) -> None:
    """Put it into both pages."""
    readme = REPOSITORY / "README.md"
    shown = readme.read_text(encoding="utf-8").partition(f"{_EXCERPT[0]}\n")[2].partition(f"\n{_EXCERPT[1]}\n")[0]
    shorter = excerpt(shown, said)
    put(DOCS / "run.md", *_RUN, said)
    put(readme, *_EXCERPT, shorter)


if __name__ == "__main__":
    print_run(said_by_a_run())
