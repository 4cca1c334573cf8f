"""The CloudWatch metrics of runs: the table from which log lines, alarms and the dashboard are derived."""

from dataclasses import dataclass

NAMESPACE = "topx"
# The dimension of every metric: the stack's name.
DIMENSION = "Stack"


@dataclass(frozen=True)
class Metric:
    """A metric; ``unit`` is one of CloudWatch's; "None" means without a unit."""

    name: str
    unit: str
    meaning: str


# From "Publish version", after the pointer has moved: dry runs and refused runs do not get there.
VERSIONS_PUBLISHED = Metric("VersionsPublished", "Count", "1 for each published version")

# From "Write outcome".
USERS = Metric("Users", "Count", "users for whom a list was loaded")
ITEMS = Metric("Items", "Count", "items in the data")
LISTS_SHORT = Metric("ListsShort", "Count", "lists with fewer items than top_x, the empty ones included")
LISTS_EMPTY = Metric("ListsEmpty", "Count", "users with an empty list")
REJECTED_SHARE = Metric("RejectedShare", "Percent", "share of interaction rows that were rejected")
REJECTED_OF_LIMIT = Metric(
    "RejectedOfLimit", "Percent", "that share as a percentage of `reject_limit`, above which the run is refused"
)
NDCG = Metric("NDCG", "None", "NDCG@10 of the measured model")
NDCG_MOST_POPULAR = Metric("NDCGMostPopular", "None", "NDCG@10 of most-popular on the same interactions")
USERS_OF_PREVIOUS = Metric("UsersOfPrevious", "Percent", "users in the data, as a percentage of the previous version's")
ITEMS_OF_PREVIOUS = Metric("ItemsOfPrevious", "Percent", "items in the data, as a percentage of the previous version's")
NDCG_OF_PREVIOUS = Metric("NDCGOfPrevious", "Percent", "the model's NDCG@10, as a percentage of the previous version's")

# From "Gather times and costs".
SECONDS = Metric("Seconds", "Seconds", "from the run's start until its version was published")
COST = Metric("CostUSD", "None", "estimated cost of the run's jobs in US dollars")

# From the function measure_age, every hour.
DAYS_SINCE_PUBLISHED = Metric(
    "DaysSincePublished",
    "None",
    "days since a version was last published; before the first one, since the table was created",
)
NEWEST_INTERACTION_DAYS = Metric(
    "NewestInteractionDays", "None", "age in days of the newest interaction behind the current version's lists"
)

METRICS: tuple[Metric, ...] = (
    VERSIONS_PUBLISHED,
    USERS,
    ITEMS,
    LISTS_SHORT,
    LISTS_EMPTY,
    REJECTED_SHARE,
    REJECTED_OF_LIMIT,
    NDCG,
    NDCG_MOST_POPULAR,
    USERS_OF_PREVIOUS,
    ITEMS_OF_PREVIOUS,
    NDCG_OF_PREVIOUS,
    SECONDS,
    COST,
    DAYS_SINCE_PUBLISHED,
    NEWEST_INTERACTION_DAYS,
)


def metrics_table() -> str:
    """All metrics as a Markdown table."""
    rows = [
        f"| `{metric.name}` | {metric.unit if metric.unit != 'None' else ''} | {metric.meaning} |" for metric in METRICS
    ]
    return "\n".join(["| metric | unit | meaning |", "|---|---|---|", *rows])
