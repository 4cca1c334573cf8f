"""A factorization machine's parameters: read by MXNet in its own interpreter, validated, and renamed to one
convention.
"""

import signal
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from containers.extract.model.artifact import META, Artifact

Floats = NDArray[np.float32]

# Reading takes seconds for each GB; if it has not ended by then, it never will.
_MOST_SECONDS = 1_800
_MOST_WORDS = 300
_CONVERTER = Path(__file__).parents[1] / "mxnet" / "params_to_npz.py"
# Source: the two kinds of models of SageMaker's container; the shapes alone do not distinguish them.
_SPARSE_FAMILY = ("v", "w1_weight", "w0_weight")
_DENSE_FAMILY = ("v", "Linear_Plus_Bias_weight", "Linear_Plus_Bias_bias")


class ParametersError(ValueError):
    """The parameters cannot be read, do not match the requested model, or are not finite."""


@dataclass(frozen=True)
class Shape:
    """The model that the run requested from the training job."""

    feature_dim: int
    factors: int
    predictor_type: str


@dataclass(frozen=True)
class FactorizationMachine:
    """The model w0 + sum_j w_j x_j + sum_{j<l} <v_j, v_l> x_j x_l.

    ``factors`` is (feature_dim, num_factors), ``linear`` (feature_dim,), both float32.
    """

    factors: Floats
    linear: Floats
    bias: float

    def rows(self, columns: slice) -> Floats:
        """v_j followed by w_j, for these columns of the input: (columns, num_factors + 1)."""
        return np.column_stack([self.factors[columns], self.linear[columns]])


def read_parameters(artifact: Artifact, shape: Shape, mxnet_python: str | None) -> FactorizationMachine:
    """The model of an opened artifact.

    Args:
        artifact: the converted file is written to its folder, too.
        shape: must match ``meta.json`` and the arrays.
        mxnet_python: the interpreter of the environment that has MXNet (``MXNET_PYTHON``).

    Raises:
        ParametersError: with every mismatch in one message.
    """
    check_meta(artifact.meta, shape)
    converted = artifact.params.with_suffix(".npz")
    convert(artifact.params, converted, mxnet_python)
    model = from_arrays(_arrays(converted, artifact.params.name), shape)
    converted.unlink()
    return model


def check_meta(meta: Mapping[str, Any], shape: Shape) -> None:
    """Reject a ``meta.json`` that describes another model than ``shape``."""
    given = meta.get("training_parameters")
    if not isinstance(given, Mapping):
        raise ParametersError(f"{META} has no training_parameters; it has {', '.join(sorted(meta)) or 'nothing'}")
    wanted = {
        "feature_dim": shape.feature_dim,
        "num_factors": shape.factors,
        "predictor_type": shape.predictor_type,
    }
    faults = [
        f"{name} is {given.get(name)!r} in {META}, but this run's model has {value!r}"
        for name, value in wanted.items()
        if str(given.get(name)) != str(value)
    ]
    if faults:
        raise ParametersError(f"{'; '.join(faults)}: this is the artifact of another training job")


def _arrays(npz: Path, params: str) -> dict[str, NDArray[Any]]:
    try:
        with np.load(npz, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ParametersError(f"what MXNet made of {params} cannot be read: {type(error).__name__}: {error}") from error


def convert(params: Path, npz: Path, mxnet_python: str | None, *, most_seconds: float = _MOST_SECONDS) -> None:
    """Let MXNet convert its own file to dense NumPy arrays.

    Raises:
        ParametersError: if there is no interpreter, it cannot import MXNet, was killed or took too long, or MXNet
            cannot read the file; in one sentence.
    """
    if not mxnet_python:
        raise ParametersError(
            "MXNET_PYTHON is not set: it must name the Python of the environment built from "
            "containers/extract/mxnet/requirements.lock (in the image, /opt/mxnet/bin/python)"
        )
    try:
        finished = subprocess.run(
            [mxnet_python, str(_CONVERTER), str(params), str(npz)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=most_seconds,
        )
    except OSError as error:
        raise ParametersError(f"MXNET_PYTHON={mxnet_python!r} cannot be started: {error.strerror or error}") from error
    except subprocess.TimeoutExpired:
        raise ParametersError(
            f"{params.name} could not be read: MXNet had not ended after {most_seconds:g} s"
        ) from None
    if finished.returncode:
        raise ParametersError(f"{params.name} could not be read: {_why(finished.returncode, finished.stderr)}")


def _why(code: int, stderr: str) -> str:
    """Why MXNet's process failed, without a traceback; Linux kills a process with SIGKILL when memory runs out."""
    text = next((line.strip() for line in reversed(stderr.splitlines()) if line.strip()), "it printed nothing")
    text = text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]}…"
    if code > 0:
        return text
    if -code == signal.SIGKILL:
        return "MXNet's process was killed (SIGKILL), most likely because memory ran out: take a larger instance type"
    return f"MXNet's process was ended by {_signal(-code)}, as by a damaged file: {text}"


def _signal(number: int) -> str:
    return signal.Signals(number).name if number in signal.valid_signals() else f"signal {number}"


def from_arrays(arrays: Mapping[str, NDArray[Any]], shape: Shape) -> FactorizationMachine:
    """The model from arrays of either kind, distinguished by name.

    Trained on sparse tensors: ``v`` (feature_dim, num_factors), ``w1_weight`` (feature_dim, 1), ``w0_weight``.
    Trained on dense tensors: ``v`` (num_factors, feature_dim), ``Linear_Plus_Bias_weight`` (1, feature_dim),
    ``Linear_Plus_Bias_bias``.

    Raises:
        ParametersError: unknown names, a wrong shape, NaN or Inf.
    """
    sparse = all(name in arrays for name in _SPARSE_FAMILY)
    dense = all(name in arrays for name in _DENSE_FAMILY)
    if sparse == dense:
        raise ParametersError(
            f"params must hold {', '.join(_SPARSE_FAMILY)} or {', '.join(_DENSE_FAMILY)}; it holds "
            f"{', '.join(sorted(arrays)) or 'nothing'}"
        )
    names = _SPARSE_FAMILY if sparse else _DENSE_FAMILY
    by_feature, wide = (shape.feature_dim, shape.factors), (shape.factors, shape.feature_dim)
    shapes = (by_feature, (shape.feature_dim, 1)) if sparse else (wide, (1, shape.feature_dim))
    faults = [
        f"{name} is {arrays[name].shape}, but this run's model has {wanted}"
        for name, wanted in zip(names[:2], shapes, strict=True)
        if arrays[name].shape != wanted
    ]
    if arrays[names[2]].size != 1:
        faults.append(f"{names[2]} is {arrays[names[2]].shape}, but a model has one bias")
    faults = faults or [fault for name in names if (fault := _not_finite(name, arrays[name]))]
    if faults:
        raise ParametersError("; ".join(faults))
    v, linear, bias = (np.asarray(arrays[name], dtype=np.float32) for name in names)
    factors = v if sparse else np.ascontiguousarray(v.T)
    return FactorizationMachine(factors, linear.reshape(-1), float(bias.reshape(-1)[0]))


def _not_finite(name: str, array: NDArray[Any]) -> str:
    missing, infinite = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    if not missing and not infinite:
        return ""
    return (
        f"{name} holds {missing:,} NaN and {infinite:,} Inf among {array.size:,} numbers: "
        "the training diverged; lower its learning rates"
    )
