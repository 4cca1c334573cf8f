"""Checks that the jobs that a state relies on have completed."""

from collections.abc import Mapping


class JobNotCompleted(Exception):
    """A job did not end as Completed, but Step Functions continued."""


def require_completed(statuses: Mapping[str, object]) -> None:
    """Check the final status of jobs, by job name.

    Step Functions may not treat a job as failed if it was stopped or ran out of time.

    Raises:
        JobNotCompleted: naming every job that did not complete.
    """
    others = [f"the {job} job ended {status}" for job, status in statuses.items() if status != "Completed"]
    if others:
        raise JobNotCompleted(
            f"{'; '.join(others)}, not Completed: it was stopped, or ran longer than its stopping condition allows; "
            "start another run"
        )
