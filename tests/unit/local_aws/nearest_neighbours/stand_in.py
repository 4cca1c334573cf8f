"""The stand-in as SageMaker would run it: a process in its own environment with a temporary /opt/ml tree."""

import http.client
import io
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from local_aws.environments import interpreter
from local_aws.places import ROOT
from sagemaker_contract import recordio

FOLDER = "local_aws/algorithms/nearest_neighbours"
SOUND = "local_aws.algorithms.nearest_neighbours"
WRONG = "tests.unit.local_aws.nearest_neighbours.wrong_answers"
RECORDIO = "application/x-recordio-protobuf"
VERBOSE = "application/jsonlines; verbose=true"


def hyperparameters(rows: np.ndarray, k: int | None, **others: Any) -> dict[str, str]:
    """The hyperparameters of a training job for these rows."""
    given = {
        "feature_dim": rows.shape[1],
        "k": k,
        "sample_size": len(rows),
        "predictor_type": "regressor",
        "index_metric": "INNER_PRODUCT",
        **others,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def dense(rows: np.ndarray, labels: np.ndarray | None = None) -> bytes:
    """Rows as recordIO-protobuf."""
    stream = io.BytesIO()
    recordio.write_dense(stream, rows.astype(np.float32), None if labels is None else labels.astype(np.float32))
    return stream.getvalue()


def write_tree(root: Path, given: dict[str, str], files: dict[str, bytes], content_type: str = RECORDIO) -> None:
    """A training job's tree. ``files`` are named ``<channel>/<name>``."""
    channels = {name.partition("/")[0] for name in files}
    config = root / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(given))
    channel = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "ContentType": content_type}
    (config / "inputdataconfig.json").write_text(json.dumps(dict.fromkeys(channels, channel)))
    (config / "resourceconfig.json").write_text(json.dumps({"current_host": "algo-1", "hosts": ["algo-1"]}))
    for name, data in files.items():
        path = root / "input" / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def start(role: str, root: Path, **switches: str) -> subprocess.Popen[str]:
    """The process, with nothing of the test's own environment; with ``switches`` its answers are wrong."""
    return subprocess.Popen(
        [interpreter(FOLDER), "-m", WRONG if switches else SOUND, role],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "OPT_ML": str(root), "SAGEMAKER_BIND_TO_PORT": "0", **switches},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def trained(
    root: Path, given: dict[str, str], files: dict[str, bytes], content_type: str = RECORDIO
) -> tuple[int, str]:
    """Run a training job to its end: exit code and log."""
    write_tree(root, given, files, content_type)
    process = start("train", root)
    log, _ = process.communicate(timeout=120)
    return process.returncode, log


class Client:
    """Calls one serving process over a persistent connection."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, body. Header names use underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, named)
        answer = self._connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def neighbours(self, rows: np.ndarray) -> list[dict[str, Any]]:
        """The verbose answer for each row."""
        status, _, body = self.ask("POST", "/invocations", dense(rows), Content_Type=RECORDIO, Accept=VERBOSE)
        assert status == 200, body
        return [json.loads(line) for line in body.splitlines()]


@contextmanager
def serving(root: Path, **switches: str) -> Iterator[Client]:
    """A serving process on a free port, ended with SIGTERM."""
    process = start("serve", root, **switches)
    log = []
    try:
        assert process.stdout
        for line in process.stdout:
            log.append(line)
            if found := re.search(r"on port (\d+)", line):
                yield Client(process, int(found[1]))
                return
        raise AssertionError("".join(log))
    finally:
        process.terminate()
        process.communicate(timeout=30)
