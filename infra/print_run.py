"""Runs the MovieLens sample and puts its output into docs/run.md and README: ``python -m infra.print_run``.

It uses a separate home, as on a fresh clone; lists published on this machine are not touched.
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


def printed_by_a_run() -> str:
    """The output of ``make run`` on a fresh clone, with a neutral folder name."""
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
        lines = ran.stdout.replace(home, _SHOWN_HOME).rstrip().splitlines()
        return "\n".join(line.rstrip() for line in lines)


def excerpt(shown: str, output: str) -> str:
    """The lines of a new run that correspond to those shown of an earlier run, with as many lines of the narrowest
    user.

    Raises:
        ValueError: if a line has no counterpart: then a person must choose anew what to show.
    """
    lines, _, user = shown.rpartition("\n\n")
    users = [block.splitlines() for block in output.split("\n\n") if block.startswith("user ")]
    narrowest = min(users, key=lambda block: max(map(len, block)))
    return "\n".join(
        [*_counterparts(lines.splitlines(), output.splitlines()), "", *narrowest[: len(user.splitlines())]]
    )


def _counterparts(shown: list[str], output: list[str]) -> Iterator[str]:
    rest = iter(output)
    for line in shown:
        found = next((other for other in rest if _words(other) == _words(line)), None)
        if found is None:
            raise ValueError(f"the run's output has no line like: {line}")
        yield found


def _words(line: str) -> list[str]:
    """The part of a line that does not change from run to run."""
    return [word for word in line.split() if word[0].isalpha()]


def print_run(output: str) -> None:
    """Put the output into both pages."""
    put(DOCS / "run.md", *_RUN, output)
    readme = REPOSITORY / "README.md"
    shown = readme.read_text(encoding="utf-8").partition(f"{_EXCERPT[0]}\n")[2].partition(f"\n{_EXCERPT[1]}\n")[0]
    put(readme, *_EXCERPT, excerpt(shown, output))


if __name__ == "__main__":
    print_run(printed_by_a_run())
