"""State "Look at failed job": whether a job that did not succeed is tried again, and when.

A Retry sees an error's name, which is the same for every failed job. Only the cause tells a lack of instances, which
passes, from a fault of the container, which does not. Raising keeps the execution in this state, so that a redrive
comes back to it: it then has the job tried at once.
"""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypedDict

from lambdas import aws_clients, run_log
from workflow.job_failures import JobFailed, JobFailure, Obstacle, newest_failure

# A quarter of the whole execution's 48 hours (workflow.asl.yaml): a shortage of instances lasts hours.
PATIENCE = timedelta(hours=12)
# Waits grow from some minutes to half an hour; half of each is drawn, so that two runs do not meet again and again.
FIRST_SECONDS, MOST_SECONDS = 300, 1800
# Before a container that failed is given its second chance.
REPEAT_SECONDS = 10
# How often at most a job is tried again for a reason. To wait for an instance, or for SageMaker to take the call, costs
# nothing; a job that SageMaker lost may have run for hours each time.
MOST_REPEATS: Mapping[Obstacle, int] = {
    Obstacle.INTERNAL: 5,
    Obstacle.CONTAINER: 1,
    Obstacle.REFUSED: 0,
    Obstacle.STOPPED: 0,
}


class Trial(TypedDict):
    """What the execution carries in ``$.failed`` while a job is tried again."""

    job: str  # the stage, as contract.run_layout.job_base has it
    seconds: int  # to wait before
    since: str  # when it failed first, ISO 8601
    repeats: dict[str, int]  # how often it was tried again, by Obstacle
    redrives: int  # how often the execution had been redriven by then


Failed = Mapping[str, Any]
"""The last trial, where there was one, and by stage Error and Cause of the job that failed now."""


class ExecutionOfContext(TypedDict):
    """``$$.Execution``, with more fields than these ("Accessing execution data from the Context object")."""

    Id: str
    StartTime: str  # ISO 8601
    RedriveCount: NotRequired[int]  # only of a redriven execution


class Event(TypedDict):
    """What the state passes."""

    failed: Failed
    execution: ExecutionOfContext


@run_log.keyed
@aws_clients.told_as_unavailable
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
    """When the job that failed is tried again.

    Args:
        failed: of the event.
        redrives: how often the execution has been redriven.
        now: the time.
        draw: a whole number between two.

    Raises:
        JobFailed: when it is not.
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
