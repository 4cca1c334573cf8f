"""Writes the default lists into the table with their version, and deletes them."""

from typing import Any

from contract.default_lists_document import DefaultLists
from contract.recommendation_table import MOST_VALUE_BYTES, default_item, default_key, key_text
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas.loading.batch_write import write_all
from lambdas.s3_json import JsonDocuments, MissingDocument


def put(documents: JsonDocuments, table: Any, layout: RunLayout, score_form: str) -> int:
    """Write the run's default lists next to those of the current version; idempotent.

    Args:
        table: boto3 DynamoDB Table.
        score_form: the encoding of scores in the table (contract.list_scores).

    Returns:
        How many there are.

    Raises:
        MissingDocument: if extract has written none.
    """
    document: DefaultLists = documents.read(layout.default_lists)
    for entry in document["lists"]:
        items, scores = entry["items"], entry["scores"]
        table.put_item(Item=default_item(layout.run_id, entry["value"], document["by"], items, scores, form=score_form))
    return len(document["lists"])


def delete(documents: JsonDocuments, table: Any, version: str) -> list[str]:
    """Delete the default lists of a retiring version. Lists that are gone already are no error.

    Returns:
        Warnings: if a document is missing or damaged, only the list for everyone and those that can be read are
            deleted.
    """
    key = RunLayout(documents.bucket, version).default_lists
    values: set[str | None] = {None}
    fault = ""
    try:
        for entry in documents.read(key)["lists"]:
            value = entry["value"]
            values.add(None if value is None else key_text(value, MOST_VALUE_BYTES))
    except MissingDocument:
        fault = f"{key} is missing"
    except (DamagedObject, TypeError, ValueError) as error:
        fault = f"{key} cannot be read: {error}"
    requests = ({"DeleteRequest": {"Key": default_key(version, value)}} for value in values)
    write_all(table.meta.client, table.name, requests, total=len(values))
    return [f"version {version}: default lists of a feature stay in the table ({fault})"] if fault else []
