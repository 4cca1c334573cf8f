"""What must hold before a version is published: every part loaded, and the table holding what was loaded."""

import gzip
import io
import json
import random
from collections.abc import Iterator
from typing import Any

from contract import recommendation_table
from contract.part_manifest import PartEntry, PublishedList, Receipt
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas.s3_json import JsonDocuments

SAMPLED_USERS = 50


def require_receipts(documents: JsonDocuments, layout: RunLayout, manifest: list[PartEntry]) -> list[Receipt]:
    """Each part's receipt, in the manifest's order.

    Raises:
        PublishRefused: when one is missing, counts otherwise than the manifest, or belongs to no part.
    """
    there = {entry["Key"] for entry in documents.objects(layout.receipts)}
    faults, receipts = [], []
    for part in manifest:
        key = layout.receipt(part["part"])
        if key not in there:
            faults.append(f"{part['part']} has no receipt")
            continue
        receipt: Receipt = documents.read(key)
        receipts.append(receipt)
        if receipt["users"] != part["users"]:
            faults.append(f"{part['part']} has {receipt['users']} lists written and {part['users']} users")
    strangers = sorted(there - {layout.receipt(part["part"]) for part in manifest})
    faults += [f"{key} is a receipt of no part in {layout.manifest}" for key in strangers]
    if faults:
        raise PublishRefused(
            f"not every part is loaded: {'; '.join(faults)}; redrive the execution to load again, or start another run"
        )
    return receipts


def require_lists(
    documents: JsonDocuments, table: Any, layout: RunLayout, manifest: list[PartEntry], chance: random.Random
) -> None:
    """Read a random sample of lists back, over as many parts as the sample has users.

    Args:
        documents: the bucket.
        table: boto3 DynamoDB Table.
        layout: the run's.
        manifest: its parts.
        chance: where the sample comes from.

    Raises:
        PublishRefused: when a list in the table is missing or differs from the run's own record of it.
    """
    parts = chance.sample(manifest, min(len(manifest), SAMPLED_USERS))
    for number, part in enumerate(parts):
        size = SAMPLED_USERS // len(parts) + (number < SAMPLED_USERS % len(parts))
        rows = set(chance.sample(range(part["users"]), min(size, part["users"])))
        count = 0
        for row, written in enumerate(published_lists(documents, layout, part["part"])):
            count += 1
            if row in rows:
                _compare(table, layout.run_id, written)
        if count != part["users"]:
            key = layout.recommendations(part["part"])
            raise PublishRefused(f"{key} has {count} lists, and its part {part['users']} users; start another run")


def published_lists(documents: JsonDocuments, layout: RunLayout, part: str) -> Iterator[PublishedList]:
    """The lists that the loader says it wrote for a part."""
    packed = documents.find_bytes(layout.recommendations(part))
    if packed is None:
        raise PublishRefused(f"{layout.recommendations(part)} is missing; redrive the execution to load {part} again")
    # Line by line: a part of long lists is some hundred megabytes once it is unpacked.
    with gzip.open(io.BytesIO(packed)) as lines:
        for line in lines:
            yield json.loads(line)


def _compare(table: Any, version: str, written: PublishedList) -> None:
    wanted = recommendation_table.user_item(written["user"], version, written["items"], written["scores"])
    key = recommendation_table.user_key(written["user"], version)
    found = table.get_item(Key=key, ConsistentRead=True).get("Item")
    if found is None and not written["items"]:
        return
    if found is None:
        raise PublishRefused(
            f"the table has no list for user {written['user']!r} in version {version}; start another run"
        )
    for name in ("items", "scores"):
        if found.get(name) != wanted[name]:
            raise PublishRefused(
                f"user {written['user']!r} has other {name} in the table, {found.get(name)}, than were written, "
                f"{wanted[name]}: something else writes to version {version}; start another run"
            )
