"""The oracle: scores of an artifact through MXNet's Module.load. Runs in MXNet's environment.

python mxnet_score.py FOLDER OUT.npy: FOLDER has symbol.json, params and rows.npy (dense float32 rows).
"""

import shutil
import sys
from pathlib import Path

import mxnet as mx
import numpy as np


def main(folder: Path, out_file: str) -> None:
    shutil.copy(folder / "symbol.json", folder / "model-symbol.json")
    shutil.copy(folder / "params", folder / "model-0000.params")
    module = mx.mod.Module.load(str(folder / "model"), 0, label_names=["out_label"])
    rows = np.load(folder / "rows.npy")
    module.bind(data_shapes=[mx.io.DataDesc("data", rows.shape)], for_training=False)
    data = mx.nd.array(rows)
    if "v" in module._param_names and "w1_weight" in module._param_names:
        data = data.tostype("csr")
    module.forward(mx.io.DataBatch([data]), is_train=False)
    np.save(out_file, module.get_outputs()[0].asnumpy()[:, 0])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
