"""The titles of a version's items, if its data had any."""

import gzip
import json
from collections.abc import Collection

from botocore.exceptions import ClientError

from contract.run_layout import RunLayout
from topx.aws_problems import DENIED
from topx.deployment import Deployment
from topx.run_files import object_at


def titles_of(deployment: Deployment, version: str, items: Collection[str]) -> dict[str, str]:
    """The titles of those ``items`` that have one.

    Empty for a version made before titles were stored, and for a caller who may only read the table.
    """
    try:
        packed = object_at(deployment, RunLayout(deployment.bucket, version).item_titles)
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        packed = None
    lines = gzip.decompress(packed).splitlines() if packed else []
    found = (json.loads(line) for line in lines)
    return {line["item"]: line["title"] for line in found if line["item"] in items}
