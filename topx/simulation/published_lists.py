"""A version's lists, and the overlap of two versions' lists."""

import gzip
import io
import json
from collections.abc import Mapping

from contract.part_manifest import PublishedList
from contract.run_layout import RunLayout
from topx.deployment import Deployment

Lists = Mapping[str, frozenset[str]]
"""By user, the items of the list."""


def lists_of(deployment: Deployment, version: str) -> Lists:
    """Every list of a published version, read from its files in the bucket."""
    prefix = RunLayout(deployment.bucket, version).published_lists
    pages = deployment.s3.get_paginator("list_objects_v2").paginate(Bucket=deployment.bucket, Prefix=prefix)
    found: dict[str, frozenset[str]] = {}
    for key in [entry["Key"] for page in pages for entry in page.get("Contents", [])]:
        packed = deployment.s3.get_object(Bucket=deployment.bucket, Key=key)["Body"].read()
        with gzip.open(io.BytesIO(packed), "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                published: PublishedList = json.loads(line)
                found[published["user"]] = frozenset(published["items"])
    return found


def overlap(before: Lists, after: Lists) -> tuple[float, int] | None:
    """Overlap@top_x: the share of the longer list that is in both, mean over the users in both, and their number.

    Users whose lists are both empty do not count. None if there are no others.

    >>> overlap({"a": frozenset("xy"), "b": frozenset("x")}, {"a": frozenset("y"), "c": frozenset("x")})
    (0.5, 1)
    """
    shares = [
        len(before[user] & after[user]) / max(len(before[user]), len(after[user]))
        for user in before.keys() & after.keys()
        if before[user] or after[user]
    ]
    return (sum(shares) / len(shares), len(shares)) if shares else None
