"""``python -m containers.extract``: exit 0 when done; otherwise the reason, also in the job's message."""

import os
import sys
import traceback

from containers.extract.extraction import extract
from containers.job_paths import JobPaths

# SageMaker keeps the first 1,024 bytes as the job's ExitMessage.
_MOST_MESSAGE_BYTES = 1_024


def main() -> int:
    """Run the job that ``/opt/ml`` describes, or the tree that ``OPT_ML`` names."""
    paths = JobPaths.of_this_process()
    try:
        extract(paths, os.environ.get("MXNET_PYTHON"))
    except Exception as error:
        traceback.print_exc()
        message = f"{type(error).__name__}: {error}".encode()[:_MOST_MESSAGE_BYTES]
        paths.message.parent.mkdir(parents=True, exist_ok=True)
        paths.message.write_text(message.decode(errors="ignore"), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
