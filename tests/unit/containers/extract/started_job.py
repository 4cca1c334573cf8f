"""The job as SageMaker starts it."""

import os
import subprocess
import sys
from pathlib import Path

from sagemaker_contract.job_paths import JobPaths

REPOSITORY = Path(__file__).resolve().parents[4]


def run_job(paths: JobPaths, mxnet_python: str | None, which: str = "evaluate") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "OPT_ML": str(paths.root), "PASS": which}
    if mxnet_python:
        environment["MXNET_PYTHON"] = mxnet_python
    command = [sys.executable, "-m", "containers.extract"]
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
