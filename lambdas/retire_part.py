"""State "Retire one part": deletes one part's lists of a version that is no longer wanted."""

import gzip
import io
import json
import logging
import os
import zlib
from collections.abc import Callable
from typing import Any

from contract.recommendation_table import POINTER_KEY, user_key
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas import aws_clients
from lambdas.batch_write import Patience, write_all
from lambdas.part_file import PartFile
from lambdas.s3_json import JsonDocuments

# What a file that is cut short, damaged or not what it should be makes its reader raise.
_UNREADABLE = (
    PublishRefused,
    DamagedObject,
    OSError,
    EOFError,
    zlib.error,
    ValueError,
    LookupError,
    TypeError,
    StopIteration,
)

logger = logging.getLogger(__name__)


class StillServed(Exception):
    """The version that readers are given was to be deleted."""


@aws_clients.told_as_unavailable
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Event: version, part (its name). Returns version, part and how many keys were deleted."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    client, patience = aws_clients.impatient_table_client(), Patience.of(context)
    return retire_part(documents, client, os.environ["TABLE"], event["version"], event["part"], patience=patience)


def retire_part(
    documents: JsonDocuments, client: Any, table: str, version: str, part: str, *, patience: Patience | None = None
) -> dict[str, Any]:
    """Delete the version's list of each user of the part; those already gone stay gone.

    Its users are those of the part's file or, where that is lost, of the published lists beside it. Where both are
    lost, its lists stay in the table and the log says so: an old version must not fail a run that has published.

    Args:
        client: from ``lambdas.aws_clients.impatient_table_client``.

    Raises:
        StillServed: when the version is the current one.
        WritingStalled: when DynamoDB takes nothing more.
    """
    pointer = client.get_item(TableName=table, Key=POINTER_KEY, ConsistentRead=True).get("Item", {})
    if pointer.get("current") == version:
        raise StillServed(f"{version} is the version that readers are given; it cannot be retired")
    users = _users(documents, version, part)
    requests = ({"DeleteRequest": {"Key": user_key(user, version)}} for user in users)
    deleted = write_all(client, table, requests, total=len(users), patience=patience)
    return {"version": version, "part": part, "deleted": deleted}


def _users(documents: JsonDocuments, version: str, part: str) -> list[str]:
    """The part's users, from the first of two files that can be read; none, with a warning, where neither can."""
    layout = RunLayout(documents.bucket, version)
    readers: dict[str, Callable[[bytes], list[str]]] = {
        layout.part(part): lambda packed: [u["user"] for u in PartFile(packed, run_id=version, part=part).users()],
        layout.recommendations(part): _archived_users,
    }
    for key, read in readers.items():
        packed = documents.find_bytes(key)
        try:
            if packed is not None:
                return read(packed)
            logger.warning("s3://%s/%s is missing", documents.bucket, key)
        except _UNREADABLE as error:
            logger.warning("s3://%s/%s cannot be read: %r", documents.bucket, key, error)
    logger.warning("the users of %s of version %s are not known: their lists stay in the table", part, version)
    return []


def _archived_users(packed: bytes) -> list[str]:
    with gzip.open(io.BytesIO(packed)) as lines:
        return [json.loads(line)["user"] for line in lines]
