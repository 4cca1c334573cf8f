"""The converter, on files written by MXNet: both families, row-sparse and dense, with and without prefix."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from local_aws.door import interpreter
from topx.home import REPOSITORY

SCRIPT = REPOSITORY / "containers/extract/mxnet/params_to_npz.py"
# v has only row 1 of three: a missing row means zero.
WRITE = """
import sys, mxnet as mx, numpy as np
v = mx.nd.sparse.row_sparse_array((np.array([[1.5, -2]], np.float32), np.array([1])), shape=(3, 2))
w = mx.nd.sparse.row_sparse_array((np.array([[7.0], [8]], np.float32), np.array([0, 2])), shape=(3, 1))
bias = mx.nd.array([0.25])
sparse = {"arg:v": v, "arg:w1_weight": w, "arg:w0_weight": bias}
dense = {"v": mx.nd.array([[1, 0, 2]]), "arg:Linear_Plus_Bias_weight": mx.nd.array([[3, 4, 5]], dtype="float64"),
         "aux:Linear_Plus_Bias_bias": bias}
mx.nd.save(sys.argv[1], sparse)
mx.nd.save(sys.argv[2], dense)
mx.nd.save(sys.argv[3], [bias])
mx.nd.save(sys.argv[4], {"arg:v": bias, "aux:v": bias})
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("params")
    files = [str(folder / name) for name in ("sparse", "dense", "nameless", "doubled")]
    subprocess.run([interpreter("containers/extract/mxnet"), "-I", "-c", WRITE, *files], check=True)
    return folder


def convert(params: Path, npz: Path) -> subprocess.CompletedProcess[str]:
    command = [str(interpreter("containers/extract/mxnet")), "-I", str(SCRIPT), str(params), str(npz)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("sparse", {"v": [[0, 0], [1.5, -2], [0, 0]], "w1_weight": [[7], [0], [8]], "w0_weight": [0.25]}),
        (
            "dense",
            {"v": [[1, 0, 2]], "Linear_Plus_Bias_weight": [[3, 4, 5]], "Linear_Plus_Bias_bias": [0.25]},
        ),
    ],
)
def test_every_array_comes_out_dense_under_its_bare_name(
    family: str, expected: dict[str, list[float]], written: Path, tmp_path: Path
) -> None:
    finished = convert(written / family, tmp_path / "arrays")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")
    arrays = dict(np.load(tmp_path / "arrays"))
    assert {name: array.tolist() for name, array in arrays.items()} == expected
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("file", "complaint"), [("nameless", "holds 1 arrays without names"), ("doubled", "two arrays of one name")]
)
def test_arrays_that_have_no_name_of_their_own_are_refused(
    file: str, complaint: str, written: Path, tmp_path: Path
) -> None:
    finished = convert(written / file, tmp_path / "arrays")
    assert finished.returncode == 1
    assert complaint in finished.stderr
    assert not (tmp_path / "arrays").exists()
