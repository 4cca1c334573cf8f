"""State "Look at failed job": decides whether to retry a failed job, and when.

A Retry sees only the error's name, which is the same for every failed job. Only the cause distinguishes a lack of
instances, which passes, from an error in the container, which does not. Raising an error keeps the execution in this
state, so that a redrive returns here and retries the job at once.
"""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypedDict

from lambdas import aws_clients, run_log
from workflow.job_failures import JobFailed, JobFailure, Obstacle, newest_failure

# A quarter of the whole execution's 48 hours (workflow.asl.yaml): a shortage of instances lasts for hours.
PATIENCE = timedelta(hours=12)
# Waits grow from some minutes to half an hour; half of each is random, so that two runs do not retry in step.
FIRST_SECONDS, MOST_SECONDS = 300, 1800
# The wait before the second attempt of a container that failed.
REPEAT_SECONDS = 10
# The maximum number of retries for each reason. Waiting for an instance, or for SageMaker to accept the call, costs
# nothing; a job that SageMaker lost may have run for hours each time.
MOST_REPEATS: Mapping[Obstacle, int] = {
    Obstacle.INTERNAL: 5,
    Obstacle.CONTAINER: 1,
    Obstacle.REFUSED: 0,
    Obstacle.STOPPED: 0,
}


class Trial(TypedDict):
    """What the execution carries in ``$.failed`` while a job is retried."""

    job: str  # the stage, as in contract.run_layout.job_base
    seconds: int  # to wait before the retry
    since: str  # when it first failed, ISO 8601
    repeats: dict[str, int]  # number of retries by Obstacle
    redrives: int  # how many redrives the execution had had by then


Failed = Mapping[str, Any]
"""The previous trial, if any, and by stage Error and Cause of the job that failed now."""


class ExecutionOfContext(TypedDict):
    """``$$.Execution``, which has more fields ("Accessing execution data from the Context object")."""

    Id: str
    StartTime: str  # ISO 8601
    RedriveCount: NotRequired[int]  # only for a redriven execution


class Event(TypedDict):
    """What the state passes."""

    failed: Failed
    execution: ExecutionOfContext


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, _context: object) -> Trial:
    """The next trial."""
    redrives = int(event["execution"].get("RedriveCount") or 0)
    return next_trial(event["failed"], redrives=redrives, now=datetime.now(UTC))


def next_trial(
    failed: Failed,
    *,
    redrives: int,
    now: datetime,
    draw: Callable[[int, int], int] = random.randint,
) -> Trial:
    """When to retry the failed job.

    Args:
        failed: from the event.
        redrives: how many redrives the execution has had.
        now: the current time.
        draw: a random integer between two.

    Raises:
        JobFailed: if it is not retried.
    """
    found = newest_failure(failed)
    if found is None:
        raise ValueError(f"no job has failed: {failed}")
    job, failure = found
    if redrives > failed.get("redrives", 0):
        return Trial(job=job, seconds=0, since=now.isoformat(), repeats={}, redrives=redrives)
    known = failed if failed.get("job") == job else {}
    since, repeats = known.get("since", now.isoformat()), known.get("repeats", {})
    waited, obstacle = now - datetime.fromisoformat(since), failure.obstacle
    done = repeats.get(obstacle.name, 0)
    if waited >= PATIENCE or done >= MOST_REPEATS.get(obstacle, done + 1):
        raise JobFailed(_verdict(failure, 1 + sum(repeats.values()), waited))
    return Trial(
        job=job,
        seconds=REPEAT_SECONDS if obstacle is Obstacle.CONTAINER else _wait(sum(repeats.values()), draw),
        since=since,
        repeats={**repeats, obstacle.name: done + 1},
        redrives=redrives,
    )


def _wait(repeats: int, draw: Callable[[int, int], int]) -> int:
    longest = min(MOST_SECONDS, FIRST_SECONDS * 2**repeats)
    return draw(longest // 2, longest)


def _verdict(failure: JobFailure, tries: int, waited: timedelta) -> str:
    if tries == 1:
        return failure.reason
    return f"{failure.reason} (tried {tries} times in {waited.total_seconds() / 3600:.1f} hours)"
