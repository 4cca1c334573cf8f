"""The model artifact in the real one's layout: ``model_algo-1``, an uncompressed zip of symbol, parameters and
meta.

Training on sparse tensors, the only kind here, produces the parameters v (feature_dim, num_factors), w1_weight
(feature_dim, 1) and w0_weight (1,). All but the bias are row-sparse.
"""

import json
import tempfile
import zipfile
from pathlib import Path

from local_aws.algorithms.factorization_machines import mxnet_files
from local_aws.algorithms.factorization_machines.parameters import Parameters

MEMBERS = ("symbol.json", "params", "meta.json")


def write_model(folder: Path, parameters: Parameters, hyperparameters: dict[str, str]) -> Path:
    """Write ``folder``/model_algo-1 and return its path; temporary files are next to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="artifact-") as name:
        work = Path(name)
        factors, linear, bias = parameters
        with (work / "params").open("wb") as stream:
            mxnet_files.write_params(
                stream, dense={"arg:w0_weight": bias[0]}, row_sparse={"arg:v": factors, "arg:w1_weight": linear}
            )
        features, width = factors.shape
        symbol = mxnet_files.symbol(features, width, hyperparameters["predictor_type"])
        (work / "symbol.json").write_text(symbol, encoding="utf-8")
        (work / "meta.json").write_text(json.dumps({"training_parameters": hyperparameters}))
        finished = work / "model_algo-1"
        with zipfile.ZipFile(finished, "w", zipfile.ZIP_STORED) as archive:
            for member in MEMBERS:
                archive.write(work / member, member)
        return finished.replace(folder / "model_algo-1")
