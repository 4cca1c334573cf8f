"""Runs on MXNet's interpreter: reads an npz of arrays, writes the container's parameter file.

``write_params.py NPZ PARAMS``: an array named ``arg:x`` is stored dense. If there is also an array ``rows of arg:x``,
it is stored row-sparse with only those rows.
"""

import sys

import mxnet as mx
import numpy as np

PRESENT = "rows of "

source, target = sys.argv[1:]
with np.load(source) as given:
    parameters = {}
    for name in given.files:
        if name.startswith(PRESENT):
            continue
        if PRESENT + name in given.files:
            rows = given[PRESENT + name]
            parameters[name] = mx.nd.sparse.row_sparse_array((given[name][rows], rows), shape=given[name].shape)
        else:
            parameters[name] = mx.nd.array(given[name], dtype="float32")
mx.nd.save(target, parameters)
