"""Warnings for readers of the report."""

from containers.extract.data.run_inputs import RunInputs
from contract import quality_warnings
from contract.measured_documents import Metrics

# With fewer users, the mean of a ranking metric varies by several hundredths between samples of users.
_FEW_USERS = 100


def report_warnings(run: RunInputs, metrics: Metrics) -> list[str]:
    """Sentences, the most severe first; empty if there is nothing to warn about. ``metrics``: metrics.json."""
    return [
        *quality_warnings.warnings(metrics, run.request["gate"]),
        *_few_users(metrics),
        *_lists(run),
        *_rules(run),
        *run.warnings,
    ]


def _few_users(metrics: Metrics) -> list[str]:
    if not 0 < metrics["users"] < _FEW_USERS:
        return []
    return [f"The metrics are means over {metrics['users']} users only: small differences are not significant."]


def _lists(run: RunInputs) -> list[str]:
    found = []
    if run.request["index_type"] != "faiss.Flat":
        found.append(
            f"The lists come from {run.request['index_type']}, an approximate index: they may miss items that the "
            "exact ranking of this report has."
        )
    exclude_seen = run.request["exclude_seen"]
    if not exclude_seen:
        found.append("Lists may contain items that the user has already interacted with; the metrics leave them out.")
    elif exclude_seen is not True:
        found.append(
            f"Lists leave out only what the user had in the last {exclude_seen['days']} days of the "
            "data; the metrics leave out everything of training."
        )
    if run.request["training_instance_count"] > 1:
        found.append(
            f"The model was trained by {run.request['training_instance_count']} hosts asynchronously, which is "
            "known to rank worse than one."
        )
    return found


def _rules(run: RunInputs) -> list[str]:
    found = []
    hidden = run.items - run.servable
    if hidden:
        found.append(
            f"The rules exclude {hidden:,} of {run.items:,} items from all lists: both rankings that the metrics "
            "compare leave them out, and their held-out interactions are not counted."
        )
    limit = run.rules.limit
    if limit:
        found.append(
            f"Lists contain at most {limit.most} items of each {limit.column}; the metrics are of rankings without "
            "this limit."
        )
    return found
