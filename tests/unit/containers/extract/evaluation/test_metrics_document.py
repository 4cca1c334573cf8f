"""metrics.json reads back as it was written."""

import json

import pytest

from containers.extract.evaluation import metrics_document
from containers.extract.evaluation.champion import BesideChampion
from containers.extract.evaluation.comparison import Comparison, Judged
from containers.extract.evaluation.judgement import Evaluation


def judged(ndcg: float) -> Judged:
    return Judged({"ndcg@10": ndcg, "coverage": 0.5}, {"ndcg@10": (ndcg - 0.01, ndcg + 0.03)})


BESIDE_POPULAR = Comparison(judged(0.2), judged(0.1), judged(0.1), users=500, held_out=900, ratio_interval=(1.5, 2.5))
COMPARED = BesideChampion(
    "20261116t030000120-0a1b2c",
    Comparison(judged(0.3), judged(0.4), judged(-0.1), users=41, held_out=82, ratio_interval=(0.5, None)),
    later_than=1_763_262_000.0,
)


@pytest.mark.parametrize(
    "evaluation",
    [
        Evaluation(BESIDE_POPULAR, COMPARED, head_items=9),
        Evaluation(BESIDE_POPULAR, BesideChampion("v", reason="its data is later"), head_items=9),
        Evaluation(None, BesideChampion(None, reason="nothing is published yet"), head_items=9),
    ],
    ids=["beside both", "champion not comparable", "nobody held out"],
)
def test_what_is_read_is_what_was_written(evaluation):
    document = json.loads(json.dumps(evaluation.as_json()))
    assert metrics_document.beside_popular(document) == evaluation.beside_popular
    assert metrics_document.beside_champion(document) == evaluation.champion
