"""One job done twice: by this process on one machine, and by Spark in an environment of its own."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local_aws.door import interpreter
from tests.unit.containers.prepare.job import Prepared

ROOT = Path(__file__).resolve().parents[5]


def by_spark(jobs: Mapping[str, tuple[int, Prepared]], folder: Path) -> dict[str, dict[str, bytes]]:
    """What Spark writes of the same inputs: by job, each file below output/.

    Args:
        jobs: each with the most rows of a table between tasks.
    """
    roots = {name: folder / name for name in jobs}
    for name, (_, job) in jobs.items():
        inputs = job.paths.root / "processing" / "input"
        shutil.copytree(inputs, roots[name] / "processing" / "input")
    command = [str(interpreter("containers/prepare/spark")), "-m", "tests.unit.containers.prepare.spark.spark_jobs"]
    arguments = [argument for name, (rows, _) in jobs.items() for argument in (str(rows), str(roots[name]))]
    finished = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-5_000:]
    return {name: written(root) for name, root in roots.items()}


def written(root: Path) -> dict[str, bytes]:
    """Each file below output/ of a job's tree, by its name there."""
    output = root / "processing" / "output"
    return {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*") if path.is_file()}
