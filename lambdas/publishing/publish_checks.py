"""The checks before a version is published: every part loaded, and the table has what was loaded."""

import base64
import random
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from contract import recommendation_table
from contract.part_manifest import PartEntry, PublishedList, Receipt
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from contract.stored_object import unpacked_json
from lambdas.publishing.proven_objects import proven_bytes
from lambdas.s3_json import JsonDocuments

SAMPLED_USERS = 50


def require_receipts(documents: JsonDocuments, layout: RunLayout, manifest: list[PartEntry]) -> list[Receipt]:
    """Each part's receipt, in the manifest's order.

    A receipt repeats the entry of parts.json with which its part was loaded, so the loader cannot have read a different
    parts.json.

    Raises:
        PublishRefused: if one is missing, has other counts than the manifest, or belongs to no part; or if a part was
            loaded with another entry than the manifest's.
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
        elif receipt["part"] != part["part"] or receipt["entry"] != part:
            faults.append(f"{part['part']} was loaded as {receipt['entry']}, which differs from parts.json")
    strangers = sorted(there - {layout.receipt(part["part"]) for part in manifest})
    faults += [f"{key} is not the receipt of a part in {layout.manifest}" for key in strangers]
    if faults:
        raise PublishRefused(
            f"not every part is loaded: {'; '.join(faults)}; redrive the execution to load again, or start another run"
        )
    return receipts


def require_unchanged_files(
    documents: JsonDocuments, layout: RunLayout, manifest: list[PartEntry], metrics_sha256: str
) -> None:
    """Check that the objects that extract read, or wrote to be published, are unchanged.

    Args:
        metrics_sha256: SHA-256 of the metrics.json that the gate checked.

    Raises:
        PublishRefused: naming the object.
    """
    hashes = manifest[0]["sha256"]
    proven_bytes(documents, layout.plan, hashes["plan"])
    proven_bytes(documents, layout.summary, hashes["summary"])
    proven_bytes(documents, layout.default_lists, hashes["default_lists"])
    proven_bytes(documents, layout.metrics, metrics_sha256)


def require_archives(documents: JsonDocuments, layout: RunLayout, receipts: list[Receipt]) -> None:
    """Check that each part's archive is the one that was written when the part was loaded.

    S3 computed a hash of each one when it was written, and returns it without the content, which is gigabytes in total.
    An object written by anyone else has another hash, or none.

    Raises:
        PublishRefused: naming the first such archive.
    """
    for receipt in receipts:
        key = layout.recommendations(receipt["part"])
        found = _stored_sha256(documents, key)
        if found != receipt["recommendations"]:
            raise PublishRefused(
                f"s3://{documents.bucket}/{key} must have the SHA-256 {receipt['recommendations']} of its part's "
                f"receipt, got {found or 'none'}: it was overwritten since; start another run"
            )


def _stored_sha256(documents: JsonDocuments, key: str) -> str | None:
    try:
        found = documents.s3.head_object(Bucket=documents.bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
            raise
        raise PublishRefused(f"s3://{documents.bucket}/{key} is missing; start another run") from None
    checksum: str | None = found.get("ChecksumSHA256")
    return base64.b64decode(checksum).hex() if checksum else None


def require_lists(
    documents: JsonDocuments,
    table: Any,
    layout: RunLayout,
    manifest: list[PartEntry],
    chance: random.Random,
    *,
    score_form: str,
) -> None:
    """Read back a random sample of lists, from as many parts as the sample has users.

    Args:
        documents: in the bucket.
        table: boto3 DynamoDB Table.
        layout: the run's.
        manifest: its parts.
        chance: the random generator of the sample.
        score_form: the encoding of scores in the table.

    Raises:
        PublishRefused: if a list in the table is missing or differs from the run's own record of it.
    """
    parts = chance.sample(manifest, min(len(manifest), SAMPLED_USERS))
    for number, part in enumerate(parts):
        size = SAMPLED_USERS // len(parts) + (number < SAMPLED_USERS % len(parts))
        rows = set(chance.sample(range(part["users"]), min(size, part["users"])))
        count = 0
        for row, written in enumerate(published_lists(documents, layout, part["part"])):
            count += 1
            if row in rows:
                _compare(table, layout.run_id, written, score_form)
        if count != part["users"]:
            key = layout.recommendations(part["part"])
            raise PublishRefused(f"{key} has {count} lists, and its part {part['users']} users; start another run")


def published_lists(documents: JsonDocuments, layout: RunLayout, part: str) -> Iterator[PublishedList]:
    """The lists that the loader reports to have written for a part."""
    packed = documents.find_bytes(layout.recommendations(part))
    if packed is None:
        raise PublishRefused(f"{layout.recommendations(part)} is missing; redrive the execution to load {part} again")
    yield from unpacked_json(packed, f"s3://{documents.bucket}/{layout.recommendations(part)}")


def _compare(table: Any, version: str, written: PublishedList, score_form: str) -> None:
    items, scores = written["items"], written["scores"]
    wanted = recommendation_table.user_item(written["user"], version, items, scores, score_form)
    key = recommendation_table.user_key(written["user"], version)
    found = table.get_item(Key=key, ConsistentRead=True).get("Item")
    if found is None and not written["items"]:
        return
    if found is None:
        raise PublishRefused(
            f"the table has no list for user {written['user']!r} in version {version}; start another run"
        )
    for name in ("items", "scores"):
        if found.get(name) != wanted.get(name):
            raise PublishRefused(
                f"user {written['user']!r} has other {name} in the table, {found.get(name)!r}, than were written, "
                f"{wanted.get(name)!r}: something else writes to version {version}; start another run"
            )
