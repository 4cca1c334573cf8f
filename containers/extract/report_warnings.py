"""What a reader of the report must know before believing it."""

from typing import Any

from containers.extract.run_inputs import RunInputs
from contract import hold_out, list_rules, quality_gate

# Below this the mean of a ranking metric moves by several hundredths from one sample of users to another.
_FEW_USERS = 100


def report_warnings(run: RunInputs, metrics: dict[str, Any]) -> list[str]:
    """Sentences, the gravest first; none when all is well. ``metrics``: metrics.json."""
    return [*_quality(run, metrics), *_lists(run), *_rules(run), *hold_out.warnings(run.summary), *_data(run)]


def _quality(run: RunInputs, metrics: dict[str, Any]) -> list[str]:
    found = []
    gate = run.request["gate"]
    verdict = quality_gate.judge(metrics, gate)
    stops = "nothing of this run is published, and the version published before stays."
    if gate == quality_gate.OFF:
        found.append("The quality gate is off: these lists are published however the model ranks.")
    if not metrics["users"]:
        unknown = "Nothing was held out, because no user has enough interactions: how well the model ranks is unknown"
        return [*found, f"{unknown}." if verdict.passed else f"{unknown}, so {stops}"]
    model, popular = metrics["model"]["ndcg@10"], metrics["most_popular"]["ndcg@10"]
    if verdict.broken:
        found.append(f"{'; '.join(verdict.broken)}: {stops}")
    elif model < popular:
        found.append(
            f"The model ranks below a plain list of popular items: NDCG@10 is {model:.4f}, theirs {popular:.4f}."
        )
    if metrics["users"] < _FEW_USERS:
        found.append(f"The metrics are means over {metrics['users']} users only: small differences mean nothing.")
    return found


def _lists(run: RunInputs) -> list[str]:
    found = []
    if run.request["index_type"] != "faiss.Flat":
        found.append(
            f"The lists come from {run.request['index_type']}, an approximate index: they may miss items that the "
            "exact ranking of this report has."
        )
    if not run.exclude_seen:
        found.append("Lists may hold what the user has interacted with already; the metrics leave that out.")
    elif run.request["exclude_seen"] is not True:
        found.append(
            f"Lists leave out only what the user had in the last {run.request['exclude_seen']['days']} days of the "
            "data; the metrics leave out everything of training."
        )
    if run.request["training_instance_count"] > 1:
        found.append(
            f"The model was trained by {run.request['training_instance_count']} hosts asynchronously, which is "
            "known to rank worse than one."
        )
    return found


def _rules(run: RunInputs) -> list[str]:
    found = list_rules.warnings(run.summary["rules"]["unknown"])
    hidden = run.items - run.servable
    if hidden:
        found.append(
            f"The rules keep {hidden:,} of {run.items:,} items from all lists: both rankings that the metrics compare "
            "are without them, and what was held out of them is not asked for."
        )
    limit = run.rules.limit
    if limit:
        found.append(
            f"Lists hold at most {limit.most} items of each {limit.column}; the metrics are of rankings without that."
        )
    return found


def _data(run: RunInputs) -> list[str]:
    rows = run.summary["rows"]
    if not rows["rejected"]:
        return []
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in run.summary["rejected_by_reason"].items())
    return [f"{rows['rejected']:,} of {rows['read']:,} rows were refused: {reasons}."]
