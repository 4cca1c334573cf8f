"""State "Retire one part": deletes one part's lists of a version that is no longer wanted."""

import os
from typing import Any

import boto3

from contract.recommendation_table import POINTER_KEY, user_key
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas.batch_write import table_client, write_all
from lambdas.part_file import PartFile
from lambdas.s3_json import JsonDocuments


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Event: version, part (its name). Returns version, part and how many keys were deleted."""
    documents = JsonDocuments(boto3.client("s3"), os.environ["BUCKET"])
    return retire_part(documents, table_client(), os.environ["TABLE"], event["version"], event["part"])


def retire_part(documents: JsonDocuments, client: Any, table: str, version: str, part: str) -> dict[str, Any]:
    """Delete the version's list of each user of the part; those already gone stay gone.

    Args:
        client: from ``lambdas.batch_write.table_client``.

    Raises:
        PublishRefused: when the version is the current one, or its part's file is missing.
        WritingStalled: when DynamoDB takes nothing more.
    """
    pointer = client.get_item(TableName=table, Key=POINTER_KEY, ConsistentRead=True).get("Item", {})
    if pointer.get("current") == version:
        raise PublishRefused(f"{version} is the version that readers are given; it cannot be retired")
    packed = documents.find_bytes(RunLayout(documents.bucket, version).part(part))
    if packed is None:
        raise PublishRefused(f"version {version} has no file for {part}, so its users are not known")
    users = PartFile(packed, run_id=version, part=part)
    requests = ({"DeleteRequest": {"Key": user_key(user["user"], version)}} for user in users.users())
    deleted = write_all(client, table, requests, total=users.header["users"])
    return {"version": version, "part": part, "deleted": deleted}
