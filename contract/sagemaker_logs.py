"""Reads the logs of SageMaker jobs from CloudWatch Logs.

A stream is named ``<job name>/<host>-<time>``, in ``/aws/sagemaker/TrainingJobs`` and similar log groups.
"""

from dataclasses import dataclass, field
from typing import Any

from sagemaker_contract.job_logs import log_group

# The host that every training job has: with several hosts, each prints the same lines about its own share.
_FIRST_HOST = "/algo-1-"


@dataclass
class _Stream:
    """The lines read from a log stream, and the token to continue with."""

    messages: list[str] = field(default_factory=list)
    token: str | None = None


class LogReader:
    """Reads the logs of jobs; each call reads only what is new since the last one."""

    def __init__(self, client: Any) -> None:
        """``client`` is boto3's for CloudWatch Logs."""
        self._client = client
        self._read: dict[tuple[str, str], _Stream] = {}

    def text(self, kind: str, prefix: str) -> str:
        """The log so far of the newest job whose stream name begins with ``prefix``; empty if there is none."""
        group = log_group(kind)
        name = self._newest(group, prefix)
        if name is None:
            return ""
        stream = self._read.setdefault((group, name), _Stream())
        self._read_on(group, name, stream)
        return "\n".join(stream.messages)

    def _newest(self, group: str, prefix: str) -> str | None:
        pages = self._client.get_paginator("describe_log_streams").paginate(
            logGroupName=group, logStreamNamePrefix=prefix
        )
        try:
            streams = [stream for page in pages for stream in page["logStreams"]]
        except self._client.exceptions.ResourceNotFoundException:  # the account's first job creates the group
            return None
        first = [stream for stream in streams if _FIRST_HOST in stream["logStreamName"]]
        return str(max(first, key=lambda stream: stream["creationTime"])["logStreamName"]) if first else None

    def _read_on(self, group: str, name: str, stream: _Stream) -> None:
        """Read until the token stays the same, which means that there is no more for now."""
        while True:
            after = {"nextToken": stream.token} if stream.token else {}
            page = self._client.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True, **after)
            stream.messages += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == stream.token:
                return
            stream.token = page["nextForwardToken"]
