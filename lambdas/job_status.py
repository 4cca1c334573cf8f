"""Whether the jobs that a state relies on ran to their end."""

from collections.abc import Mapping


class JobNotCompleted(Exception):
    """A job ended otherwise than Completed, and Step Functions went on all the same."""


def require_completed(statuses: Mapping[str, object]) -> None:
    """Check jobs' final statuses, by the name of the job.

    Step Functions need not take a job for failed that somebody stopped or that ran out of time.

    Raises:
        JobNotCompleted: naming every job that did not complete.
    """
    others = [f"the {job} job ended {status}" for job, status in statuses.items() if status != "Completed"]
    if others:
        raise JobNotCompleted(
            f"{'; '.join(others)}, not Completed: it was stopped, or ran longer than its stopping condition allows; "
            "start another run"
        )
