"""Each of these mistakes, planted in one of the definitions, is found by the check named with it."""

import contextlib
import json

import pytest

from infra.workflow import after_publishing, definition
from tests.infrastructure.definition_checks import CHECKS
from tests.infrastructure.definition_checks.planted_mistakes import MISTAKES, Mistake
from tests.infrastructure.definition_checks.scopes import Scope

# As text, so that states do not share a retrier object as with YAML anchors.
WRITTEN = tuple(json.dumps(one) for one in (definition(), after_publishing()))


def planted(mistake: Mistake) -> Scope:
    """The definition that has the states of the mistake, with the mistake."""
    for written in WRITTEN:
        document: Scope = json.loads(written)
        with contextlib.suppress(KeyError):
            mistake.plant(document["States"])
            return document
    raise AssertionError(f"no definition has the states of: {mistake.name}")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_planted_mistake_is_found(mistake: Mistake) -> None:
    document = planted(mistake)
    assert json.dumps(document) not in WRITTEN
    said = CHECKS[mistake.found_by](document)
    assert [finding for finding in said if mistake.says in finding], said


def test_every_check_finds_some_mistake() -> None:
    assert {mistake.found_by for mistake in MISTAKES} == set(CHECKS)
