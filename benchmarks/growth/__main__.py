"""Whole runs on growing data, with the seconds and peak memory of each state: python -m benchmarks.growth

10,000, 100,000 and 1,000,000 users with 20 interactions each on average, 50,000 items, lists of 100: more than an hour
on two cores. Writes benchmarks/growth.json and docs/growth.svg; python -m benchmarks.growth.page puts the table into
docs/performance.md.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from benchmarks import clustered
from benchmarks.growth import brute_force, measured, plot, timed_run
from topx import embedded_aws, local_deployment

ITEMS = 50_000
EVENTS_A_USER = 20
TOP_X = 100
_SEED = 0


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--users", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    for users in given.parse_args().users:
        with tempfile.TemporaryDirectory() as folder:
            measured.record(users, _run(users, Path(folder)))
    plot.draw(measured.read())


def _run(users: int, folder: Path) -> timed_run.TimedRun:
    size = clustered.Size(users, ITEMS, users * EVENTS_A_USER)
    data = clustered.write(clustered.draw(size, _SEED), folder / "data", form="csv.gz")
    home = folder / "home"
    found = timed_run.run(data, home, {"top_x": TOP_X, "force": True})
    os.environ["TOPX_HOME"] = str(home)
    checked = brute_force.check(local_deployment.connect(print), data, found.record["run_id"], TOP_X)
    print(f"{checked} lists equal brute force")
    embedded_aws.stop()
    shutil.rmtree(home)
    return found


if __name__ == "__main__":
    main()
