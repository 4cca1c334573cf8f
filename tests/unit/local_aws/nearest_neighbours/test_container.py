"""The stand-in as a process: train, then serve."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest

from local_aws.algorithms.nearest_neighbours.__main__ import main
from local_aws.algorithms.nearest_neighbours.serving import EXECUTION_PARAMETERS, Predictor
from local_aws.sagemaker_jobs.model_archive import pack, unpack
from tests.unit.local_aws.nearest_neighbours.stand_in import (
    RECORDIO,
    VERBOSE,
    Client,
    dense,
    hyperparameters,
    serving,
    start,
    trained,
    write_tree,
)

# Users and items in two colors. Users like items of their own color, later ones more.
COLOURS, ITEMS, USERS = 2, 40, 12
ITEM_ROWS = np.array([[item % 2, 1 - item % 2, item / 100] for item in range(ITEMS)], dtype=np.float32)
USER_ROWS = np.array([[user % 2, 1 - user % 2, 1] for user in range(USERS)], dtype=np.float32)


def own_items(user: int) -> list[int]:
    """The right list, worst first."""
    return [item for item in range(ITEMS) if item % 2 == user % 2]


def own_products(user: int) -> np.ndarray:
    return USER_ROWS[user] @ ITEM_ROWS[own_items(user)].T


@pytest.fixture(scope="module")
def checkerboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model, from two files."""
    root = tmp_path_factory.mktemp("ml")
    labels = np.arange(ITEMS)
    files = {
        "train/part-00000.pbr": dense(ITEM_ROWS[:25], labels[:25]),
        "train/part-00001.pbr": dense(ITEM_ROWS[25:], labels[25:]),
    }
    code, log = trained(root, hyperparameters(ITEM_ROWS, ITEMS // COLOURS), files)
    assert code == 0, log
    (root / "train.log").write_text(log)
    return root


@pytest.fixture(scope="module")
def client(checkerboard: Path) -> Iterator[Client]:
    with serving(checkerboard) as client:
        yield client


def test_each_user_gets_the_items_of_its_colour_best_last(client: Client) -> None:
    answers = client.neighbours(USER_ROWS)
    assert len(answers) == USERS
    for user, found in enumerate(answers):
        assert found["labels"] == own_items(user)
        np.testing.assert_allclose(found["distances"], own_products(user), rtol=1e-6)


def test_training_logs_throughput(checkerboard: Path) -> None:
    log = (checkerboard / "train.log").read_text()
    assert "#throughput_metric: host=algo-1, train throughput=" in log
    assert f"indexed {ITEMS} of {ITEMS} rows" in log
    assert sorted(path.name for path in (checkerboard / "model").iterdir()) == [
        "model_algo-1",
        "model_algo-1.json",
        "model_algo-1.labels",
    ]


def test_ping_and_execution_parameters(client: Client) -> None:
    assert client.ask("GET", "/ping")[0] == 200
    status, headers, body = client.ask("GET", "/execution-parameters")
    assert (status, headers["content-type"]) == (200, "application/json")
    parameters = json.loads(body)
    assert set(parameters) == {"MaxConcurrentTransforms", "BatchStrategy", "MaxPayloadInMB"}
    assert parameters["BatchStrategy"] == "MULTI_RECORD"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("POST", "/invocations", b"junk", {"Content-Type": RECORDIO, "Accept": VERBOSE}, 400),
        ("POST", "/invocations", dense(USER_ROWS[:, :2]), {"Content-Type": RECORDIO, "Accept": VERBOSE}, 400),
        ("POST", "/invocations", b"1,2,3\n", {"Content-Type": "text/csv", "Accept": VERBOSE}, 415),
        ("POST", "/invocations", dense(USER_ROWS), {"Content-Type": RECORDIO, "Accept": "application/json"}, 406),
        ("POST", "/invocations", None, {"Content-Length": "many"}, 411),
        ("POST", "/invocations", None, {"Content-Length": str(2**31)}, 413),
        ("POST", "/models", b"", {}, 404),
        ("GET", "/invocations", None, {}, 404),
    ],
)
def test_a_bad_request_is_refused_and_the_next_one_answered(
    client: Client, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    answered, _, said = client.ask(method, path, body, **named)
    assert (answered, bool(said.strip())) == (status, True)
    assert client.ask("GET", "/ping")[0] == 200


def test_requests_at_once_share_the_processors(checkerboard: Path) -> None:
    """With threads for all processors in each request, two requests take longer than one after the other."""
    predictor, before = Predictor.load(checkerboard / "model"), faiss.omp_get_max_threads()

    def threads_of_a_request() -> int:
        predictor.invoke(dense(USER_ROWS), RECORDIO, VERBOSE)
        return int(faiss.omp_get_max_threads())

    with ThreadPoolExecutor(1) as pool:
        at_once = EXECUTION_PARAMETERS["MaxConcurrentTransforms"]
        assert pool.submit(threads_of_a_request).result() == max(1, (os.cpu_count() or 1) // at_once)
    assert faiss.omp_get_max_threads() == before


def test_sigterm_ends_it_promptly(checkerboard: Path) -> None:
    with serving(checkerboard) as client:
        assert client.ask("GET", "/ping")[0] == 200
        begun = time.monotonic()
        client.process.terminate()
        assert client.process.wait(timeout=10) == 0
        assert time.monotonic() - begun < 2


def test_descending_order_on_demand(checkerboard: Path) -> None:
    with serving(checkerboard, KNN_ORDER="descending") as client:
        for user, found in enumerate(client.neighbours(USER_ROWS)):
            assert found["labels"] == own_items(user)[::-1]
            np.testing.assert_allclose(found["distances"], own_products(user)[::-1], rtol=1e-6)


def test_shuffled_rows_on_demand(checkerboard: Path) -> None:
    with serving(checkerboard, KNN_SHUFFLE_ROWS="1") as client:
        assert [found["labels"] for found in client.neighbours(USER_ROWS)] == [
            own_items(user + 1) for user in range(USERS)
        ]


def test_shifted_labels_on_demand(checkerboard: Path) -> None:
    with serving(checkerboard, KNN_SHIFT_LABELS="1") as client:
        for user, found in enumerate(client.neighbours(USER_ROWS)):
            assert found["labels"] == [(item + 1) % ITEMS for item in own_items(user)]
            np.testing.assert_allclose(found["distances"], own_products(user), rtol=1e-6)


@pytest.mark.parametrize(("kind", "power", "sign"), [("negated", 1, -1), ("squared", 2, 1)])
def test_other_distances_on_demand(checkerboard: Path, kind: str, power: int, sign: int) -> None:
    with serving(checkerboard, KNN_DISTANCES=kind) as client:
        for user, found in enumerate(client.neighbours(USER_ROWS)):
            assert found["labels"] == own_items(user)
            np.testing.assert_allclose(found["distances"], sign * own_products(user) ** power, rtol=1e-6)


def test_an_unknown_switch_value_ends_the_server(checkerboard: Path) -> None:
    process = start("serve", checkerboard, KNN_ORDER="sideways")
    log, _ = process.communicate(timeout=60)
    assert process.returncode
    assert "KNN_ORDER must be one of ascending, descending, got 'sideways'" in log


def test_labels_are_exact_up_to_two_to_the_24th(tmp_path: Path) -> None:
    labels = np.array([0, 2**24 - 1, 2**24, 16_000_001])
    rows = np.eye(4, dtype=np.float32)
    code, log = trained(tmp_path, hyperparameters(rows, 1), {"train/rows.pbr": dense(rows, labels)})
    assert code == 0, log
    with serving(tmp_path) as client:
        assert [found["labels"] for found in client.neighbours(rows)] == [[label] for label in labels.tolist()]


def test_sample_size_samples(tmp_path: Path) -> None:
    rows = np.eye(30, dtype=np.float32)
    code, log = trained(
        tmp_path, hyperparameters(rows, 30, sample_size=12), {"train/rows.pbr": dense(rows, np.arange(30))}
    )
    assert code == 0
    assert "indexed 12 of 30 rows" in log
    with serving(tmp_path) as client:
        found = client.neighbours(rows[:1])[0]
        assert len(set(found["labels"])) == 12, "each sampled item once, and no made-up ones up to k"


LABELLED = {"train/a.pbr": dense(ITEM_ROWS, np.arange(ITEMS))}


@pytest.mark.parametrize(
    ("changed", "files", "said"),
    [
        ({"feature_dim": 4}, LABELLED, "a.pbr: each row must have feature_dim 4 values, got rows of 3"),
        ({}, {"train/a.pbr": dense(ITEM_ROWS)}, "a.pbr: the training rows have no labels"),
        ({}, {"train/a.pbr": b""}, "a.pbr: there are no rows"),
        ({}, {"train/a.pbr": b"not recordIO at all"}, "a.pbr: not recordIO-protobuf"),
        ({}, {"test/a.pbr": dense(ITEM_ROWS, np.arange(ITEMS))}, "the channel train is missing"),
        ({"index_type": "faiss.IVFPQ"}, LABELLED, "INNER_PRODUCT is not supported with index_type faiss.IVFPQ"),
        ({"index_type": "faiss.IVFFlat", "sample_size": 10_000}, LABELLED, "at most the 40 indexed rows, got 100"),
        ({"sample_size": None}, LABELLED, "sample_size is missing"),
    ],
)
def test_a_training_job_that_cannot_be_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, object], files: dict[str, bytes], said: str
) -> None:
    write_tree(tmp_path, hyperparameters(ITEM_ROWS, 5, **changed), files)
    monkeypatch.setenv("OPT_ML", str(tmp_path))
    assert main(["train"]) == 1
    reason = (tmp_path / "output" / "failure").read_text()
    assert reason.startswith("ClientError: ")
    assert said in reason
    assert not (tmp_path / "model").exists()


def test_a_failed_training_process_exits_with_one(tmp_path: Path) -> None:
    code, log = trained(tmp_path, hyperparameters(ITEM_ROWS, None), LABELLED)
    assert (code, "k is missing" in log) == (1, True)


def test_the_artifact_survives_being_packed_and_unpacked(checkerboard: Path, tmp_path: Path) -> None:
    pack(checkerboard / "model", tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", tmp_path / "model")
    with serving(tmp_path) as client:
        assert client.neighbours(USER_ROWS[:1])[0]["labels"] == own_items(0)
