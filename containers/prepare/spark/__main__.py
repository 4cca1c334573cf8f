"""``python -m containers.prepare.spark``: the processing job of containers.prepare, on Spark."""

import os
import sys
from contextlib import ExitStack

from containers.prepare.__main__ import run
from containers.prepare.interactions import Interactions, Source
from containers.prepare.spark.engine import engine_of
from containers.prepare.spark.session import session
from containers.prepare.spark.task_limits import TaskLimits
from containers.prepare.workspace import Workspace, machine_bytes
from sagemaker_contract.job_paths import JobPaths


def main() -> int:
    """Run the job; see containers.prepare."""
    paths = JobPaths.of_this_process()
    scratch = paths.processing_output("run").parent.parent
    cores = os.cpu_count() or 1
    limits = TaskLimits.of_machine(scratch, machine_bytes(), cores)
    with ExitStack() as stack:

        def engine(space: Workspace, source: Source) -> Interactions:
            return engine_of(stack.enter_context(session(scratch, cores)), limits, space, source)

        return run(paths, engine)


if __name__ == "__main__":
    sys.exit(main())
