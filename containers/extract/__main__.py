"""``python -m containers.extract [outcome]``: exit code 0 on success; otherwise the reason is printed and in
ExitMessage.

Without an argument it extracts vectors; with ``outcome`` it renders the page of a run that has published.
"""

import os
import sys
import traceback
from collections.abc import Sequence

from containers.extract.extraction import extract
from containers.extract.outcome.drawing import draw_outcome
from containers.extract.passes import Pass
from sagemaker_contract.job_paths import JobPaths

# SageMaker keeps the first 1,024 bytes as the job's ExitMessage.
_MOST_MESSAGE_BYTES = 1_024


def main(arguments: Sequence[str]) -> int:
    """Run the job that ``/opt/ml`` describes, or the tree that ``OPT_ML`` names."""
    paths = JobPaths.of_this_process()
    try:
        _job(paths, arguments)
    except Exception as error:
        traceback.print_exc()
        message = f"{type(error).__name__}: {error}".encode()[:_MOST_MESSAGE_BYTES]
        paths.message.parent.mkdir(parents=True, exist_ok=True)
        paths.message.write_text(message.decode(errors="ignore"), encoding="utf-8")
        return 1
    return 0


def _job(paths: JobPaths, arguments: Sequence[str]) -> None:
    match arguments:
        case []:
            extract(paths, Pass.of(os.environ), os.environ.get("MXNET_PYTHON"), os.environ.get("METRICS_SHA256"))
        case ["outcome"]:
            draw_outcome(paths)
        case _:
            raise ValueError(f"the arguments must be none, or outcome, got {' '.join(arguments)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
