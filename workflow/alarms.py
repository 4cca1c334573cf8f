"""The alarms: what each means, and what to do. infra/alarms.py creates them; docs/operate.md has the table."""

from dataclasses import dataclass

from workflow.run_metrics import (
    ITEMS_OF_PREVIOUS,
    NDCG_OF_PREVIOUS,
    REJECTED_OF_LIMIT,
    USERS_OF_PREVIOUS,
    Metric,
)

GUIDE = "docs/operate.md"


@dataclass(frozen=True)
class Alarm:
    """An alarm: its name in the template, what has happened when it goes off, and what to do."""

    name: str
    says: str
    do: str


@dataclass(frozen=True)
class Drift(Alarm):
    """An alarm on a run's metric, ``below`` or ``above`` a value. It remains until a later run's value is good."""

    metric: Metric
    below: float | None = None
    above: float | None = None


NOTHING_PUBLISHED = Alarm(
    "NothingPublished",
    "no version was published for one and a half times the schedule's longest gap, or its age is no longer reported",
    "`topx status` says when one was last published. If runs failed, see their messages. If none was started, the "
    "schedule is disabled, or the alarms on starts say why. If the age is not reported, see the log of the function "
    "`measure_age`.",
)
RUN_NOT_STARTED = Alarm(
    "RunNotStarted",
    "a scheduled run could not be started; the queue of failed starts says why",
    "Read the message in the queue `FailedStartsQueueUrl`, fix the cause, start the run by hand, and delete the "
    "message to end the alarm.",
)
START_DROPPED = Alarm(
    "StartDropped",
    "EventBridge Scheduler gave up trying to start a run",
    "As for RunNotStarted; if the queue is empty, check that the schedule's role can still start the state machine.",
)
START_NOT_KEPT = Alarm(
    "StartNotKept",
    "a failed start could not be put in the queue of failed starts either",
    "Start the run by hand. Check that the queue exists and that the schedule's role can send to it: `make deploy` "
    "restores both.",
)
FAILURE_NOT_TOLD = Alarm(
    "FailureNotTold",
    "a run failed, and the function that sends the message failed, too; see its log",
    "`topx runs` shows the run that failed. See the log of the function `notify_failure`.",
)
RUN_FAILURE_LOST = Alarm(
    "RunFailureLost",
    "a run failed, and EventBridge could not invoke the function that sends the message",
    "`topx runs` shows the run that failed. Check that the function `notify_failure` exists and that the rule can "
    "invoke it: `make deploy` restores both.",
)
AFTER_PUBLISHING_FAILURE_LOST = Alarm(
    "TidyingFailureLost",
    "the state machine AfterPublishing failed, and EventBridge could not invoke the function that sends the message",
    "As for RunFailureLost; the version stays current.",
)
AFTER_PUBLISHING_FAILED = Alarm(
    "ServedButNotTidied",
    "a version is published, but the state machine AfterPublishing failed; another message says in which state",
    "Follow that message; docs/operate.md has an entry for each state.",
)
AFTER_PUBLISHING_TIMED_OUT = Alarm(
    "ServedButTidyingTimedOut",
    "a version is published, but the state machine AfterPublishing timed out; another message says in which state",
    "Follow that message; docs/operate.md has an entry for each state.",
)

DRIFTS: tuple[Drift, ...] = (
    Drift(
        "UsersHalved",
        "the published version has less than half the users of the previous version",
        "Is the export complete (all shops, the full period)? If not, roll back (`topx rollback`), and run again with "
        "complete data.",
        USERS_OF_PREVIOUS,
        below=50,
    ),
    Drift(
        "ItemsHalved",
        "the published version has less than half the items of the previous version",
        "As for UsersHalved; or the format of item ids has changed.",
        ITEMS_OF_PREVIOUS,
        below=50,
    ),
    Drift(
        "NDCGFallen",
        "the model's NDCG@10 is less than 80 % of the previous version's",
        "Compare the two reports: another period is often harder to predict, and then most-popular's NDCG@10 fell, "
        "too. If it did not, changed data is more likely than a bad recipe.",
        NDCG_OF_PREVIOUS,
        below=80,
    ),
    Drift(
        "RowsRejected",
        "rejected rows are above half of the limit that refuses a run",
        "`rejected/` among the run's files has each row with its reason. Fix the export before the next run is "
        "refused.",
        REJECTED_OF_LIMIT,
        above=50,
    ),
)

ALARMS: tuple[Alarm, ...] = (
    NOTHING_PUBLISHED,
    RUN_NOT_STARTED,
    START_DROPPED,
    START_NOT_KEPT,
    FAILURE_NOT_TOLD,
    RUN_FAILURE_LOST,
    AFTER_PUBLISHING_FAILURE_LOST,
    AFTER_PUBLISHING_FAILED,
    AFTER_PUBLISHING_TIMED_OUT,
    *DRIFTS,
)


def alarms_table() -> str:
    """All alarms as a Markdown table."""
    rows = [f"| {alarm.name} | {alarm.says} | {alarm.do} |" for alarm in ALARMS]
    return "\n".join(["| alarm | meaning | what to do |", "|---|---|---|", *rows])
