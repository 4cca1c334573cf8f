"""An MXNet parameter file to a NumPy one: python params_to_npz.py PARAMS NPZ

A plain script for MXNet's own environment. Names lose their ``arg:`` or ``aux:``; row-sparse arrays become dense, a
missing row being zero; everything is float32. What the names mean is the caller's to say.
"""

import sys
from pathlib import Path

import mxnet as mx
import numpy as np


def main(params: str, npz: str) -> None:
    stored = mx.nd.load(params)
    if not isinstance(stored, dict):
        sys.exit(f"{params} holds {len(stored)} arrays without names; a model's parameters have names")
    arrays = {name.split(":", 1)[-1]: array.asnumpy().astype(np.float32) for name, array in stored.items()}
    if len(arrays) < len(stored):
        sys.exit(f"{params} has two arrays of one name beside arg: and aux: ({', '.join(sorted(stored))})")
    with Path(npz).open("wb") as file:  # np.savez given a name would add .npz to it
        np.savez(file, **arrays)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: params_to_npz.py PARAMS NPZ")
    main(sys.argv[1], sys.argv[2])
