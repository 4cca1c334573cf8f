"""README shows the same lines of a new run as of the previous one."""

import re
from pathlib import Path

import pytest

from infra.print_run import excerpt

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "run.md").read_text(encoding="utf-8")
RUN = PAGE.split("<!-- output of make run -->\n```text\n")[1].split("\n```")[0]
SHOWN = (REPOSITORY / "README.md").read_text(encoding="utf-8").split("<!-- excerpt of docs/run.md -->\n```text\n")[1]
SHOWN = SHOWN.split("\n```")[0]
# With other times and metrics, and other users.
ANOTHER = re.sub(r"(\d+\.\d)", r"7\1", RUN).replace("user ", "user 9")


def test_a_run_gives_its_own_lines_in_the_places_of_those_that_were_shown() -> None:
    found = excerpt(SHOWN, ANOTHER).splitlines()
    of_the_run = iter(ANOTHER.splitlines())
    assert all(line in of_the_run for line in found if line)
    assert [line.split()[:1] for line in found[:-5]] == [line.split()[:1] for line in SHOWN.splitlines()[:-5]]
    assert any("Check quality" in line and line not in SHOWN for line in found)
    assert found[-5].startswith("user 9")


def test_the_user_with_the_shortest_lines_is_shown() -> None:
    shorter = f"{ANOTHER}\n\nuser 12\nliked before  gets now\nA             B\nC             D\nE             F\n"
    assert excerpt(SHOWN, shorter).splitlines()[-5:] == shorter.splitlines()[-5:]


def test_a_run_without_such_a_line_is_reported() -> None:
    with pytest.raises(ValueError, match=r"the run's output has no line like: .*Extract vectors"):
        excerpt(SHOWN, RUN.replace("Extract vectors", "Extract"))
