"""The report's warnings, and their order."""

import pytest

from containers.extract.data.run_inputs import read_run
from containers.extract.evaluation.model_evaluation import Evaluation
from containers.extract.pages.report_warnings import report_warnings
from tests.unit.containers.extract.comparisons import UNPUBLISHED, VERSION, beside, with_champion
from tests.unit.containers.extract.rendered_report import document
from tests.unit.containers.extract.world import World


@pytest.mark.parametrize(
    ("request_fields", "model", "popular", "words"),
    [
        ({"gate": "off"}, 0.2, 0.1, ["quality gate is off"]),
        ({"gate": "off"}, 0.05, 0.1, ["quality gate is off", "ranks below a plain list of popular items"]),
        (
            {"gate": 1.5},
            0.13,
            0.1,
            [
                "gate.baseline wants 1.5 times that, 0.1500, which is not reached, and that is more than chance: the "
                "model has 1.17 to 1.43 of it (95 %): nothing of this run"
            ],
        ),
        ({"gate": 2}, 0.2, 0.1, []),
        ({"index_type": "faiss.IVFFlat"}, 0.2, 0.1, ["approximate index"]),
        ({"exclude_seen": False}, 0.2, 0.1, ["already interacted with"]),
        ({"exclude_seen": {"days": 7}}, 0.2, 0.1, ["in the last 7 days of the data; the metrics leave out everything"]),
        (
            {"rules": {"most_per_category": {"column": "c", "most": 2}}},
            0.2,
            0.1,
            ["at most 2 items of each c; the metrics"],
        ),
        ({"training_instance_count": 4}, 0.2, 0.1, ["4 hosts asynchronously"]),
    ],
)
def test_warnings(tmp_path, request_fields, model, popular, words):
    world = World.random(6, 6, request=request_fields)
    run = read_run(world.write(tmp_path))
    run.summary["warnings"].clear()
    found = report_warnings(run, document(Evaluation(beside(model, popular), UNPUBLISHED, head_items=9)))
    assert len(found) == len(words)
    for warning, expected in zip(found, words, strict=True):
        assert expected in warning


def test_a_champion_that_is_not_reached_is_warned_of_first(tmp_path):
    run = read_run(World.random(6, 6).write(tmp_path))
    found = report_warnings(run, document(Evaluation(beside(0.2, 0.1), with_champion(0.08, 0.1), head_items=9)))
    assert "gate.champion wants 0.95 times that, 0.0950, which is not reached, and that is more than chance" in found[0]
    assert "0.72 to 0.88 of it (95 %): nothing of this run" in found[0]
    assert VERSION in found[0]


def test_few_users_and_what_prepare_says_of_the_data_are_warned_of(tmp_path):
    run = read_run(World.random(6, 6).write(tmp_path))
    found = report_warnings(run, document(Evaluation(beside(0.2, 0.1, users=7), UNPUBLISHED, head_items=9)))
    assert "over 7 users only" in found[0]
    assert found[1:] == ["2 of 99 rows were refused: missing user (2)."]
