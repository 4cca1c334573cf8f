"""The same work as prepare up to its index, in polars and in pandas, in a separate environment.

``python -m benchmarks.reading.peers polars|pandas FOLDER`` prints JSON: rows, pairs, users and items, and seconds. Ids
are trimmed, rejected if they are blank, a null marker or longer than 1,024 bytes, and numbered in order; times must be
seconds from 1995 to tomorrow; a pair of user and item has its first and its latest time.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd
import polars as pl

_EARLIEST, _LATEST = 788_918_400, time.time() + 86_400
_NULLS = [
    "NULL",
    "null",
    "Null",
    r"\N",
    "(null)",
    "nan",
    "NaN",
    "None",
    "<NA>",
    "undefined",
    "N/A",
    "n/a",
    "#N/A",
    "NA",
]
_LONGEST = 1_024
_COLUMNS = ("user", "item", "time")


def by_polars(files: list[Path]) -> dict[str, int]:
    parquet = files[0].suffix == ".parquet"
    texts = dict.fromkeys(_COLUMNS, pl.String)
    rows = pl.read_parquet(files) if parquet else pl.concat([pl.read_csv(file, schema=texts) for file in files])
    ids = [pl.col(name).str.strip_chars() for name in ("user", "item")]
    good = (
        rows.lazy()
        .with_columns(*ids, pl.col("time").cast(pl.Float64, strict=False))
        .filter(
            *(
                (pl.col(name) != "") & ~pl.col(name).is_in(_NULLS) & (pl.col(name).str.len_bytes() <= _LONGEST)
                for name in ("user", "item")
            ),
            pl.col("time").is_between(_EARLIEST, _LATEST),
        )
        .collect()
    )
    for name in ("user", "item"):
        numbers = good.select(pl.col(name).unique().sort()).with_row_index(f"{name}_index")
        good = good.join(numbers, on=name).drop(name)
    pairs = good.group_by("user_index", "item_index").agg(
        pl.col("time").max().alias("time"), pl.col("time").min().alias("first_time")
    )
    return _counts(len(rows), pairs["user_index"].n_unique(), pairs["item_index"].n_unique(), len(pairs))


def by_pandas(files: list[Path]) -> dict[str, int]:
    parquet = files[0].suffix == ".parquet"
    read = [pd.read_parquet(file) if parquet else pd.read_csv(file, dtype=str, keep_default_na=False) for file in files]
    rows = pd.concat(read, ignore_index=True)
    good = rows.assign(time=pd.to_numeric(rows["time"], errors="coerce"))
    wanted = good["time"].between(_EARLIEST, _LATEST)
    for name in ("user", "item"):
        good[name] = good[name].str.strip()
        wanted &= (good[name] != "") & ~good[name].isin(_NULLS) & (good[name].str.len() <= _LONGEST)
    good = good[wanted]
    for name in ("user", "item"):
        good[f"{name}_index"], _ = pd.factorize(good[name], sort=True)
    pairs = good.groupby(["user_index", "item_index"], sort=False)["time"].agg(["max", "min"]).reset_index()
    return _counts(len(rows), pairs["user_index"].nunique(), pairs["item_index"].nunique(), len(pairs))


def _counts(rows: int, users: int, items: int, pairs: int) -> dict[str, int]:
    return {"rows": rows, "users": users, "items": items, "pairs": pairs}


if __name__ == "__main__":
    begun = time.perf_counter()
    files = sorted((Path(sys.argv[2]) / "interactions").iterdir())
    found = {"polars": by_polars, "pandas": by_pandas}[sys.argv[1]](files)
    print(json.dumps({**found, "seconds": time.perf_counter() - begun}))
