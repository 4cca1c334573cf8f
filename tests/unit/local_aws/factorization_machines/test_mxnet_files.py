"""Both MXNet files in a model, compared with those that MXNet writes for the same arrays."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from local_aws.algorithms.factorization_machines import mxnet_files

WRITER = Path(__file__).with_name("mxnet_artifact.py")


@pytest.mark.parametrize("predictor_type", ["regressor", "binary_classifier"])
@pytest.mark.parametrize(("features", "factors", "empty"), [(1, 1, False), (1_000, 64, False), (70, 3, True)])
def test_the_files_are_mxnets_byte_for_byte(
    features: int, factors: int, empty: bool, predictor_type: str, tmp_path: Path, run_mxnet: Callable[..., None]
) -> None:
    draw = np.random.default_rng(features)
    v = np.zeros((features, factors), np.float32) if empty else draw.normal(size=(features, factors)).astype(np.float32)
    w1 = draw.normal(size=(features, 1)).astype(np.float32)
    w1[::3] = 0
    if features > 1:
        v[5], w1[7], w1[8] = 0, np.nan, -0.0
    w0 = np.array([0.25], np.float32)
    np.savez(tmp_path / "arrays.npz", v=v, w1_weight=w1, w0_weight=w0)
    run_mxnet(WRITER, tmp_path, predictor_type)
    with (tmp_path / "ours").open("wb") as stream:
        mxnet_files.write_params(stream, dense={"arg:w0_weight": w0}, row_sparse={"arg:v": v, "arg:w1_weight": w1})
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "params").read_bytes()
    symbol = (tmp_path / "symbol.json").read_text(encoding="utf-8")
    assert mxnet_files.symbol(features, factors, predictor_type) == symbol
