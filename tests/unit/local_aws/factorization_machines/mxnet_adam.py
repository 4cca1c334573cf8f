"""The oracle: factorization machines trained by MXNet's own Module. Runs in MXNet's environment.

python mxnet_adam.py IN.npz OUT.npz SYMBOL_SCRIPT: IN has CSR samples, initial parameters and hyperparameters; batches
are processed in order, epoch after epoch, by Module with lazy Adam on row-sparse parameters.
"""

import importlib.util
import sys

import mxnet as mx
import numpy as np


def main(given_file: str, out_file: str, symbol_script: str) -> None:
    spec = importlib.util.spec_from_file_location("mxnet_artifact", symbol_script)
    assert spec
    assert spec.loader
    artifact = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(artifact)
    given = dict(np.load(given_file))
    size, features = int(given["batch"]), given["v"].shape[0]
    symbol = artifact.sparse_symbol(features, given["v"].shape[1], str(given["predictor_type"]))
    module = mx.mod.Module(symbol, data_names=["data"], label_names=["out_label"])
    module.bind(
        data_shapes=[mx.io.DataDesc("data", (size, features))], label_shapes=[mx.io.DataDesc("out_label", (size, 1))]
    )
    names = ("v", "w1_weight", "w0_weight")
    start = {name: mx.nd.array(given[name]) for name in names}
    start = {name: a if name == "w0_weight" else a.tostype("row_sparse") for name, a in start.items()}
    module.init_params(arg_params=start)
    optional = {"clip_gradient": float(given["clip"])} if "clip" in given else {}
    adam = mx.optimizer.Adam(
        learning_rate=1.0, wd=1.0, rescale_grad=float(given["rescale"]), epsilon=float(given["eps"]),
        param_idx2name=dict(enumerate(module._param_names)), sym=symbol, **optional,
    )  # fmt: skip
    adam.set_lr_mult({name: float(given[f"lr_{name}"]) for name in names})
    adam.set_wd_mult({name: float(given[f"wd_{name}"]) for name in names})
    module.init_optimizer(kvstore=None, optimizer=adam)
    indptr, labels = given["indptr"], given["labels"]
    for _ in range(int(given["epochs"])):
        for first in range(0, len(labels), size):
            last = first + size
            span = slice(indptr[first], indptr[last])
            data = mx.nd.sparse.csr_matrix(
                (given["values"][span], given["keys"][span], indptr[first : last + 1] - indptr[first]),
                shape=(size, features),
            )
            module.forward_backward(mx.io.DataBatch([data], [mx.nd.array(labels[first:last, None])]))
            module.update()
    trained, _ = module.get_params()
    np.savez(out_file, **{name: trained[name].asnumpy() for name in names})


if __name__ == "__main__":
    main(*sys.argv[1:])
