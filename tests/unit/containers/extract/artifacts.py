"""Makes artifacts like SageMaker's container, with the parameters written by MXNet itself."""

import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_WRITER = Path(__file__).with_name("write_params.py")


@dataclass(frozen=True)
class Numbers:
    """A model's numbers in float64, for the oracles."""

    v: np.ndarray
    w: np.ndarray
    w0: float

    @classmethod
    def random(cls, feature_dim: int, factors: int, seed: int = 0) -> "Numbers":
        draw = np.random.default_rng(seed)
        numbers = [draw.normal(0, 0.3, shape).astype(np.float32) for shape in ((feature_dim, factors), feature_dim, 1)]
        return cls(numbers[0].astype(np.float64), numbers[1].astype(np.float64), float(numbers[2][0]))

    def without_rows(self, rows: list[int]) -> "Numbers":
        v, w = self.v.copy(), self.w.copy()
        v[rows], w[rows] = 0, 0
        return Numbers(v, w, self.w0)

    def score(self, given: dict[int, float]) -> float:
        """FM's formula, pair by pair, for an input of weights by column."""
        entries = list(given.items())
        total = self.w0 + sum(self.w[j] * x for j, x in entries)
        for place, (j, x) in enumerate(entries):
            total += sum(float(self.v[j] @ self.v[other]) * x * y for other, y in entries[place + 1 :])
        return float(total)

    def sparse_family(self, present: list[int] | None = None) -> dict[str, np.ndarray]:
        """As trained on sparse tensors; with ``present``, row-sparse arrays with only those rows."""
        arrays = {"arg:v": self.v, "arg:w1_weight": self.w[:, np.newaxis], "arg:w0_weight": np.array([self.w0])}
        if present is not None:
            arrays |= {f"rows of arg:{name}": np.array(present, dtype=np.int64) for name in ("v", "w1_weight")}
        return arrays

    def dense_family(self) -> dict[str, np.ndarray]:
        """As trained on dense tensors."""
        return {
            "arg:v": self.v.T,
            "arg:Linear_Plus_Bias_weight": self.w[np.newaxis, :],
            "arg:Linear_Plus_Bias_bias": np.array([self.w0]),
        }


def meta(feature_dim: int, factors: int, predictor: str = "binary_classifier") -> dict[str, Any]:
    return {
        "training_parameters": {
            "feature_dim": str(feature_dim),
            "num_factors": str(factors),
            "predictor_type": predictor,
        }
    }


def params_file(arrays: Mapping[str, np.ndarray], folder: Path, mxnet_python: str) -> bytes:
    """The bytes of ``params``, written by MXNet."""
    source, target = folder / "given.npz", folder / "given.params"
    as_stored: dict[str, Any] = {
        name: array if name.startswith("rows of") else np.asarray(array, np.float32) for name, array in arrays.items()
    }
    np.savez(source, **as_stored)
    subprocess.run([mxnet_python, str(_WRITER), str(source), str(target)], check=True, capture_output=True)
    return target.read_bytes()


def model_zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def regular(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def tar_gz(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return path


def artifact(path: Path, params: bytes, described: Mapping[str, Any]) -> Path:
    """``model.tar.gz`` at ``path``."""
    members = {"symbol.json": b"{}", "params": params, "meta.json": json.dumps(described).encode()}
    return tar_gz(path, [regular("model_algo-1", model_zip(members))])
