"""A hash of the data that a run's lists were made from. Two runs with the same hash read the same data."""

import hashlib
import json

from contract.documents import Plan, Summary


def data_hash(plan: Plan, summary: Summary) -> str:
    """SHA-256 of the key, size and content of every file read, of dataset.json, and of the effective rules.

    Content hashes are of the bytes that prepare read. An ETag is not a content hash if the object was uploaded in parts
    or is encrypted with a key. Keys are included because files are read in key order, and the later of two rows with
    the same time wins.

    Args:
        plan: plan.json; its request has the rules of rules.json, overridden by those of the run's input.
        summary: summary.json of prepared data, with the size and hash of each file by key.
    """
    request = plan["request"]
    read = {
        "files": summary["content"],
        "dataset": plan["dataset"],
        "rules": request["rules"],
        "exclude_seen": request["exclude_seen"],
    }
    text = json.dumps(read, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
