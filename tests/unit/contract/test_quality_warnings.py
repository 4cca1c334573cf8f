"""What a reader of lists must know about the model that made them."""

from typing import Any

import pytest

from contract.quality_warnings import warnings
from tests.unit.contract.test_quality_gate import NOBODY, metrics

CHANCE = {"ratio": {"value": 0.5, "interval": [0.1, 1.5]}}


@pytest.mark.parametrize(
    ("found", "gate", "reported"),
    [
        (metrics(0.2, 0.1), {}, []),
        (
            metrics(0.05, 0.1, **CHANCE),
            {},
            ["ranks below a plain list of popular items: NDCG@10 is 0.0500, theirs 0.1"],
        ),
        (metrics(0.05, 0.1), {}, ["which is not reached: nothing of this run is published"]),
        (metrics(0.0, 0.0), {}, ["NDCG@10 is 0: none of the held-out interactions of 7 users are among"]),
        (metrics(0.0, 0.0), "off", ["gate is off", "Nothing shows that the model is useful"]),
        (NOBODY, "off", ["gate is off", "the quality of the model is unknown."]),
        (NOBODY, {}, ["the quality of the model is unknown, so nothing of this run is published"]),
    ],
)
def test_each_doubt_is_a_sentence(found: dict[str, Any], gate: Any, reported: list[str]) -> None:
    sentences = warnings(found, gate)
    assert len(sentences) == len(reported)
    for sentence, words in zip(sentences, reported, strict=True):
        assert words in sentence
