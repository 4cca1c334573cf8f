"""The logs of jobs on AWS, and links to them."""

from typing import Any

from contract.sagemaker_logs import LogReader
from topx.job_logs import Job
from workflow import console_links
from workflow.failed_run import FailedRun


class CloudWatchLogs:
    """Logs of jobs in CloudWatch Logs."""

    def __init__(self, client: Any) -> None:
        self._reader = LogReader(client)

    def text(self, job: Job) -> str:
        return self._reader.text(job.kind, f"{job.base}-")

    def places(self, run: FailedRun, bucket: str, _: Job | None) -> dict[str, str]:
        return console_links.links(run, bucket)
