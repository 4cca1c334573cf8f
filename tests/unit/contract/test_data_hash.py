"""The hash of a run's data changes with everything that its lists depend on, and with nothing else."""

import copy
from typing import Any

import pytest

from contract.data_hash import data_hash
from tests.unit.lambdas.runs import SUMMARY, changed, plan

PLAN = plan(23)


def put(document: dict[str, Any], *path: str, value: Any) -> dict[str, Any]:
    """A copy of the document with another value at one position."""
    found = copy.deepcopy(document)
    *folders, name = path
    place = found
    for folder in folders:
        place = place[folder]
    place[name] = value
    return found


KEY = "input/interactions/a.csv"


@pytest.mark.parametrize(
    ("of_plan", "of_summary"),
    [
        (PLAN, put(SUMMARY, "content", KEY, "sha256", value="cd" * 32)),
        (PLAN, put(SUMMARY, "content", KEY, "size", value=4)),
        (PLAN, changed(SUMMARY, content={"input/interactions/b.csv": SUMMARY["content"][KEY]})),
        (put(PLAN, "dataset", "user", value="customer"), SUMMARY),
        (put(PLAN, "request", "rules", value={"exclude": ["ü"]}), SUMMARY),
        (put(PLAN, "request", "exclude_seen", value=False), SUMMARY),
    ],
    ids=["content", "size", "key", "dataset.json", "rules", "exclude_seen"],
)
def test_it_changes_with_what_was_read(of_plan: dict[str, Any], of_summary: dict[str, Any]) -> None:
    assert data_hash(of_plan, of_summary) != data_hash(PLAN, SUMMARY)


def test_it_is_the_same_for_another_run_of_the_same_data() -> None:
    other = plan(30, top_x=7, seed=3, popularity=0)
    assert data_hash(other, changed(SUMMARY, seen_p95=1)) == data_hash(PLAN, SUMMARY)
    backwards = dict(reversed(SUMMARY["content"].items()))
    assert data_hash(PLAN, changed(SUMMARY, content=backwards)) == data_hash(PLAN, SUMMARY)


def test_it_is_the_sha256_of_what_its_docstring_says() -> None:
    """So that it can be reproduced without topx, and is the same in all versions of topx."""
    plan = {"dataset": {"user": "u"}, "request": {"rules": {}, "exclude_seen": True, "seed": 1}}
    assert data_hash(plan, {"content": {"k": {"size": 1, "sha256": "0"}}}) == (
        "90493e931b05234297499ab44c8388764a15f365e0b2a956b2b0cb7ab7cd9490"
    )
