"""Each of these mistakes, planted in the definition, is found by the check that is named beside it."""

import json

import pytest

from infra.workflow import definition
from tests.infrastructure.definition_checks import CHECKS
from tests.infrastructure.definition_checks.planted_mistakes import MISTAKES, Mistake

# As text, so that no two states share a retrier as they do by YAML's anchors.
WRITTEN = json.dumps(definition())


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_planted_mistake_is_found(mistake: Mistake) -> None:
    planted = json.loads(WRITTEN)
    mistake.plant(planted["States"])
    assert json.dumps(planted) != WRITTEN
    said = CHECKS[mistake.found_by](planted)
    assert [finding for finding in said if mistake.says in finding], said


def test_every_check_finds_some_mistake() -> None:
    assert {mistake.found_by for mistake in MISTAKES} == set(CHECKS)
