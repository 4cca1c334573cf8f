"""What runs tell CloudWatch: the one table from which functions emit, alarms watch and the dashboard draws."""

from dataclasses import dataclass

NAMESPACE = "topx"
# Of every metric: the stack's name.
DIMENSION = "Stack"


@dataclass(frozen=True)
class Metric:
    """A metric; ``unit`` as CloudWatch has it, where "None" is a number that has none of its units."""

    name: str
    unit: str
    meaning: str


# By "Publish version", once the pointer is moved: dry runs and runs that are refused never come so far.
VERSIONS_PUBLISHED = Metric("VersionsPublished", "Count", "1 for each version that is published")

# By "Write outcome".
USERS = Metric("Users", "Count", "users for whom a list was loaded")
ITEMS = Metric("Items", "Count", "items in the data")
LISTS_SHORT = Metric("ListsShort", "Count", "lists with fewer items than top_x, the empty ones included")
LISTS_EMPTY = Metric("ListsEmpty", "Count", "users for whom nothing is left to recommend")
REJECTED_SHARE = Metric("RejectedShare", "Percent", "rows of interactions that were rejected, of those read")
REJECTED_OF_LIMIT = Metric("RejectedOfLimit", "Percent", "that share, of the `reject_limit` which would refuse the run")
NDCG = Metric("NDCG", "None", "NDCG@10 of the measured model")
NDCG_MOST_POPULAR = Metric("NDCGMostPopular", "None", "NDCG@10 of most-popular on the same interactions")
USERS_OF_PREVIOUS = Metric("UsersOfPrevious", "Percent", "users in the data, of those of the version before")
ITEMS_OF_PREVIOUS = Metric("ItemsOfPrevious", "Percent", "items in the data, of those of the version before")
NDCG_OF_PREVIOUS = Metric("NDCGOfPrevious", "Percent", "the model's NDCG@10, of that of the version before")

# By "Gather times and costs".
SECONDS = Metric("Seconds", "Seconds", "from the run's start until its version was served")
COST = Metric("CostUSD", "None", "US dollars for the run's jobs, by the prices that topx knows")

# By the function measure_age, each hour.
DAYS_SINCE_PUBLISHED = Metric(
    "DaysSincePublished", "None", "days since a version was last published; before the first, since the table was made"
)
NEWEST_INTERACTION_DAYS = Metric(
    "NewestInteractionDays", "None", "age in days of the newest interaction behind the lists that readers get"
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
    """All of them as a Markdown table."""
    rows = [
        f"| `{metric.name}` | {metric.unit if metric.unit != 'None' else ''} | {metric.meaning} |" for metric in METRICS
    ]
    return "\n".join(["| metric | unit | meaning |", "|---|---|---|", *rows])
