"""A run on Spark: the same state machine, and the same files from prepare, byte for byte."""

import hashlib
import json
from pathlib import Path

from tests.end_to_end.conftest import SMALL, Checkerboard, Run, Tool, write_data

BOARD = Checkerboard()


def prepared(topx: Tool, run: Run) -> dict[str, str]:
    """By name, the hashes of what "Prepare training data" has left."""
    keys = [*topx.keys(run.layout.prepared), run.layout.summary]
    hashes = {key.replace(run.record["run_id"], "RUN"): hashlib.sha256(topx.body(key)).hexdigest() for key in keys}
    assert len(hashes) > 5
    return hashes


def test_spark_prepares_what_one_instance_prepares(topx: Tool, tmp_path: Path) -> None:
    folder = write_data(tmp_path / "data", BOARD.rows())
    single, spark = (topx.run("--data", folder, **SMALL, prepare_engine=engine) for engine in ("single", "spark"))
    for run in (single, spark):
        assert run.record["status"] == "published", run.out + run.err
    assert prepared(topx, spark) == prepared(topx, single)
    plan = json.loads(topx.body(spark.layout.plan))
    assert plan["instances"]["prepare_engine"] == "spark"
    assert plan["stages"]["prepare"]["image"] == plan["code"]["images"]["prepare_on_spark"]
