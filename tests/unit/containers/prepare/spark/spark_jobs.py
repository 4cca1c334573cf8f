"""Run in Spark's environment: prepare on the trees of several jobs, by one session.

Arguments: for each job the most rows of a table between tasks, and the tree, as OPT_ML names it.
"""

import sys
from functools import partial
from pathlib import Path

from containers.prepare.preparation import prepare
from containers.prepare.spark.engine import engine_of
from containers.prepare.spark.session import session
from containers.prepare.spark.task_limits import TaskLimits
from sagemaker_contract.job_paths import JobPaths

_MEMORY = 250_000_000


def main(arguments: list[str]) -> None:
    """Run all jobs."""
    jobs = list(zip(map(int, arguments[::2]), map(Path, arguments[1::2]), strict=True))
    scratch = jobs[0][1] / "scratch"
    with session(scratch, cores=1) as context:
        for rows, root in jobs:
            prepare(JobPaths(root), partial(engine_of, context, TaskLimits(scratch, _MEMORY, rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
