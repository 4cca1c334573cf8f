"""Whether a model is good enough to be published."""

from dataclasses import dataclass
from typing import Any

from contract.refusal import QualityRefused

METRIC = "ndcg@10"


@dataclass(frozen=True)
class Verdict:
    """The gate's answer, and why."""

    passed: bool
    cause: str


def judge(metrics: dict[str, Any], gate: float | str) -> Verdict:
    """Compare the model's NDCG@10 with ``gate`` times most-popular's.

    Args:
        metrics: metrics.json (model, most_popular, users, held_out).
        gate: the factor, or "off", which passes everything.
    """
    if not metrics["users"]:
        why = "nobody is held out, so the model cannot be compared with most-popular"
        if gate == "off":
            return Verdict(True, f"the gate is off, and {why}")
        mend = 'a user needs five interactions to be held out; add data, or set "gate": "off" to publish unmeasured'
        return Verdict(False, str(QualityRefused(f"{why}: {mend}")))
    model, popular = metrics["model"][METRIC], metrics["most_popular"][METRIC]
    numbers = f"NDCG@10 is {model:.4f}, most-popular's {popular:.4f} ({metrics['users']} users held out)"
    if gate == "off":
        return Verdict(True, f"the gate is off: {numbers}")
    wanted = float(gate) * popular
    if model >= wanted:
        return Verdict(True, f"{numbers}; the gate of {float(gate):g} times that, {wanted:.4f}, is passed")
    mend = 'mend the data or the recipe, lower the gate, or set "gate": "off"; what was published before stays'
    return Verdict(
        False, str(QualityRefused(f"{numbers}; the gate wants {float(gate):g} times that, {wanted:.4f}: {mend}"))
    )
