"""metrics.json reads back as it was written."""

import json

import pytest

from containers.extract.evaluation import metrics_document
from containers.extract.evaluation.champion import ComparedWithChampion
from containers.extract.evaluation.comparison import Comparison, Measured
from containers.extract.evaluation.model_evaluation import Evaluation


def measured(ndcg: float) -> Measured:
    return Measured({"ndcg@10": ndcg, "coverage": 0.5}, {"ndcg@10": (ndcg - 0.01, ndcg + 0.03)})


BESIDE_POPULAR = Comparison(
    measured(0.2), measured(0.1), measured(0.1), users=500, held_out=900, ratio_interval=(1.5, 2.5)
)
COMPARED = ComparedWithChampion(
    "20261116t030000120-0a1b2c",
    Comparison(measured(0.3), measured(0.4), measured(-0.1), users=41, held_out=82, ratio_interval=(0.5, None)),
    later_than=1_763_262_000.0,
)


@pytest.mark.parametrize(
    "evaluation",
    [
        Evaluation(BESIDE_POPULAR, COMPARED, head_items=9),
        Evaluation(BESIDE_POPULAR, ComparedWithChampion("v", reason="its data is later"), head_items=9),
        Evaluation(None, ComparedWithChampion(None, reason="nothing is published yet"), head_items=9),
    ],
    ids=["beside both", "champion not comparable", "nobody held out"],
)
def test_what_is_read_is_what_was_written(evaluation):
    document = json.loads(json.dumps(evaluation.as_json()))
    assert metrics_document.against_popular(document) == evaluation.against_popular
    assert metrics_document.against_champion(document) == evaluation.champion
