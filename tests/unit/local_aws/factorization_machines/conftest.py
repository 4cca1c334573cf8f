"""A training container's tree, and MXNet's interpreter."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from local_aws.environments import interpreter
from local_aws.places import ROOT
from sagemaker_contract import recordio

MODULE = "local_aws.algorithms.factorization_machines"
FOLDER = MODULE.replace(".", "/")


class TrainingTree:
    """A temporary /opt/ml."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.python = sys.executable
        for folder in ("input/config", "model", "output"):
            (root / folder).mkdir(parents=True)
        self.configure("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"]})
        self._channels: dict[str, dict[str, str]] = {}

    def configure(self, name: str, value: object) -> None:
        (self.root / f"input/config/{name}.json").write_text(json.dumps(value))

    def hyperparameters(self, **values: object) -> None:
        self.configure("hyperparameters", {name: str(value) for name, value in values.items()})

    def sparse(
        self, channel: str, rows: NDArray[np.float32], labels: NDArray[np.float32] | None, files: int = 1
    ) -> None:
        """A channel with the rows' non-zero entries, in several files."""
        for number, part in enumerate(np.array_split(np.arange(len(rows)), files)):
            present = rows[part] != 0
            indptr = np.concatenate([[0], np.cumsum(present.sum(1))])
            with self._file(channel, f"part-{number:05d}.pbr").open("wb") as stream:
                recordio.write_sparse(
                    stream,
                    indptr,
                    np.nonzero(present)[1],
                    rows[part][present],
                    rows.shape[1],
                    None if labels is None else labels[part],
                )

    def dense(self, channel: str, rows: NDArray[np.float32], labels: NDArray[np.float32]) -> None:
        with self._file(channel, "part-00000.pbr").open("wb") as stream:
            recordio.write_dense(stream, rows, labels)

    def raw(self, channel: str, data: bytes) -> None:
        self._file(channel, "part-00000.pbr").write_bytes(data)

    def _file(self, channel: str, name: str) -> Path:
        folder = self.root / "input/data" / channel
        folder.mkdir(parents=True, exist_ok=True)
        self._channels[channel] = {"TrainingInputMode": "File", "RecordWrapperType": "None"}
        self.configure("inputdataconfig", self._channels)
        return folder / name

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "OPT_ML": str(self.root), **more}

    def command(self) -> list[str]:
        return [self.python, "-m", MODULE, "train"]

    def train(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(),
            cwd=ROOT,
            env=self.environment(**environment),
            check=False,
            capture_output=True,
            text=True,
        )

    @property
    def failure(self) -> str:
        return (self.root / "output/failure").read_text()


@pytest.fixture(scope="session")
def mxnet_python() -> str:
    return str(interpreter("containers/extract/mxnet"))


@pytest.fixture
def tree(tmp_path: Path) -> TrainingTree:
    return TrainingTree(tmp_path / "ml")


@pytest.fixture(scope="session")
def run_mxnet(mxnet_python: str) -> Callable[..., None]:
    """Run a script in MXNet's environment; its output is the failure's message."""

    def run(script: Path, *arguments: object) -> None:
        finished = subprocess.run(
            [mxnet_python, "-I", str(script), *map(str, arguments)], check=False, capture_output=True, text=True
        )
        assert finished.returncode == 0, finished.stderr

    return run
