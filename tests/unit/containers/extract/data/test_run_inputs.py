import json

import pytest

from containers.extract.data.run_inputs import RunInputError, read_run
from containers.extract.data.settings import given
from contract.stored_object import DamagedObject
from tests.unit.containers.extract.world import World


@pytest.fixture
def world() -> World:
    return World.random(10, 12, request={"popularity": 0.25})


def test_the_numbers_follow_from_plan_and_summary(world, tmp_path):
    run = read_run(world.write(tmp_path))
    assert (run.users, run.items, run.top_x, given(run).popularity) == (10, 12, 5, 0.25)
    assert (run.shape.feature_dim, run.shape.factors, run.shape.predictor_type) == (22, 4, "binary_classifier")
    assert run.neighbours == min(12, 5 + world.summary()["seen_p95"])


def test_explicit_feedback_is_a_regressor_and_has_no_popularity_term(tmp_path):
    world = World.random(10, 12, request={"feedback": "explicit", "popularity": 0.25})
    run = read_run(world.write(tmp_path))
    assert (given(run).popularity, given(run).history_weight) == (0, 0)
    assert run.shape.predictor_type == "regressor"


@pytest.mark.parametrize("name", ["plan", "summary"])
@pytest.mark.parametrize("content", [None, "", "{", "[]", "[" * 10_000, '{"a": "\udcff"}'])
def test_a_missing_or_broken_file_is_named(world, tmp_path, name, content):
    paths = world.write(tmp_path)
    file = paths.processing_input(name) / f"{name}.json"
    file.unlink() if content is None else file.write_text(content, errors="surrogateescape")
    with pytest.raises((RunInputError, DamagedObject), match=rf"{name}\.json"):
        read_run(paths)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "refused"}, "status 'refused'"),
        (
            {"feature_dim": 23},
            "must be users . items . the side features' values, got 23 for 10 users, 12 items and 0 values",
        ),
        ({"users": 0, "feature_dim": 12}, "for 0 users"),
        ({"servable": "12"}, "summary.json: servable must be a whole number, got '12'"),
        ({"seen_p95": 1.5}, "summary.json: seen_p95 must be a whole number, got 1.5"),
        ({"users": None}, "summary.json: users must be a whole number, got None"),
    ],
)
def test_a_summary_that_cannot_be_is_refused(world, tmp_path, change, words):
    paths = world.write(tmp_path)
    (paths.processing_input("summary") / "summary.json").write_text(json.dumps(world.summary() | change))
    with pytest.raises(RunInputError, match=words):
        read_run(paths)
