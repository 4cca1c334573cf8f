"""The lists for unknown users, into the table with their version and out of it again."""

from collections.abc import Iterator
from typing import Any

from contract.recommendation_table import default_item, default_key
from contract.run_layout import RunLayout
from lambdas.batch_write import write_all
from lambdas.s3_json import JsonDocuments


def put(documents: JsonDocuments, table: Any, layout: RunLayout) -> int:
    """Write the run's lists beside those of the current version; twice is the same as once.

    Args:
        table: boto3 DynamoDB Table.

    Returns:
        How many there are.

    Raises:
        MissingDocument: when extract has left none.
    """
    document = documents.read(layout.default_lists)
    for entry in document["lists"]:
        table.put_item(
            Item=default_item(layout.run_id, entry["value"], document["by"], entry["items"], entry["scores"])
        )
    return len(document["lists"])


def delete(documents: JsonDocuments, table: Any, version: str) -> None:
    """Delete a retiring version's lists; those already gone stay gone, and so do those of a run that had none."""
    document = documents.find_readable(RunLayout(documents.bucket, version).default_lists)
    lists = document["lists"] if document else []
    write_all(table.meta.client, table.name, _deletions(version, lists), total=len(lists))


def _deletions(version: str, lists: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entry in lists:
        yield {"DeleteRequest": {"Key": default_key(version, entry["value"])}}
