"""Writes jobs' logs to CloudWatch Logs, with the names that SageMaker gives groups and streams.

Source: "CloudWatch Logs for Amazon SageMaker AI" in the developer guide. SageMaker writes while the job runs; here a
log is delivered as a whole, before the job's end is reported. To watch a running job, read its ``log.txt``.
"""

import itertools
import logging
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker_jobs.aws_clients import client_of
from local_aws.sagemaker_jobs.job import TRANSFORM, Job, now_ms
from local_aws.sagemaker_jobs.role_credentials import RoleCredentials
from sagemaker_contract.job_logs import log_group

# PutLogEvents, CloudWatch Logs API reference: maximum events, and maximum bytes, with 26 more for each event.
_MOST_EVENTS = 10_000
_MOST_BYTES = 1_048_576
_EVENT_BYTES = 26
_LONGEST_LINE = 200_000
_HOST = "algo-1"
_TRANSFORM_HOST = "i-00000000000000000"

logger = logging.getLogger("local_aws.sagemaker")


class LogDelivery:
    """Writes logs with a job's role: if the role has no permission, the job continues without logs."""

    def __init__(self, endpoint: str, region: str, credentials: RoleCredentials) -> None:
        self._logs = _connect(endpoint, region, credentials)

    def deliver(self, job: Job) -> None:
        """Put a job's whole log into a stream of its own."""
        group = log_group(job.kind.label)
        host = _TRANSFORM_HOST if job.kind is TRANSFORM else _HOST
        stream = f"{job.name}/{host}-{int(time.time())}"
        lines = job.log.read_text(encoding="utf-8", errors="replace").splitlines()
        try:
            self._make(group, stream)
            for events in _batches(lines):
                self._logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        except (BotoCoreError, ClientError) as error:
            job.note(f"this log is not in CloudWatch Logs: {error}")
            logger.warning("the log of job %s is not in CloudWatch Logs: %s", job.name, error)

    def _make(self, group: str, stream: str) -> None:
        try:
            self._logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except self._logs.exceptions.ResourceNotFoundException:  # the first job of its kind
            self._logs.create_log_group(logGroupName=group)
            self._logs.create_log_stream(logGroupName=group, logStreamName=stream)


def _batches(lines: list[str]) -> Iterator[list[dict[str, Any]]]:
    """The lines as events, in batches that one call accepts; an event cannot be empty."""
    at = now_ms()
    room = 0
    batch: list[dict[str, Any]] = []
    for line in itertools.chain.from_iterable(map(_pieces, lines)):
        size = len(line.encode()) + _EVENT_BYTES
        if batch and (size > room or len(batch) == _MOST_EVENTS):
            yield batch
            batch = []
        room = (room if batch else _MOST_BYTES) - size
        batch.append({"timestamp": at, "message": line})
    if batch:
        yield batch


def _pieces(line: str) -> Iterator[str]:
    return (line[first : first + _LONGEST_LINE] for first in range(0, len(line), _LONGEST_LINE))


@cache
def _connect(endpoint: str, region: str, credentials: RoleCredentials) -> Any:
    """With short timeouts and no retries: a job does not wait for its log."""
    config = Config(proxies={}, connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1})
    return client_of("logs", endpoint, region, credentials, config)
