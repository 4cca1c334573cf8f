"""The stand-in as SageMaker runs it: a process with a folder tree."""

import json
import re
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from local_aws.algorithms.factorization_machines import artifact
from local_aws.algorithms.factorization_machines.__main__ import main
from local_aws.environments import interpreter
from local_aws.places import ROOT
from tests.unit.local_aws.factorization_machines.conftest import FOLDER, TrainingTree

PARAMS_TO_NPZ = ROOT / "containers/extract/mxnet/params_to_npz.py"
MXNET_SCORE = Path(__file__).with_name("mxnet_score.py")
USERS, ITEMS = 40, 30
CHECKERBOARD = {
    "feature_dim": USERS + ITEMS, "num_factors": 4, "predictor_type": "binary_classifier", "mini_batch_size": 70,
    "epochs": 40, "factors_lr": 0.03, "factors_init_sigma": 0.1,
}  # fmt: skip


def checkerboard() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Users and items in two colors; a user likes the items of the same color. Every pair once, shuffled."""
    user, item = np.divmod(np.random.default_rng(0).permutation(USERS * ITEMS), ITEMS)
    rows = np.zeros((user.size, USERS + ITEMS), np.float32)
    rows[np.arange(user.size), user] = rows[np.arange(user.size), USERS + item] = 1
    return rows, ((user + item) % 2 == 0).astype(np.float32)


def parameters_of(tree: TrainingTree, run_mxnet: Callable[..., None]) -> dict[str, NDArray[np.float32]]:
    with zipfile.ZipFile(tree.root / "model/model_algo-1") as archive:
        archive.extractall(tree.root / "opened")
    run_mxnet(PARAMS_TO_NPZ, tree.root / "opened/params", tree.root / "arrays")
    return dict(np.load(tree.root / "arrays"))


def mxnet_scores(tree: TrainingTree, rows: NDArray[np.float32], run_mxnet: Callable[..., None]) -> NDArray[np.float32]:
    np.save(tree.root / "opened/rows.npy", rows)
    run_mxnet(MXNET_SCORE, tree.root / "opened", tree.root / "scores.npy")
    return np.load(tree.root / "scores.npy")


def last_metric(output: str, line: str) -> float:
    return float(re.findall(line + r"=(\S+)", output)[-1])


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingTree, str]:
    """Tree and output of a job that learned three quarters of the checkerboard, in the stand-in's own environment."""
    tree = TrainingTree(tmp_path_factory.mktemp("checkerboard") / "ml")
    rows, likes = checkerboard()
    tree.sparse("train", rows[:900], likes[:900], files=3)
    tree.sparse("test", rows[900:], likes[900:])
    tree.hyperparameters(**CHECKERBOARD)
    tree.python = str(interpreter(FOLDER))
    job = tree.train()
    assert job.returncode == 0, job.stderr
    assert not (tree.root / "output/failure").exists()
    return tree, job.stdout


def test_the_log_has_the_real_ones_lines(learnt: tuple[TrainingTree, str]) -> None:
    _, output = learnt
    assert '"num_factors": "4"' in re.findall(r"Final configuration: .*", output)[0]
    assert "Building a sparse network" in output
    loss = r"#quality_metric: host=algo-1, epoch=\d+, train binary_classification_cross_entropy <loss>"
    assert len(re.findall(loss, output)) == 40
    assert last_metric(output, loss) < 0.05
    assert re.search(r"#quality_metric: host=algo-1, epoch=0, batch=0 train binary_f_1.000 <score>=\S+", output)
    assert re.search(r"#progress_metric: host=algo-1, completed 50 % of epochs", output)
    assert re.search(r"#throughput_metric: host=algo-1, train throughput=[\d.]+ records/second", output)
    assert re.search(r"#quality_metric: host=algo-1, test binary_classification_cross_entropy <loss>=\S+", output)
    assert "#test_score (algo-1) : ('binary_classification_accuracy', 1.0)" in output
    assert "#test_score (algo-1) : ('binary_f_1.000', 1.0)" in output


def test_the_artifact_is_a_stored_zip_with_the_real_ones_members(learnt: tuple[TrainingTree, str]) -> None:
    tree, _ = learnt
    assert [path.name for path in (tree.root / "model").iterdir()] == ["model_algo-1"]
    with zipfile.ZipFile(tree.root / "model/model_algo-1") as archive:
        assert [(member.filename, member.compress_type) for member in archive.infolist()] == [
            ("symbol.json", zipfile.ZIP_STORED), ("params", zipfile.ZIP_STORED), ("meta.json", zipfile.ZIP_STORED)
        ]  # fmt: skip
        meta = json.loads(archive.read("meta.json"))["training_parameters"]
        assert archive.read("params")[:2] == b"\x12\x01"
        assert archive.read("params").count((0xF993FAC9).to_bytes(4, "little")) == 3
        assert {"nodes", "arg_nodes", "heads"} <= json.loads(archive.read("symbol.json")).keys()
    assert (meta["feature_dim"], meta["num_factors"], meta["predictor_type"]) == ("70", "4", "binary_classifier")
    assert meta["_optimizer"] == "adam"


def test_everyones_best_items_are_those_of_their_colour_and_mxnet_predicts_the_same(
    learnt: tuple[TrainingTree, str], run_mxnet: Callable[..., None]
) -> None:
    tree, _ = learnt
    arrays = parameters_of(tree, run_mxnet)
    shapes = {name: array.shape for name, array in arrays.items()}
    assert shapes == {"v": (70, 4), "w1_weight": (70, 1), "w0_weight": (1,)}
    score = arrays["v"][:USERS] @ arrays["v"][USERS:].T + arrays["w1_weight"][USERS:, 0]
    for user, best_first in enumerate(np.argsort(-score, 1)):
        assert set(best_first[: ITEMS // 2] % 2) == {user % 2}
    rows, _ = checkerboard()
    x = rows.astype(np.float64)
    v, w = arrays["v"].astype(np.float64), arrays["w1_weight"].astype(np.float64)
    raw = arrays["w0_weight"] + (x @ w)[:, 0] + 0.5 * (((x @ v) ** 2).sum(1) - (x**2 @ v**2).sum(1))
    assert np.abs(mxnet_scores(tree, rows, run_mxnet) - 1 / (1 + np.exp(-raw))).max() < 1e-5


def test_rows_of_zeros_are_left_out_of_the_file_and_come_back(
    tree: TrainingTree, run_mxnet: Callable[..., None]
) -> None:
    rows, likes = checkerboard()
    wide = np.hstack([rows, np.zeros((len(rows), 5000), np.float32)])
    tree.sparse("train", wide, likes)
    constant = {"linear_init_method": "constant", "linear_init_value": 0}
    constant |= {"factors_init_method": "constant", "factors_init_value": 0}
    given = {name: value for name, value in CHECKERBOARD.items() if name != "factors_init_sigma"}
    tree.hyperparameters(**{**given, **constant, "feature_dim": 5070, "epochs": 1})
    assert tree.train().returncode == 0
    arrays = parameters_of(tree, run_mxnet)
    assert arrays["w1_weight"].shape == (5070, 1)
    assert np.all(arrays["w1_weight"][:70] != 0)
    assert not arrays["w1_weight"][70:].any()
    assert (tree.root / "opened/params").stat().st_size < 4 * 5070


def test_a_regressor_learns_and_mxnet_scores_as_the_job_did(tree: TrainingTree, run_mxnet: Callable[..., None]) -> None:
    random = np.random.default_rng(4)
    rows = random.normal(size=(600, 6)).astype(np.float32)
    target = (rows[:, 0] * rows[:, 1] - 2 * rows[:, 2] + 1).astype(np.float32)
    tree.sparse("train", rows, target)
    tree.sparse("test", rows[:100], target[:100])
    tree.hyperparameters(
        feature_dim=6, num_factors=3, predictor_type="regressor", epochs=100, mini_batch_size=50,
        factors_lr=0.02, linear_lr=0.05, bias_lr=0.05, linear_wd=0, factors_wd=0, factors_init_sigma=0.1,
    )  # fmt: skip
    job = tree.train()
    assert job.returncode == 0, job.stderr
    assert "Building a sparse network" in job.stdout
    assert last_metric(job.stdout, r"host=algo-1, test rmse <loss>") < 0.2
    rmse = re.findall(r"#test_score \(algo-1\) : \('rmse', ([\d.e-]+)\)", job.stdout)
    arrays = parameters_of(tree, run_mxnet)
    assert {name: array.shape for name, array in arrays.items()} == {
        "v": (6, 3), "w1_weight": (6, 1), "w0_weight": (1,)
    }  # fmt: skip
    predicted = mxnet_scores(tree, rows[:100], run_mxnet)
    assert np.sqrt(np.mean((predicted - target[:100]) ** 2)) == pytest.approx(float(rmse[0]), rel=1e-3)


def test_the_seed_decides_the_model(tree: TrainingTree, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, likes = checkerboard()
    tree.sparse("train", rows, likes)
    tree.hyperparameters(**{**CHECKERBOARD, "epochs": 1})
    written: list[bytes] = []
    monkeypatch.setenv("OPT_ML", str(tree.root))
    monkeypatch.setattr(
        artifact, "write_model", lambda _folder, model, *_, **__: written.append(model.factors.tobytes())
    )
    assert main(["train"]) == 0
    for seed in ("0", "1"):
        monkeypatch.setenv("FM_SEED", seed)
        assert main(["train"]) == 0
    default, zero, one = written
    assert default == zero != one


def test_sigterm_ends_it_at_once(tree: TrainingTree) -> None:
    rows, likes = checkerboard()
    tree.sparse("train", rows, likes)
    tree.hyperparameters(**{**CHECKERBOARD, "epochs": 10_000_000})
    job = subprocess.Popen(tree.command(), cwd=ROOT, env=tree.environment(), stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    for line in job.stdout:
        if "epoch=3, train" in line:
            break
    asked = time.monotonic()
    job.send_signal(signal.SIGTERM)
    job.stdout.close()
    assert job.wait(timeout=30) == -signal.SIGTERM
    assert time.monotonic() - asked < 10
    assert not list((tree.root / "model").iterdir())


def _unlabelled(tree: TrainingTree) -> None:
    tree.sparse("train", checkerboard()[0], None)


def _wrong_width(tree: TrainingTree) -> None:
    tree.sparse("train", checkerboard()[0][:, :69], checkerboard()[1])


def _stars(tree: TrainingTree) -> None:
    tree.sparse("train", checkerboard()[0], checkerboard()[1] * 4)


def _truncated(tree: TrainingTree) -> None:
    tree.sparse("train", *checkerboard())
    file = tree.root / "input/data/train/part-00000.pbr"
    file.write_bytes(file.read_bytes()[:-3])


def _no_records(tree: TrainingTree) -> None:
    tree.raw("train", b"")


def _no_train_channel(tree: TrainingTree) -> None:
    tree.sparse("test", *checkerboard())


def _pipe_mode(tree: TrainingTree) -> None:
    tree.sparse("train", *checkerboard())
    tree.configure("inputdataconfig", {"train": {"TrainingInputMode": "Pipe", "ContentType": "text/csv"}})


def _two_hosts(tree: TrainingTree) -> None:
    tree.sparse("train", *checkerboard())
    tree.configure("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]})


def _bad_hyperparameters(tree: TrainingTree) -> None:
    tree.sparse("train", *checkerboard())
    tree.hyperparameters(feature_dim=0, predictor_type="ranker", depth=3, linear_init_method="uniform")


def _diverging(tree: TrainingTree) -> None:
    rows, labels = checkerboard()
    tree.sparse("train", rows * 1e19, labels)


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        (_unlabelled, "part-00000.pbr: the records have no label"),
        (_wrong_width, "part-00000.pbr: records have 69 columns, feature_dim is 70: make them equal"),
        (
            _stars,
            "part-00000.pbr: a record has the label 4: a binary_classifier's labels are 0 and 1; use predictor_type",
        ),
        (_truncated, "part-00000.pbr: record 1199 at byte "),
        (_no_records, "channel train has no records in 1 files"),
        (_no_train_channel, "channel train is missing"),
        (
            _pipe_mode,
            "channel train has ContentType text/csv: it must be application/x-recordio-protobuf; .* Pipe: the stand-in",
        ),
        (_two_hosts, "2 hosts; the stand-in trains on one: set InstanceCount to 1"),
        (
            _bad_hyperparameters,
            "num_factors is missing; feature_dim must be at least 1, got '0'; predictor_type must be one of .*; "
            "depth is not a hyperparameter .*; linear_init_scale is missing; linear_init_method uniform needs it",
        ),
        (_diverging, r"training diverged: the loss of .* is (nan|inf)\. Lower the learning rates \(bias_lr 0\.1, "),
    ],
)
def test_a_job_that_cannot_succeed_says_what_to_fix(
    arrange: Callable[[TrainingTree], None], message: str, tree: TrainingTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.hyperparameters(**{**CHECKERBOARD, "epochs": 2})
    arrange(tree)
    monkeypatch.setenv("OPT_ML", str(tree.root))
    assert main(["train"]) == 1
    assert re.match(f"ClientError: (hyperparameters: )?{message}", tree.failure), tree.failure
    assert not list((tree.root / "model").iterdir())


def test_a_fault_of_the_program_itself_is_not_blamed_on_the_client(
    tree: TrainingTree, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    tree.sparse("train", *checkerboard())
    tree.hyperparameters(**{**CHECKERBOARD, "epochs": 1})
    monkeypatch.setenv("OPT_ML", str(tree.root))
    monkeypatch.setattr(artifact, "write_model", broken)
    assert main(["train"]) == 1
    assert "Traceback" in capsys.readouterr().err
    assert tree.failure == "AlgorithmError: RuntimeError: out of order"
