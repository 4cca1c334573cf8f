"""Worlds with a known answer: the block knows everything, or no model knows anything."""

from dataclasses import replace

import numpy as np
import pytest

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.data.settings import DEFAULT, Settings
from containers.extract.evaluation import choosing
from containers.extract.evaluation.choosing import Choice, choose
from containers.extract.model.history import History
from containers.extract.model.vectors import Terms
from tests.unit.containers.extract.world import World

FREE = {"history_rank": None, "history_weight": None, "popularity": None}


def chosen(world: World, folder, *, knows_colours: bool = False) -> Choice:
    """For a factorization machine that is noise, or that knows the colors of users and items."""
    paths = world.write(folder / "opt")
    run, index = read_run(paths), DataIndex(paths.processing_input("index"), world.users, world.items)
    draw = np.random.default_rng(5)
    sides = [draw.normal(size=(count, 4)).astype(np.float32) for count in (world.items, world.users)]
    if knows_colours:
        sides = [np.where(np.arange(len(s)) % 2 == 0, 1, -1)[:, np.newaxis].astype(np.float32) * 9 for s in sides]
    popularity = index.catalogue().popularity
    history = None
    if run.history_rank:
        history = History(index.training_sets(), popularity, run.history_rank, index.side_features("item"))
    terms = Terms(
        sides[0],
        sides[1],
        np.zeros(world.items),
        np.log1p(popularity.astype(np.float64)),
        np.zeros(world.users),
        history,
    )
    return choose(run, index, terms)


def board(**request) -> World:
    """Sixty users, whose history shows which half of forty items they like."""
    return World.checkerboard(60, 40, request={**FREE, **request}).with_choosing()


def test_the_block_is_taken_where_it_alone_knows(tmp_path):
    found = chosen(board(), tmp_path)
    assert found.settings.history_weight == 1
    assert found.users == 60
    first = found.trials[0]
    assert first.settings == DEFAULT
    assert max(trial.ndcg for trial in found.trials) > first.ndcg + 0.1
    assert found.reason.startswith("Taken: history weight 1")


def test_where_nothing_is_known_the_default_often_stays(tmp_path):
    """In a random world the best of the first round gains less than is expected by chance about every other time."""
    rounds = list[str]()
    for seed in range(8):
        world = World.random(80, 60, seed=seed, request=FREE).with_choosing()
        found = chosen(world, tmp_path / str(seed))
        assert len(found.trials) > 30
        assert found.users >= 30
        best = max(trial.ndcg for trial in found.trials)
        assert best > found.trials[0].ndcg, "without the rule, another one would have been chosen"
        rounds += [line for line in found.reason.split(". ") if line]
        assert (found.settings == DEFAULT) == (found.reason.count("Not taken") == 2)
    kept = sum(line.startswith("Not taken") for line in rounds)
    assert len(rounds) == 16
    assert 4 <= kept <= 12


def test_what_the_input_says_is_not_chosen(tmp_path):
    found = chosen(board(history_weight=0.25, popularity=0.7), tmp_path)
    assert (found.settings.history_weight, found.settings.popularity) == (0.25, 0.7)
    assert {trial.settings.history_weight for trial in found.trials} == {0.25}
    assert {trial.settings.popularity for trial in found.trials} == {0.7}


def test_popularity_is_weighed_together_with_the_blocks_share(tmp_path):
    found = chosen(board(), tmp_path)
    tried = {(trial.settings.history_weight, trial.settings.popularity) for trial in found.trials}
    assert {(weight, popularity) for weight in (0, 1 / 3, 1 / 2, 2 / 3) for popularity in (0, 0.5, 1.5)} <= tried
    assert {popularity for weight, popularity in tried if weight == 1} == {DEFAULT.popularity}


@pytest.mark.parametrize("request_", [{"history_weight": 0}, {"history_rank": 0}])
def test_without_the_block_only_popularity_is_left_to_choose(tmp_path, request_):
    found = chosen(board(**request_), tmp_path)
    assert {trial.settings.history_weight for trial in found.trials} == {0}
    assert len({trial.settings.popularity for trial in found.trials}) == len(found.trials) == 8


def test_explicit_feedback_has_nothing_to_choose(tmp_path):
    found = chosen(board(feedback="explicit"), tmp_path)
    assert (found.settings.history_weight, found.settings.popularity, len(found.trials)) == (0, 0, 0)


def test_of_few_users_nothing_is_learnt(tmp_path):
    found = chosen(World.checkerboard(20, 40, request=FREE).with_choosing(), tmp_path)
    assert found.settings == DEFAULT
    assert "30 users" in found.reason
    assert "there are 20" in found.reason


def test_what_measures_later_is_neither_wanted_nor_left_out(tmp_path, monkeypatch):
    world = board()
    asked = {}

    def spy(*where, excluded, **others):
        asked["excluded"] = [sorted(excluded.of(row).tolist()) for row in range(len(excluded))]
        return candidate_lists(*where, excluded=excluded, **others)

    candidate_lists = choosing.candidate_lists
    monkeypatch.setattr(choosing, "candidate_lists", spy)
    chosen(world, tmp_path)
    assert asked["excluded"] == [sorted(world.trained(user)) for user in range(60)]
    # The item of each user for measuring is not left out and counts as a miss: of four hidden ones, one is for
    # choosing, and a model that knows the colors puts it in any of the first four places.
    found = chosen(world, tmp_path / "colours", knows_colours=True)
    # Without popularity all four tie, and the first by index wins, which is the one for choosing.
    assert max(trial.ndcg for trial in found.trials if trial.settings.popularity) < 1


def test_the_broadest_is_looked_for_among_all_that_were_tried(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(
        choosing, "_broadest", lambda _, found, tried: given.append((found, tried)) or (DEFAULT, "Broader.")
    )
    found = chosen(board(), tmp_path)
    ((best, tried),) = given
    assert best.history_weight == 1
    assert [trial.settings for trial in found.trials] == tried
    assert len(set(tried)) == len(tried) > 60
    assert found.settings == DEFAULT
    assert found.reason.endswith("Broader.")


class Measured:
    """Candidates with known NDCG@10 of 100 users and coverage."""

    users = 100

    def __init__(self, known: dict[Settings, tuple[np.ndarray, float]]) -> None:
        self.known = known

    def of(self, settings: Settings) -> np.ndarray:
        return self.known[settings][0]

    def trial(self, settings: Settings) -> choosing.Trial:
        return choosing.Trial(settings, float(self.known[settings][0].mean()), self.known[settings][1])


def test_of_settings_that_are_as_good_the_one_with_the_most_coverage_is_used():
    best = replace(DEFAULT, popularity=0.1)
    similar, worse, uncertain, narrow = (replace(DEFAULT, popularity=p) for p in (0.2, 0.3, 0.4, 0.5))
    ndcg = np.full(100, 0.5)
    known = {
        best: (ndcg, 0.1),
        similar: (ndcg * 0.99, 0.2),
        worse: (ndcg * 0.97, 0.3),
        # Equal on average, but a sample of other users might show a loss of more than 2 %.
        uncertain: (ndcg + np.tile([0.4, -0.4], 50), 0.4),
        narrow: (ndcg, 0.05),
    }
    found, reason = choosing._broadest(Measured(known), best, list(known))
    assert found == similar
    assert reason == "Taken for 20.0% of the catalogue instead of 10.0%: popularity 0.2 (NDCG@10 -0.0050)."
    assert choosing._broadest(Measured(known), best, [best, worse, uncertain, narrow]) == (best, "")
