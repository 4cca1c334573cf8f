"""The oracle: ``symbol.json`` and ``params`` as MXNet itself writes them.

A plain script for MXNet's own environment: python mxnet_artifact.py FOLDER PREDICTOR_TYPE reads FOLDER/arrays.npz.
Parameters except the bias are row_sparse: rows that are all zero are left out.
"""

import sys
from pathlib import Path

import mxnet as mx
import numpy as np


def _output(score: mx.sym.Symbol, predictor_type: str) -> mx.sym.Symbol:
    label = mx.sym.Variable("out_label")
    if predictor_type == "binary_classifier":
        return mx.sym.LogisticRegressionOutput(data=score, label=label, name="out")
    return mx.sym.LinearRegressionOutput(data=score, label=label, name="out")


def sparse_symbol(features: int, factors: int, predictor_type: str) -> mx.sym.Symbol:
    """Factorization machines over CSR data; _square_sum keeps the gradient of ``v`` row-sparse."""
    x = mx.sym.Variable("data", stype="csr")
    v = mx.sym.Variable("v", shape=(features, factors), stype="row_sparse")
    w1 = mx.sym.Variable("w1_weight", shape=(features, 1), stype="row_sparse")
    w0 = mx.sym.Variable("w0_weight", shape=(1,))
    linear = mx.sym.broadcast_add(mx.sym.dot(x, w1), w0)
    sums = mx.sym.square(mx.sym.dot(x, v))
    own = mx.sym.dot(mx.sym.square(x), mx.sym._internal._square_sum(data=v, axis=1, keepdims=True))
    pairs = 0.5 * (mx.sym.sum(sums, axis=1, keepdims=True) - own)
    return _output(linear + pairs, predictor_type)


def main(folder: Path, predictor_type: str) -> None:
    with np.load(folder / "arrays.npz") as arrays:
        given = {name: arrays[name] for name in arrays.files}
    symbol = sparse_symbol(given["v"].shape[0], given["v"].shape[1], predictor_type)
    stored = {}
    for name, array in given.items():
        whole = mx.nd.array(array, dtype=np.float32)
        stored[f"arg:{name}"] = whole if name == "w0_weight" else whole.tostype("row_sparse")
    symbol.save(str(folder / "symbol.json"))
    mx.nd.save(str(folder / "params"), stored)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
