"""Users per second of the k-NN stand-in over HTTP, and of faiss called directly, as JSON.

python -m local_aws.algorithms.nearest_neighbours.speed ITEMS USERS COLUMNS NEIGHBOURS. Both process the same rows. The
container is a separate process, called like in a batch transform: payloads of up to 6 MB of recordIO, two at a time.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from local_aws.algorithms.nearest_neighbours.hyperparameters import parse
from local_aws.algorithms.nearest_neighbours.model import Floats, NearestNeighbours
from local_aws.algorithms.nearest_neighbours.serving import EXECUTION_PARAMETERS
from local_aws.unix_socket import BIND_TO_SOCKET, UnixHTTPConnection
from sagemaker_contract import recordio
from sagemaker_contract.job_paths import JobPaths

_HEADERS = {"Content-Type": "application/x-recordio-protobuf", "Accept": "application/jsonlines; verbose=true"}
_ROUNDS = 3


def main(arguments: list[str]) -> None:
    items, users, columns, neighbours = map(int, arguments)
    draw = np.random.default_rng(0)
    item_rows, user_rows = (draw.standard_normal((count, columns), dtype=np.float32) for count in (items, users))
    given = {"feature_dim": columns, "k": neighbours, "sample_size": items, "predictor_type": "classifier"}
    texts = {name: str(value) for name, value in given.items()} | {"index_metric": "INNER_PRODUCT"}
    model = NearestNeighbours.train(item_rows, np.arange(items, dtype=np.float32), parse(texts))
    payloads = _payloads(user_rows)
    with tempfile.TemporaryDirectory() as folder:
        paths = JobPaths(Path(folder))
        paths.model.mkdir()
        model.save(paths.model)
        socket = paths.root / "model.sock"
        command = [sys.executable, "-m", "local_aws.algorithms.nearest_neighbours", "serve"]
        environment = {**os.environ, "OPT_ML": folder, BIND_TO_SOCKET: str(socket)}
        container = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait(socket)
            through, direct = [], []
            for _ in range(_ROUNDS):  # alternating, so that other load on the machine affects both
                through.append(_through(socket, payloads))
                direct.append(_direct(model, user_rows, len(payloads)))
        finally:
            container.terminate()
            container.wait()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps({"through": users / min(through), "direct": users / min(direct), "peak_bytes": peak}))


def _payloads(rows: Floats) -> list[bytes]:
    """The rows as recordIO, as many in a payload as the container's limit allows."""
    one = io.BytesIO()
    recordio.write_dense(one, rows[:1], None)
    most = EXECUTION_PARAMETERS["MaxPayloadInMB"]
    assert isinstance(most, int)
    fitting = (most << 20) // len(one.getvalue())
    found = []
    for first in range(0, len(rows), fitting):
        stream = io.BytesIO()
        recordio.write_dense(stream, rows[first : first + fitting], None)
        found.append(stream.getvalue())
    return found


def _wait(socket: Path) -> None:
    for _ in range(600):
        try:
            _request(socket, "GET", "/ping", None)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the container did not answer /ping in a minute")


def _through(socket: Path, payloads: list[bytes]) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda body: _request(socket, "POST", "/invocations", body), payloads))
    assert all(answer.endswith(b"}\n") for answer in answers)
    return time.perf_counter() - begun


def _direct(model: NearestNeighbours, rows: Floats, blocks: int) -> float:
    begun = time.perf_counter()
    for block in np.array_split(rows, blocks):
        model.index.search(block, model.hyperparameters.k)
    return time.perf_counter() - begun


def _request(socket: Path, method: str, path: str, body: bytes | None) -> bytes:
    connection = UnixHTTPConnection(socket, timeout=600)
    try:
        connection.request(method, path, body, _HEADERS)
        return connection.getresponse().read()
    finally:
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1:])
