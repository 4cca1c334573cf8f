"""The alarms: what each says, and what to do. docs/operate.md has the table, infra/alarms.py makes them."""

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
    """An alarm: its name in the template, what has happened when it is raised, and what to do."""

    name: str
    says: str
    do: str


@dataclass(frozen=True)
class Drift(Alarm):
    """Raised by a run's own metric, ``below`` a value or ``above`` it, until a later run's is well again."""

    metric: Metric
    below: float | None = None
    above: float | None = None


NOTHING_PUBLISHED = Alarm(
    "NothingPublished",
    "no version was published for one and a half times the schedule's longest gap, or its age is not told any more",
    "`topx status` says when one was published last. Runs failed: see their messages. None was started: somebody has "
    "disabled the schedule, or the alarms on starts say why. The age is not told: see the log of the function "
    "`measure_age`.",
)
RUN_NOT_STARTED = Alarm(
    "RunNotStarted",
    "a scheduled run could not be started; the queue of failed starts says why",
    "Read the message in the queue `FailedStartsQueueUrl`, fix what it names, start the run by hand, and take the "
    "message out: the alarm ends with that.",
)
START_DROPPED = Alarm(
    "StartDropped",
    "EventBridge Scheduler gave up starting a run",
    "As for RunNotStarted; if the queue is empty, see whether the schedule's role may still start the state machine.",
)
START_NOT_KEPT = Alarm(
    "StartNotKept",
    "a start that failed could not be kept in the queue of failed starts either",
    "Start the run by hand. See whether the queue is there and the schedule's role may send to it: `make deploy` puts "
    "both back.",
)
FAILURE_NOT_TOLD = Alarm(
    "FailureNotTold",
    "a run failed and the function that tells of it failed too; see its log",
    "`topx runs` names the run that failed. The log is of the function `notify_failure`.",
)
RUN_FAILURE_LOST = Alarm(
    "RunFailureLost",
    "a run failed and EventBridge could not call the function that tells of it",
    "`topx runs` names the run that failed. See whether the function `notify_failure` is there and the rule may call "
    "it: `make deploy` puts both back.",
)
TIDYING_FAILURE_LOST = Alarm(
    "TidyingFailureLost",
    "tidying up failed and EventBridge could not call the function that tells of it",
    "As for RunFailureLost; the version is served all the same.",
)
NOT_TIDIED = Alarm(
    "ServedButNotTidied",
    "a version is served, but tidying up after it failed; another message says where",
    "Do what that message says, by the table of states.",
)
TIDYING_TIMED_OUT = Alarm(
    "ServedButTidyingTimedOut",
    "a version is served, but tidying up after it ran out of time; another message says where",
    "Do what that message says, by the table of states.",
)

DRIFTS: tuple[Drift, ...] = (
    Drift(
        "UsersHalved",
        "the published lists are of less than half the users of the version before",
        "Is the export whole, of all shops and the whole period? If it is not, roll back (`topx rollback`), and run "
        "again with whole data.",
        USERS_OF_PREVIOUS,
        below=50,
    ),
    Drift(
        "ItemsHalved",
        "the published lists are of less than half the items of the version before",
        "As for UsersHalved; or item ids changed their form.",
        ITEMS_OF_PREVIOUS,
        below=50,
    ),
    Drift(
        "NDCGFallen",
        "the model's NDCG@10 is less than 80 % of that of the version before",
        "Compare the two reports: another period is often harder by itself, and then most-popular's fell as well. If "
        "it did not, data that changed is likelier than a recipe gone bad.",
        NDCG_OF_PREVIOUS,
        below=80,
    ),
    Drift(
        "RowsRejected",
        "more than half as many rows were rejected as would have refused the run",
        "`rejected/` among the run's files has each row with its reason. Have the export fixed before the next run is "
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
    TIDYING_FAILURE_LOST,
    NOT_TIDIED,
    TIDYING_TIMED_OUT,
    *DRIFTS,
)


def alarms_table() -> str:
    """All of them as a Markdown table."""
    rows = [f"| {alarm.name} | {alarm.says} | {alarm.do} |" for alarm in ALARMS]
    return "\n".join(["| alarm | it says | what to do |", "|---|---|---|", *rows])
