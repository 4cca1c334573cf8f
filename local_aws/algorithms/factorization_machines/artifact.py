"""The model artifact, in the layout of the real one: ``model_algo-1``, a stored zip of symbol, parameters and meta.

Training on sparse tensors, the only one here, gives the parameters v (feature_dim, num_factors), w1_weight
(feature_dim, 1) and w0_weight (1,).
MXNet itself writes the symbol and the parameters, in an environment of its own.
"""

import json
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from local_aws.algorithms.factorization_machines.parameters import Parameters

_WRITER = Path(__file__).with_name("mxnet_artifact.py")
_MXNET_FOLDER = "containers/extract/mxnet"
MEMBERS = ("symbol.json", "params", "meta.json")


class ArtifactFailed(Exception):
    """MXNet did not write the artifact; the message carries its own words."""


def write_model(folder: Path, parameters: Parameters, hyperparameters: dict[str, str]) -> Path:
    """Write ``folder``/model_algo-1 and return its path; what is half done lies beside ``folder``.

    Raises:
        ArtifactFailed: when the MXNet process fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="artifact-") as name:
        work = Path(name)
        factors, linear, bias = parameters
        np.savez(work / "arrays.npz", v=factors, w1_weight=linear, w0_weight=bias[0])
        _run_mxnet(work, hyperparameters["predictor_type"])
        meta = {"training_parameters": hyperparameters}
        (work / "meta.json").write_text(json.dumps(meta))
        finished = work / "model_algo-1"
        with zipfile.ZipFile(finished, "w", zipfile.ZIP_STORED) as archive:
            for member in MEMBERS:
                archive.write(work / member, member)
        return finished.replace(folder / "model_algo-1")


def _run_mxnet(work: Path, predictor_type: str) -> None:
    finished = subprocess.run(
        [_interpreter(), "-I", str(_WRITER), str(work), predictor_type],
        check=False,
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise ArtifactFailed(f"MXNet could not write the parameters: {finished.stderr.strip()[-2000:]}")


def _interpreter() -> str:
    named = os.environ.get("MXNET_PYTHON")
    if named:
        return named
    # Only the job runner's own environment has what builds environments; ours does not.
    from local_aws.environments import interpreter  # noqa: PLC0415

    return str(interpreter(_MXNET_FOLDER))
