"""Runs on MXNet's interpreter: an npz of arrays in, the container's own file of parameters out.

``write_params.py NPZ PARAMS``: an array named ``arg:x`` is stored dense. With an array ``rows of arg:x`` beside it,
it is stored row-sparse and holds only those rows.
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
