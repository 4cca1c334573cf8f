"""Copies of a data set with something changed."""

import csv
import gzip
import json
import shutil
from pathlib import Path


def without_features(data: Path, folder: Path) -> Path:
    """The same interactions and titles, without side features."""
    shutil.copytree(data, folder)
    described = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    described.pop("users", None)
    if "title" in described.get("items", {}):
        described["items"].pop("features", None)
    else:
        described.pop("items", None)
    (folder / "dataset.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def liked(data: Path, folder: Path) -> Path:
    """The same interactions with 1 for ratings from 4 up, and 0 for lower ones."""
    shutil.copytree(data, folder)
    for file in sorted((folder / "interactions").iterdir()):
        text = (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode()
        rows = list(csv.DictReader(text.splitlines()))
        for row in rows:
            row["rating"] = str(int(float(row["rating"]) >= 4))
        file.unlink()
        with (folder / "interactions" / f"{file.name.split('.')[0]}.csv").open(
            "w", encoding="utf-8", newline=""
        ) as out:
            writer = csv.DictWriter(out, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return folder
