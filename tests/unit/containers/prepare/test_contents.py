"""The entries of file contents in the summary."""

import gzip
import hashlib

from tests.unit.containers.prepare.job import COLUMNS, run_prepare


def test_every_file_that_was_read_is_there_by_size_and_hash_and_no_other(tmp_path):
    rows = "user,item,time\n" + "".join(f"u{n % 7},i{n % 5},{n}\n" for n in range(100))
    packed = gzip.compress(b"user,item,time\nu1,i1,500\n", mtime=0)
    items = "item,title\ni1,Ein Film\n"
    dataset = {**COLUMNS, "items": {"id": "item", "title": "title"}}
    done = run_prepare(
        tmp_path,
        {"deep/a.csv": rows, "b.csv.gz": packed, "_SUCCESS": "x", "empty.csv": ""},
        dataset=dataset,
        items={"all.csv": items},
    )
    read = {
        "input/interactions/deep/a.csv": rows.encode(),
        "input/interactions/b.csv.gz": packed,
        "input/items/all.csv": items.encode(),
    }
    assert done.summary["content"] == {
        key: {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()} for key, body in read.items()
    }
