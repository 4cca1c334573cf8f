"""What to know about a model before trusting its metrics, whether it is published or stopped by the gate."""

from typing import Any

from contract import quality_gate
from contract.measured_documents import Metrics


def warnings(metrics: Metrics, gate: Any) -> list[str]:
    """Sentences, the most severe first; empty if there is nothing to warn about.

    Args:
        metrics: metrics.json.
        gate: the input field.
    """
    verdict = quality_gate.check(metrics, gate)
    stops = "nothing of this run is published, and the current version stays."
    found = []
    if gate == quality_gate.OFF:
        found.append("The quality gate is off: these lists are published regardless of how the model ranks.")
    if not metrics["users"]:
        unknown = "Nothing was held out, because no user has enough interactions: the quality of the model is unknown"
        return [*found, f"{unknown}." if verdict.passed else f"{unknown}, so {stops}"]
    assert metrics["model"]
    assert metrics["most_popular"]
    model, popular = metrics["model"][quality_gate.METRIC], metrics["most_popular"][quality_gate.METRIC]
    if verdict.broken:
        found.append(f"{'; '.join(verdict.broken)}: {stops}")
    elif model < popular:
        found.append(
            f"The model ranks below a plain list of popular items: NDCG@10 is {model:.4f}, theirs {popular:.4f}."
        )
    elif not model > 0:
        found.append(f"Nothing shows that the model is useful: {quality_gate.nothing_found(metrics)}.")
    return found
