"""Lists as the code under test takes them and as in the files."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from containers.extract.data.item_sets import ItemSets


def item_sets(lists: list[list[int]]) -> ItemSets:
    starts = np.cumsum([0, *map(len, lists)])
    return ItemSets(starts.astype(np.int64), np.array([item for one in lists for item in one], dtype=np.int32))


def json_lines(file: Path) -> list[Any]:
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines.read().split("\n")[:-1]]
