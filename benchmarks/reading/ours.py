"""Prepare up to its index: ``python -m benchmarks.reading.ours FOLDER`` prints JSON like peers.py."""

import json
import sys
import tempfile
import time
from pathlib import Path

from containers.prepare.features import side_tables
from containers.prepare.indexing import numbering
from containers.prepare.reading import text_rows
from containers.prepare.reading.input_files import data_files
from containers.prepare.validation import row_rules, time_order
from containers.prepare.workspace import workspace
from contract import dataset as dataset_json


def main(data: Path) -> None:
    begun = time.perf_counter()
    dataset = dataset_json.parse((data / "dataset.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch, workspace(Path(scratch)) as space:
        database = space.database
        files = data_files(data / "interactions", "input/interactions/")
        columns = row_rules.text_columns(dataset)
        reading = text_rows.load(database, files, columns, "interaction_rows", dataset.files)
        verdict = row_rules.validate(database, "interaction_rows", dataset, time.time() + 86_400)
        for side, table in (("user", dataset.users), ("item", dataset.items)):
            side_tables.load(
                database,
                side,
                table,
                None,
                folder=Path(scratch, "none"),
                prefix="",
                rejected=Path(scratch, side),
                forgotten=None,
            )
        time_order.settle(database, verdict.times)
        numbering.index(database, dataset)
        counts = {
            "rows": sum(reading.rows),
            **{
                name: database.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
                for name in ("users", "items", "pairs")
            },
        }
        print(json.dumps({**counts, "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
