"""``python -m containers.prepare``: the processing job, under /opt/ml or the folder that OPT_ML names."""

import sys
import traceback

from containers.prepare.interactions import Engine
from containers.prepare.preparation import prepare
from containers.prepare.single_machine import SingleMachine
from sagemaker_contract.job_paths import JobPaths


def main() -> int:
    """Run the job on this machine."""
    return run(JobPaths.of_this_process(), SingleMachine)


def run(paths: JobPaths, engine: Engine) -> int:
    """Run the job. 0: done, or the data was refused (summary.json has the status). 1: failed, with the cause in the
    message.
    """
    try:
        summary = prepare(paths, engine)
    except Exception as error:
        traceback.print_exc()
        paths.message.parent.mkdir(parents=True, exist_ok=True)
        paths.message.write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        return 1
    rows = summary["rows"]
    print(
        f"{summary['status']}: {rows['read']:,} rows read, {rows['rejected']:,} rejected, {rows['duplicates']:,} "
        f"duplicates, {rows['interactions']:,} interactions"
    )
    for text in [*summary["reasons"], *(summary["warnings"] if summary["status"] == "ready" else [])]:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
