"""Copies of data sets without side features are data sets that prepare accepts."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality.variants import without_features
from contract import dataset


@pytest.mark.parametrize(
    ("items", "left"),
    [
        ({"id": "item", "features": {"kind": "category"}}, None),
        ({"id": "item", "title": "name", "features": {"kind": "category"}}, "name"),
        ({"id": "item", "title": "name"}, "name"),
        (None, None),
    ],
)
def test_features_are_left_out_and_titles_stay(items: dict[str, Any] | None, left: str | None, tmp_path: Path) -> None:
    described = {"user": "user", "item": "item", "users": {"id": "user", "features": {"age": "numeric"}}}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset.json").write_text(json.dumps(described | ({"items": items} if items else {})))
    read = dataset.parse((without_features(tmp_path / "data", tmp_path / "copy") / "dataset.json").read_bytes())
    assert read.users is None
    assert (read.items.title if read.items else None) == left
    assert not (read.items and read.items.features)
