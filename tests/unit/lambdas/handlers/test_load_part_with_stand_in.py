"""Loading the k-NN stand-in's answers, in either order, and with each of its deliberate errors."""

from pathlib import Path

import numpy as np
import pytest

from lambdas.handlers.load_part import handler
from tests.unit.lambdas.conftest import Aws
from tests.unit.lambdas.loaded_part import assert_right, refused
from tests.unit.lambdas.part_in_bucket import SmallPart
from tests.unit.local_aws.nearest_neighbours.stand_in import RECORDIO, VERBOSE, dense, hyperparameters, serving, trained


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The k-NN stand-in, trained on the part's items as SageMaker would train it."""
    root = tmp_path_factory.mktemp("knn")
    part = SmallPart()
    files = {"train/part-00000.pbr": dense(part.item_rows, np.arange(part.items))}
    code, log = trained(root, hyperparameters(part.item_rows, part.k), files)
    assert code == 0, log
    return root


def transformed(root: Path, part: SmallPart, **switches: str) -> bytes:
    """Batch transform's output, from two payloads."""
    with serving(root, **switches) as client:
        payloads = [dense(part.user_rows[:20]), dense(part.user_rows[20:])]
        answers = [
            client.ask("POST", "/invocations", payload, Content_Type=RECORDIO, Accept=VERBOSE) for payload in payloads
        ]
    assert [status for status, _, _ in answers] == [200, 200]
    return b"\n".join(body for _, _, body in answers)


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_the_stand_ins_answers_are_loaded_in_either_order(aws: Aws, standin: Path, order: str) -> None:
    part = SmallPart()
    part.put(aws, transformed(standin, part, KNN_ORDER=order))
    assert handler(part.event(), None)["direction"] == order
    assert_right(aws, part)


@pytest.mark.parametrize(
    ("switches", "proof"),
    [
        ({"KNN_SHUFFLE_ROWS": "1"}, "row alignment: of the probe in row 0"),
        ({"KNN_SHIFT_LABELS": "1"}, "label mapping: of the probe in row 0"),
        ({"KNN_DISTANCES": "negated"}, "distances: of the probe in row 0"),
        ({"KNN_DISTANCES": "squared"}, "distances: of the probe in row 0"),
    ],
    ids=["shuffled", "shifted", "negated", "squared"],
)
def test_each_fault_of_the_stand_in_is_refused(aws: Aws, standin: Path, switches: dict[str, str], proof: str) -> None:
    part = SmallPart()
    part.put(aws, transformed(standin, part, **switches))
    refused(aws, part, proof)
