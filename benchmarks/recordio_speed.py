"""Rows per second of the recordIO codec, compared with ``sagemaker`` 2.x's writer: python -m
benchmarks.recordio_speed
"""

import io
import resource
import time
from collections.abc import Callable

import numpy as np
from sagemaker.amazon.common import write_numpy_to_dense_tensor, write_spmatrix_to_sparse_tensor
from scipy.sparse import csr_matrix

from benchmarks.results import Result, record
from sagemaker_contract import recordio

_ROWS, _ORACLE_ROWS, _USERS, _ITEMS, _COLUMNS = 1_000_000, 10_000, 6_000, 3_700, 65


def _best_rate(work: Callable[[], object], rows: int) -> float:
    """Rows per second of the fastest of five runs, not counting the first one, which compiles."""
    work()
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return rows / min(seconds)


def main() -> None:
    random = np.random.default_rng(0)
    keys = np.stack([random.integers(0, _USERS, _ROWS), _USERS + random.integers(0, _ITEMS, _ROWS)], 1).ravel()
    indptr = np.arange(0, 2 * _ROWS + 1, 2)
    values = np.ones(2 * _ROWS, np.float32)
    labels = random.integers(0, 2, _ROWS).astype(np.float32)
    dense = random.normal(size=(_ROWS // 10, _COLUMNS)).astype(np.float32)
    shape = _USERS + _ITEMS

    def sparse_bytes() -> bytes:
        stream = io.BytesIO()
        recordio.write_sparse(stream, indptr, keys, values, shape, labels)
        return stream.getvalue()

    def dense_bytes() -> bytes:
        stream = io.BytesIO()
        recordio.write_dense(stream, dense, dense[:, 0])
        return stream.getvalue()

    few = 2 * _ORACLE_ROWS
    matrix = csr_matrix((values[:few], keys[:few], indptr[: _ORACLE_ROWS + 1]), shape=(_ORACLE_ROWS, shape))
    few_dense, few_labels = dense[:_ORACLE_ROWS], labels[:_ORACLE_ROWS]
    sparse_file, dense_file = sparse_bytes(), dense_bytes()
    rates = {
        "sparse write, two keys": _best_rate(sparse_bytes, _ROWS),
        "sparse write, sagemaker": _best_rate(
            lambda: write_spmatrix_to_sparse_tensor(io.BytesIO(), matrix, few_labels), _ORACLE_ROWS
        ),
        "sparse read": _best_rate(lambda: recordio.read_sparse(sparse_file), _ROWS),
        "dense write, 65 columns": _best_rate(dense_bytes, len(dense)),
        "dense write, sagemaker": _best_rate(
            lambda: write_numpy_to_dense_tensor(io.BytesIO(), few_dense, few_labels), _ORACLE_ROWS
        ),
        "dense read": _best_rate(lambda: recordio.read_dense(dense_file), len(dense)),
    }
    for name, rate in rates.items():
        print(f"{name:<26}{rate:>14,.0f} rows/s")
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    record(
        Result(
            what=f"recordIO reading, {kind}",
            ours=f"{rates[f'{kind} read'] / 1e6:.1f} million rows/s",
            beside="our writer",
            theirs=f"{rates[writer] / 1e6:.1f} million rows/s",
            ratio=rates[f"{kind} read"] / rates[writer],
            bar="0.5",
            peak_bytes=peak,
        )
        for kind, writer in (("sparse", "sparse write, two keys"), ("dense", "dense write, 65 columns"))
    )


if __name__ == "__main__":
    main()
