"""Expires S3 objects and incomplete uploads by their buckets' lifecycle rules, as AWS does.

ministack only stores the rules, and not even those in templates. It does delete DynamoDB items whose time to live is
over, within a minute.
"""

import logging
import threading
import time
from datetime import UTC, datetime

from ministack.core.responses import request_scope
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from local_aws import engine, lifecycle_rules

# AWS runs this once a day; here the engine may be running for an hour only.
_SECONDS_BETWEEN = 3600.0

logger = logging.getLogger("local_aws.engine")


def install() -> None:
    """Make CloudFormation apply the lifecycle rules of a template to its buckets."""
    ours = ("LifecycleConfiguration", lifecycle_rules.of_template, s3._bucket_lifecycle.__setitem__, _drop_rules)
    provisioners._S3_BUCKET_CONFIGURATIONS = (*provisioners._S3_BUCKET_CONFIGURATIONS, ours)


def _drop_rules(bucket: str) -> None:
    s3._bucket_lifecycle.pop(bucket, None)


def start() -> None:
    """Delete what has expired, now and every hour."""
    threading.Thread(target=_keep_looking, daemon=True, name="object-expiry").start()


def _keep_looking() -> None:
    while True:
        try:
            removed = remove_expired(datetime.now(UTC))
            if removed:
                logger.info("%d objects or incomplete uploads have expired", removed)
        except Exception:  # the next attempt may succeed, and nothing else would retry
            logger.exception("expired objects could not be removed")
        time.sleep(_SECONDS_BETWEEN)


def remove_expired(now: datetime) -> int:
    """Delete all expired objects and incomplete uploads; returns how many."""
    removed = 0
    for (account, bucket), rules in list(s3._bucket_lifecycle._data.items()):
        # If ministack could not parse a configuration, it keeps the text.
        if isinstance(rules, list) and (account, bucket) in s3._buckets._data:
            with request_scope(account, engine.REGION):
                removed += _remove_objects(bucket, rules, now) + _end_uploads(bucket, rules, now)
    return removed


def _remove_objects(bucket: str, rules: list[lifecycle_rules.Rule], now: datetime) -> int:
    found = 0
    for key, stored in list(s3._buckets[bucket]["objects"].items()):
        created = datetime.fromisoformat(stored["last_modified"])
        tags = s3._object_tags.get((bucket, key, stored.get("version_id")), {})
        if any(
            lifecycle_rules.expired(rule, created, now) and lifecycle_rules.is_about(rule, key, stored["size"], tags)
            for rule in rules
        ):
            s3._delete_object(bucket, key)
            found += 1
    return found


def _end_uploads(bucket: str, rules: list[lifecycle_rules.Rule], now: datetime) -> int:
    over = [
        name
        for name, upload in s3._multipart_uploads.items()
        if upload["bucket"] == bucket
        and any(
            lifecycle_rules.abandoned(rule, datetime.fromisoformat(upload["created"]), now)
            and lifecycle_rules.is_about(rule, upload["key"], 0, {})
            for rule in rules
        )
    ]
    for name in over:
        s3._multipart_uploads.pop(name, None)
    return len(over)
