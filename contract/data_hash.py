"""One number for the data that a run's lists were made of, by which two runs can be told to have read the same."""

import hashlib
import json

from contract.documents import Plan, Summary


def data_hash(plan: Plan, summary: Summary) -> str:
    """SHA-256 over key, size and content of every file that was read, dataset.json, and the rules that held.

    The contents' own hashes are of the bytes that prepare read: an ETag is no hash of them where an object was uploaded
    in parts or is encrypted by a key. Keys count, because files are read in their order, and of two rows of one time
    the later one counts.

    Args:
        plan: plan.json, whose request has the rules of rules.json with those of the run's input laid over them.
        summary: summary.json of prepared data, with size and hash of each file by its key.
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
