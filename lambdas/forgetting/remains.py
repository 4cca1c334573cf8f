"""What a function cannot erase: where else a user may be, and until when."""

from datetime import datetime, timedelta

# "Point-in-time recovery for DynamoDB", DynamoDB developer guide.
_DAYS_OF_BACKUPS = 35
# "Quotas related to state machine executions", Step Functions developer guide: of an execution that has ended.
_DAYS_OF_HISTORY = 90


def remains(now: datetime, keep_logs_days: int) -> list[str]:
    """A sentence for each place.

    Args:
        now: when everything else was erased.
        keep_logs_days: of the stack's own log groups.
    """
    return [
        "input/ is yours and was not touched: rows of the user that are there are left out of every run from now on; "
        "leave them out of your exports, and delete the files that have them. Where keep_replaced_input_days is set, "
        "what is deleted there can be brought back for as long.",
        f"The table's point-in-time backups hold the lists until {_after(now, _DAYS_OF_BACKUPS)}. Backups and exports "
        "that you made yourself hold them until you delete them. What is restored has the lists again: forget the user "
        "there, too.",
        "An error that quoted the id is in the logs of functions and state machines until "
        f"{_after(now, keep_logs_days)}, in the history of executions until {_after(now, _DAYS_OF_HISTORY)}, in "
        "SageMaker's logs (/aws/sagemaker/) for as long as they are kept in your account, and in messages that were "
        "sent.",
        "Copies that people made: downloaded pages, .topx/last-run.json, what applications have read.",
    ]


def _after(now: datetime, days: int) -> str:
    return f"{now + timedelta(days=days):%Y-%m-%d}"
