"""State "Retire one part": deletes one part's lists of a version that is being retired."""

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any, TypedDict

from contract.recommendation_table import MOST_USER_BYTES, POINTER_KEY, key_on_the_wire, key_text, user_key
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject, unpacked_json
from lambdas import aws_clients, run_log
from lambdas.loading.batch_write import Patience, write_all
from lambdas.loading.part_file import PartFile
from lambdas.s3_json import JsonDocuments

# What reading a truncated, damaged or wrong file raises.
_UNREADABLE = (PublishRefused, DamagedObject, TypeError, ValueError)

logger = logging.getLogger(__name__)


class Event(TypedDict):
    """What the state passes."""

    version: str
    part: str  # its name


class Answer(TypedDict):
    """What was deleted."""

    version: str
    part: str
    deleted: int  # number of keys


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, context: object) -> Answer:
    """Returns the number of deleted keys."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    client, patience = aws_clients.impatient_table_client(), Patience.of(context)
    return retire_part(documents, client, os.environ["TABLE"], event["version"], event["part"], patience=patience)


def retire_part(
    documents: JsonDocuments, client: Any, table: str, version: str, part: str, *, patience: Patience | None = None
) -> Answer:
    """Delete the version's list of each user of the part. Lists that are gone already are no error.

    The users come from the part's file or, if it is lost or damaged, from the published lists of the part. Lists of
    users missing from both stay in the table, and a document under ``untidied/`` records that: an old version must not
    fail a run that has published. Nothing of the current version is deleted.

    Args:
        client: from ``lambdas.aws_clients.impatient_table_client``.

    Raises:
        WritingStalled: if DynamoDB accepts no more writes.
    """
    pointer = client.get_item(TableName=table, Key=key_on_the_wire(POINTER_KEY), ConsistentRead=True).get("Item", {})
    if pointer.get("current") == {"S": version}:
        logger.warning("version %s is the current version: none of its lists are deleted", version)
        return {"version": version, "part": part, "deleted": 0}
    users, faults = _users(documents, version, part)
    requests = ({"DeleteRequest": {"Key": key_on_the_wire(user_key(user, version))}} for user in users)
    deleted = write_all(client, table, requests, total=len(users), patience=patience)
    if faults:
        known = f"beside {len(users)}, " if users else ""
        text = f"version {version}: {known}the users of {part} are unknown, and their lists stay in the table"
        _leave(documents, version, part, f"{text} ({'; '.join(faults)})")
    return {"version": version, "part": part, "deleted": deleted}


def _leave(documents: JsonDocuments, version: str, part: str, warning: str) -> None:
    logger.warning("%s", warning)
    key = RunLayout(documents.bucket, version).lists_left_of(part)
    documents.write(key, {"part": part, "warning": warning})


def _users(documents: JsonDocuments, version: str, part: str) -> tuple[list[str], list[str]]:
    """The part's users as far as they can be read, and what is wrong with both files if those are not all."""
    layout = RunLayout(documents.bucket, version)
    readers: dict[str, Callable[[bytes, str], Iterator[Any]]] = {
        layout.part(part): lambda packed, _: PartFile(packed, run_id=version, part=part).users(),
        layout.recommendations(part): unpacked_json,
    }
    known: dict[str, None] = {}
    faults = []
    for key, read in readers.items():
        try:
            packed = documents.find_bytes(key)
            if packed is None:
                faults.append(f"{key} is missing")
                continue
            for entry in read(packed, key):
                # No key may occur twice in a batch. Users read before a damaged place count, too.
                known[key_text(entry["user"], MOST_USER_BYTES)] = None
        except _UNREADABLE as error:
            faults.append(f"{key} cannot be read: {error}")
        else:
            return list(known), []
    return list(known), faults
