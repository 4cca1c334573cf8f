"""Compares the k-NN stand-in with faiss called directly: python -m benchmarks.neighbours"""

import json
import os
import subprocess

from benchmarks.results import Result, record
from local_aws.door import interpreter
from topx.home import REPOSITORY

_ITEMS, _USERS, _COLUMNS, _NEIGHBOURS = 50_000, 100_000, 193, 150


def main() -> None:
    sizes = [str(number) for number in (_ITEMS, _USERS, _COLUMNS, _NEIGHBOURS)]
    package = "local_aws.algorithms.nearest_neighbours"
    command = [str(interpreter(package.replace(".", "/"))), "-m", f"{package}.speed", *sizes]
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    printed = subprocess.run(
        command, cwd=REPOSITORY, env=environment, check=True, capture_output=True, text=True
    ).stdout
    found = json.loads(printed)
    record(
        [
            Result(
                f"{_NEIGHBOURS} neighbours among {_ITEMS:,} items of {_COLUMNS} columns, through the container",
                f"{found['through']:,.0f} users/s",
                "faiss called directly",
                f"{found['direct']:,.0f} users/s",
                found["through"] / found["direct"],
                "0.9",
                found["peak_bytes"],
            )
        ]
    )


if __name__ == "__main__":
    main()
