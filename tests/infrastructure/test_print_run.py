"""README shows of a new run what it showed of the one before."""

from pathlib import Path

import pytest

from infra.print_run import excerpt

REPOSITORY = Path(__file__).parents[2]
RUN = (REPOSITORY / "docs" / "run.md").read_text(encoding="utf-8")
SHOWN = (REPOSITORY / "README.md").read_text(encoding="utf-8").split("<!-- excerpt of docs/run.md -->\n```text\n")[1]
SHOWN = SHOWN.split("\n```")[0]


# With other times and metrics.
ANOTHER = RUN.replace("0.", "7.")


def test_the_same_run_gives_the_same_excerpt() -> None:
    assert excerpt(SHOWN, RUN) == SHOWN


def test_another_run_gives_its_own_numbers() -> None:
    found = excerpt(SHOWN, ANOTHER).splitlines()
    assert len(found) == len(SHOWN.splitlines())
    assert set(found) <= set(ANOTHER.splitlines())
    changed = [line for line in found if line not in SHOWN.splitlines()]
    assert any(line.startswith("done") and "Extract vectors" in line for line in changed)
    assert any(line.startswith("ndcg@10") for line in changed)


def test_a_run_without_such_a_line_is_told() -> None:
    with pytest.raises(ValueError, match="the run says nothing like: user 166"):
        excerpt(SHOWN, RUN.replace("user 166", "user 167"))
