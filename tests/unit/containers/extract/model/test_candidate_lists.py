"""The oracle is the ranking with the vectors that each candidate would publish."""

from dataclasses import replace

import numpy as np
import pytest

from containers.extract.data.settings import DEFAULT
from containers.extract.lists.ranking import rank
from containers.extract.model import candidate_lists as module
from containers.extract.model.candidate_lists import candidate_lists
from containers.extract.model.history import History
from containers.extract.model.vectors import Terms
from containers.feature_space import SideFeatures
from tests.unit.containers.extract.model.test_singular_values import drawn

USERS, ITEMS, COUNT = 90, 70, 5
MATRIX, SETS = drawn(USERS, ITEMS)
POPULARITY = MATRIX.sum(axis=0).astype(np.int64)
# Users with a history, and the one without.
SOME = np.array([0, 3, 4, 17, 50, 51, 89])
SERVABLE = np.arange(ITEMS) % 9 != 4


def terms(*, block: bool) -> Terms:
    draw = np.random.default_rng(8)
    factors = [draw.normal(size=(count, 4)).astype(np.float32) for count in (ITEMS, USERS)]
    history = History(SETS, POPULARITY, 12, SideFeatures.none(ITEMS)) if block else None
    popularity = np.log1p(POPULARITY.astype(np.float64))
    return Terms(factors[0], factors[1], draw.normal(size=ITEMS), popularity, np.zeros(USERS), history)


CANDIDATES = [
    replace(DEFAULT, history_weight=0.0, popularity=0.7),
    *(
        replace(DEFAULT, exponent=exponent, ridge=ridge, history_weight=share, popularity=popularity)
        for exponent in (0.0, 0.25)
        for ridge in (0.1, 1.0)
        for popularity in (0.0, 0.5)
        for share in (0.2, 0.5, 1.0)
    ),
]


@pytest.mark.parametrize("users_at_once", [1, 3, 100])
def test_they_are_the_lists_of_what_would_be_served(monkeypatch, users_at_once):
    monkeypatch.setattr(module, "_BLOCK_BYTES", 4 * ITEMS * users_at_once)
    of, excluded = terms(block=True), SETS.chosen(SOME)
    found = list(candidate_lists(of, SOME, CANDIDATES, excluded=excluded, servable=SERVABLE, count=COUNT))
    assert [settings for settings, _ in found] == CANDIDATES
    different = set()
    for settings, labels in found:
        vectors = of.at(settings)
        wanted = rank(vectors.of_users(SOME), vectors.items, excluded, COUNT, servable=SERVABLE).labels
        assert np.array_equal(labels, wanted), settings
        different.add(labels.tobytes())
    assert len(different) > len(CANDIDATES) / 2, "the settings make a difference"


def test_without_a_history_the_factorization_machine_is_all_there_is():
    of, excluded = terms(block=False), SETS.chosen(SOME)
    candidates = [replace(DEFAULT, popularity=popularity) for popularity in (0.0, 0.9)]
    for settings, labels in candidate_lists(of, SOME, candidates, excluded=excluded, servable=SERVABLE, count=COUNT):
        vectors = of.at(settings)
        wanted = rank(vectors.of_users(SOME), vectors.items, excluded, COUNT, servable=SERVABLE).labels
        assert np.array_equal(labels, wanted)
