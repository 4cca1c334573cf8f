"""A run's CloudWatch metrics, from its documents."""

import json
import logging

from contract import dataset
from contract.documents import Plan, Summary
from contract.measured_documents import Metrics
from contract.outcome_documents import Facts, Outcome
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas.emf import Values
from lambdas.s3_json import JsonDocuments
from workflow import run_metrics as metrics

_NDCG = "ndcg@10"

logger = logging.getLogger(__name__)


def of_outcome(documents: JsonDocuments, outcome: Outcome) -> Values:
    """What was published, its metrics, and a comparison with the version that was current when the run was planned.

    Args:
        documents: in the bucket.
        outcome: outcome.json.
    """
    layout = RunLayout(documents.bucket, outcome["run_id"])
    plan: Plan = documents.read(layout.plan)
    summary: Summary = documents.read(layout.summary)
    limit = dataset.parse(json.dumps(plan["dataset"])).reject_limit
    rejected = summary["rows"]["rejected"] / max(1, summary["rows"]["read"])
    model, most_popular = (_ndcg(outcome["metrics"][ranking]) for ranking in ("model", "most_popular"))
    return {
        metrics.USERS: outcome["users"] - outcome["empty"],
        metrics.ITEMS: outcome["items"],
        metrics.LISTS_SHORT: outcome["short"],
        metrics.LISTS_EMPTY: outcome["empty"],
        metrics.REJECTED_SHARE: 100 * rejected,
        metrics.REJECTED_OF_LIMIT: 100 * rejected / limit if limit else None,
        metrics.NDCG: model,
        metrics.NDCG_MOST_POPULAR: most_popular,
        **_beside_previous(documents, plan, outcome, model),
    }


def of_facts(facts: Facts) -> Values:
    """The time and cost of a run.

    Args:
        facts: facts.json.
    """
    return {metrics.SECONDS: facts["seconds"], metrics.COST: facts["cost"]["usd"]}


def _beside_previous(documents: JsonDocuments, plan: Plan, outcome: Outcome, model: float | None) -> Values:
    if plan["champion"] is None:
        return {}
    layout = RunLayout(documents.bucket, plan["champion"]["version"])
    summary: Summary | None = documents.find_readable(layout.summary)
    measured: Metrics | None = documents.find_readable(layout.metrics)
    try:
        return {
            metrics.USERS_OF_PREVIOUS: _percent(outcome["users"], summary and summary["users"]),
            metrics.ITEMS_OF_PREVIOUS: _percent(outcome["items"], summary and summary["items"]),
            metrics.NDCG_OF_PREVIOUS: _percent(model, measured and _ndcg(measured["model"])),
        }
    except (DamagedObject, TypeError) as error:
        logger.warning("cannot compare with the previous version: %s", error)
        return {}


def _ndcg(means: dict[str, float] | None) -> float | None:
    return None if means is None else means[_NDCG]


def _percent(now: float | None, before: float | None) -> float | None:
    return 100 * now / before if now is not None and before else None
