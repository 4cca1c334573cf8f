"""Erasure handles every key of the layout: a new document cannot be forgotten."""

import inspect

import pytest

from contract.documents_of_users import Holds, holds
from contract.run_layout import RUNS_PREFIX, RunLayout
from workflow.stage import ANY_RUN, Job, Writes
from workflow.stages import EVERY_STAGE, FUNCTIONS

LAYOUT = RunLayout("bucket", "20261123t030000120-a9711f")
# Folders that contain others, each of which has its own key.
PARENTS = {LAYOUT.run, LAYOUT.evaluation, LAYOUT.outcome_folder}


def kept() -> list[str]:
    """A key for each property and method of the layout that a run keeps."""
    properties = [name for name, found in inspect.getmembers(RunLayout) if isinstance(found, property)]
    methods = [name for name, found in inspect.getmembers(RunLayout, inspect.isfunction) if not name.startswith("_")]
    places = [getattr(LAYOUT, name) for name in properties]
    places += [getattr(LAYOUT, name)("part-00000") for name in methods if name != "uri"]
    return [place for place in places if place.startswith(LAYOUT.run) and place not in PARENTS]


@pytest.mark.parametrize("place", kept())
def test_who_forgets_knows_what_every_document_holds(place: str) -> None:
    assert holds(LAYOUT, f"{place}object" if place.endswith("/") else place) is not None


def test_so_it_is_with_all_that_functions_and_jobs_write() -> None:
    written = [key for f in FUNCTIONS.values() for grant in f.may if isinstance(grant, Writes) for key in grant.keys]
    written += [key for stage in EVERY_STAGE if isinstance(stage.does, Job) for key in stage.does.writes]
    runs = {key for key in written if key.startswith(ANY_RUN.run)} - {ANY_RUN.evaluation, ANY_RUN.run}
    assert len(runs) > 10
    for key in runs:
        assert holds(ANY_RUN, f"{key}object" if key.endswith("/") else key), key


def test_what_topx_does_not_write_is_not_taken_for_something_else() -> None:
    for key in ("notes.txt", "parts", "parts.json.bak", "evaluation/more.json"):
        assert holds(LAYOUT, f"{LAYOUT.run}{key}") is None
    assert holds(LAYOUT, f"{RUNS_PREFIX}another/plan.json") is None
    assert holds(LAYOUT, f"{LAYOUT.published_lists}part-00001.jsonl.gz") is Holds.LINES
