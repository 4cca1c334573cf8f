"""Ends a job exactly once, with a record, whatever happens."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from local_aws.sagemaker_jobs.endings import Ending, JobFailed, JobStopped
from local_aws.sagemaker_jobs.job import MESSAGE_LIMIT, TRAINING, Job

_SECONDARY = {Ending.RUNTIME_EXCEEDED: "MaxRuntimeExceeded"}
_STOPPED_BY_SAGEMAKER = (Ending.RUNTIME_EXCEEDED, Ending.STOP_REQUESTED)

logger = logging.getLogger("local_aws.sagemaker")


class JobEndedBadly(Exception):
    """A job ended as Failed, or was stopped by its caller (``ending``); ``describe`` is its document."""

    def __init__(self, describe: Mapping[str, Any], ending: Ending | None) -> None:
        super().__init__(json.dumps(describe))
        self.describe = describe
        self.ending = ending


def run_to_its_end(job: Job, body: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run the body of a job that has started; returns its Describe document.

    A job that exceeds its MaxRuntimeInSeconds, or that was stopped in SageMaker itself, ends as Stopped and does not
    count as failed, as in Step Functions' integration: whoever waits for it must check the status.

    Raises:
        JobEndedBadly: if it failed, or its caller stopped it.
    """
    try:
        _finish(job, "Completed", **body())
    except JobStopped as stopped:
        _finish(job, "Stopped", secondary=_SECONDARY.get(stopped.ending))
        if stopped.ending not in _STOPPED_BY_SAGEMAKER:
            raise JobEndedBadly(job.record, stopped.ending) from None
    except JobFailed as failure:
        _finish(job, "Failed", FailureReason=str(failure)[:MESSAGE_LIMIT])
        raise JobEndedBadly(job.record, None) from None
    except Exception as error:
        logger.exception("job %s", job.name)
        reason = f"InternalServerError: the job runner failed: {type(error).__name__}: {error}"
        job.note(reason)
        _finish(job, "Failed", FailureReason=reason[:MESSAGE_LIMIT])
        raise JobEndedBadly(job.record, None) from error
    return job.record


def _finish(job: Job, status: str, *, secondary: str | None = None, **fields: Any) -> None:
    if job.kind is TRAINING:
        job.enter(secondary or status)
    job.finish(status, **fields)
