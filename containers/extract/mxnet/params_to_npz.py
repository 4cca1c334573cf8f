"""Converts an MXNet parameter file to NumPy: python params_to_npz.py PARAMS NPZ

A plain script for MXNet's own environment. The prefixes ``arg:`` and ``aux:`` are removed from names; row-sparse arrays
become dense, with missing rows zero; everything is float32. The caller interprets the names. An error is the last line
of stderr.
"""

import sys
from pathlib import Path
from typing import Any

# Any exception: with a NumPy that is too new, MXNet's own modules raise AttributeError.
try:
    import mxnet as mx
    import numpy as np
except Exception as error:
    sys.exit(f"MXNet cannot be imported: {type(error).__name__}: {' '.join(str(error).split())}")


def load(params: str) -> Any:
    """MXNet's arrays; its errors have a C++ trace, whose last line has the reason."""
    try:
        return mx.nd.load(params)
    except Exception as error:
        messages = [line for line in str(error).splitlines() if line.strip()]
        sys.exit(f"MXNet cannot read it: {messages[-1].strip() if messages else type(error).__name__}")


def main(params: str, npz: str) -> None:
    stored = load(params)
    if not isinstance(stored, dict):
        sys.exit(f"{params} holds {len(stored)} arrays without names; a model's parameters have names")
    arrays = {name.split(":", 1)[-1]: array.asnumpy().astype(np.float32) for name, array in stored.items()}
    if len(arrays) < len(stored):
        sys.exit(f"{params} has two arrays of one name beside arg: and aux: ({', '.join(sorted(stored))})")
    with Path(npz).open("wb") as file:  # given a name, np.savez would append .npz
        np.savez(file, **arrays)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: params_to_npz.py PARAMS NPZ")
    main(sys.argv[1], sys.argv[2])
