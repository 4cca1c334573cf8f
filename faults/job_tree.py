"""The folders of a job's container, and its process."""

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local_aws import door


def write_configuration(root: Path, request: dict[str, Any]) -> None:
    """The configuration files of a training job, and the folders that it fills."""
    channels = {
        channel["ChannelName"]: {"TrainingInputMode": "File", "ContentType": channel["ContentType"]}
        for channel in request["InputDataConfig"]
    }
    written = {
        "hyperparameters": request.get("HyperParameters", {}),
        "inputdataconfig": channels,
        "resourceconfig": {"current_host": "algo-1", "hosts": ["algo-1"]},
    }
    for folder in ("model", "output/data", "input/config"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        (root / "input" / "config" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


@contextlib.contextmanager
def tree() -> Iterator[Path]:
    """A job's /opt/ml for entry points that run in this process."""
    with tempfile.TemporaryDirectory(prefix="topx-faults-") as folder:
        os.environ["OPT_ML"] = folder
        try:
            yield Path(folder)
        finally:
            del os.environ["OPT_ML"]


def inside(root: Path, path: str) -> Path:
    """The path in a tree of a container's path ``/opt/ml/...``."""
    return root / Path(path).relative_to("/opt/ml")


def called(folder: str, arguments: list[str], variables: dict[str, str]) -> tuple[int, str]:
    """The exit code of a container's entry point, and its output."""
    os.environ |= {"MXNET_PYTHON": str(door.interpreter("containers/extract/mxnet")), **variables}
    main = door.entry_point(folder)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = main() if folder == "containers/prepare" else main(arguments)
    return code, said.getvalue()
