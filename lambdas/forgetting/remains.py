"""What the function cannot erase: other places where a user's data may be, and until when."""

from datetime import datetime, timedelta

# "Point-in-time recovery for DynamoDB", DynamoDB developer guide.
_DAYS_OF_BACKUPS = 35
# "Quotas related to state machine executions", Step Functions developer guide: for an execution that has ended.
_DAYS_OF_HISTORY = 90


def remains(now: datetime, keep_logs_days: int) -> list[str]:
    """A sentence for each place.

    Args:
        now: when everything else had been erased.
        keep_logs_days: retention of the stack's own log groups.
    """
    return [
        "input/ was not changed: all later runs leave out the user's rows there; leave them out of your exports, and "
        "delete the files that contain them. With keep_replaced_input_days, files that you delete there can be "
        "restored for that long.",
        f"The table's point-in-time backups contain the lists until {_after(now, _DAYS_OF_BACKUPS)}. Your own backups "
        "and exports contain them until you delete them. A restored table has the lists again: forget the user there, "
        "too.",
        "Errors that quoted the id are in the logs of functions and state machines until "
        f"{_after(now, keep_logs_days)}, in the history of executions until {_after(now, _DAYS_OF_HISTORY)}, in "
        "SageMaker's logs (/aws/sagemaker/) for as long as they are kept in your account, and in sent messages.",
        "Copies: downloaded pages, .topx/last-run.json, and what applications have read.",
    ]


def _after(now: datetime, days: int) -> str:
    return f"{now + timedelta(days=days):%Y-%m-%d}"
