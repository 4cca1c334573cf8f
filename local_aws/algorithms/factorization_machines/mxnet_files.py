"""The two MXNet files in a model: its symbol, and its parameters in the format of ``mx.nd.save``.

Implemented here, because starting MXNet takes longer than training a small model. symbol.json next to this module is
what MXNet 1.9.1 saves for factorization machines over CSR data, with names instead of numbers; a test compares both
files with MXNet's own, byte for byte.

Source of the format: ``NDArray::Save`` in MXNet's src/ndarray/ndarray.cc.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

_TEMPLATE = Path(__file__).with_name("symbol.json")
_OUTPUTS = {"binary_classifier": "LogisticRegressionOutput", "regressor": "LinearRegressionOutput"}
_LIST_MAGIC, _ARRAY_MAGIC = 0x112, 0xF993FAC9
_DENSE, _ROW_SPARSE = 0, 1
_CPU = struct.pack("<ii", 1, 0)
_FLOAT32, _INT64 = struct.pack("<i", 0), struct.pack("<i", 6)
Floats = npt.NDArray[np.float32]


def symbol(features: int, factors: int, predictor_type: str) -> str:
    """symbol.json for a model of this shape."""
    names = {"FEATURES": str(features), "FACTORS": str(factors), "OUTPUT": _OUTPUTS[predictor_type]}
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def write_params(stream: IO[bytes], dense: Mapping[str, Floats], row_sparse: Mapping[str, Floats]) -> None:
    """Write arrays by name; for ``row_sparse`` ones, rows that are all zero are left out."""
    stream.write(struct.pack("<QQQ", _LIST_MAGIC, 0, len(dense) + len(row_sparse)))
    for array in row_sparse.values():
        kept = np.flatnonzero((array != 0).any(axis=1))
        stored = array if len(kept) == len(array) else array[kept]
        stream.write(struct.pack("<Ii", _ARRAY_MAGIC, _ROW_SPARSE) + _shape(stored.shape) + _shape(array.shape))
        stream.write(_CPU + _FLOAT32 + _INT64 + _shape(kept.shape))
        stored.astype("<f4", copy=False).tofile(stream)
        kept.astype("<i8", copy=False).tofile(stream)
    for array in dense.values():
        stream.write(struct.pack("<Ii", _ARRAY_MAGIC, _DENSE) + _shape(array.shape) + _CPU + _FLOAT32)
        array.astype("<f4", copy=False).tofile(stream)
    stream.write(struct.pack("<Q", len(dense) + len(row_sparse)))
    for name in (*row_sparse, *dense):
        stream.write(struct.pack("<Q", len(name)) + name.encode())


def _shape(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f"<I{len(shape)}q", len(shape), *shape)
