"""Which files of a folder are uploaded, and in which order."""

import os
from pathlib import Path
from typing import Any

import pytest

from topx import input_data
from topx.problem import Problem


class Bucket:
    """An S3 client over a dict that records the order of requests."""

    def __init__(self, *keys: str) -> None:
        self.objects = dict.fromkeys(keys, b"old")
        self.calls: list[tuple[str, str]] = []

    def get_paginator(self, operation: str) -> "Bucket":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        found = [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]
        return [{"Contents": found[:1]}, {"Contents": found[1:]}, {}]

    def delete_object(self, Bucket: str, Key: str) -> None:
        self.calls.append(("delete", Key))
        del self.objects[Key]

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.calls.append(("upload", key))
        self.objects[key] = Path(path).read_bytes()


class Place:
    bucket = "b"

    def __init__(self, s3: Bucket) -> None:
        self.s3 = s3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("dataset.json", "interactions/b.csv", "interactions/2026/a.csv.gz", "items/i.csv", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    return tmp_path


def test_dataset_json_comes_last_and_strange_files_stay_away(folder: Path) -> None:
    assert list(input_data.files_of(folder)) == [
        "input/interactions/2026/a.csv.gz",
        "input/interactions/b.csv",
        "input/items/i.csv",
        "input/dataset.json",
    ]


def test_what_other_programs_leave_in_folders_stays_away(folder: Path) -> None:
    expected = list(input_data.files_of(folder))
    for name in ("_SUCCESS", ".b.csv.crc", "day=1/.DS_Store", "__MACOSX/._b.csv", "Thumbs.db", "~$b.csv"):
        (folder / "interactions" / name).parent.mkdir(exist_ok=True)
        (folder / "interactions" / name).write_text("x", encoding="utf-8")
    assert list(input_data.files_of(folder)) == expected


@pytest.mark.parametrize(
    ("log", "owner"),
    [
        ("_delta_log/00000000000000000000.json", "Delta Lake"),
        ("sales/.hoodie/hoodie.properties", "Apache Hudi"),
        ("sales/metadata/v2.metadata.json", "Apache Iceberg"),
    ],
)
def test_a_table_whose_log_says_which_files_count_is_refused(folder: Path, log: str, owner: str) -> None:
    for name in ("metadata/notes.json", "sales/v2.metadata.json", "_delta_log.csv"):
        (folder / "items" / name).parent.mkdir(exist_ok=True)
        (folder / "items" / name).write_text("x", encoding="utf-8")
    input_data.files_of(folder)
    (folder / "interactions" / log).parent.mkdir(parents=True)
    (folder / "interactions" / log).write_text("x", encoding="utf-8")
    with pytest.raises(Problem, match=rf"/interactions/ holds a table of {owner} \(.*/interactions/{log}\)"):
        input_data.files_of(folder)


def test_a_name_that_cannot_be_a_key_is_reported(folder: Path) -> None:
    (folder / "interactions" / os.fsdecode(b"gr\xf6sse.csv")).write_text("x", encoding="utf-8")
    with pytest.raises(Problem, match=r"gr\\udcf6sse.csv' has a name that is not UTF-8"):
        input_data.files_of(folder)


def test_rules_are_uploaded_before_dataset_json(folder: Path) -> None:
    (folder / "rules.json").write_text("{}", encoding="utf-8")
    assert list(input_data.files_of(folder))[-2:] == ["input/rules.json", "input/dataset.json"]


def test_a_folder_without_dataset_json_is_left_to_the_workflow(folder: Path) -> None:
    (folder / "dataset.json").unlink()
    assert "input/dataset.json" not in input_data.files_of(folder)


def test_no_folder_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="is not a folder"):
        input_data.files_of(tmp_path / "nowhere")


def test_old_input_goes_dataset_json_first_and_nothing_else_is_touched(folder: Path) -> None:
    s3 = Bucket("input/dataset.json", "input/interactions/old.csv", "runs/1/plan.json")
    input_data.replace(Place(s3), input_data.files_of(folder))  # type: ignore[arg-type]
    assert s3.calls[:2] == [("delete", "input/dataset.json"), ("delete", "input/interactions/old.csv")]
    assert s3.calls[-1] == ("upload", "input/dataset.json")
    assert sorted(s3.objects) == [
        "input/dataset.json",
        "input/interactions/2026/a.csv.gz",
        "input/interactions/b.csv",
        "input/items/i.csv",
        "runs/1/plan.json",
    ]
