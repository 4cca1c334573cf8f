"""The gate: what a run's input may require of a model, and whether the model is good enough to publish."""

import math
from dataclasses import dataclass
from typing import Any

from contract.documents import Means
from contract.measured_documents import Compared, ComparedWithChampion, Metrics, compared_with_popular
from contract.refusal import QualityRefused
from contract.value_rules import Number

METRIC = "ndcg@10"
OFF = "off"
DEFAULT = {"baseline": 1.0, "champion": 0.95}
"""By rule, the least ratio to the other's NDCG@10: to most-popular's, and to the current version's if comparable.

A model is stopped only if it falls short by more than chance: the difference between two good models varies by some
hundredths from week to week (docs/decisions/0103, 0193).
"""
FACTOR = Number(0, 100)
ZERO = "zero"
"""The rule that no setting removes: a model must have found some of the held-out interactions."""


@dataclass(frozen=True)
class Verdict:
    """The gate's verdict: ``broken`` has a sentence for each broken rule, ``rules`` has their names."""

    passed: bool
    cause: str
    broken: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def fault(gate: Any) -> str | None:
    """What is wrong with the value of the input field, or None."""
    if gate == OFF or FACTOR.allows(gate):
        return None
    if not isinstance(gate, dict):
        form = '{"baseline": number, "champion": number}'
        return f'must be {form}, {FACTOR} for the baseline, or "{OFF}", got {gate!r}'
    found = [
        f"{name} {FACTOR.fault(factor)}" if name in DEFAULT else f"{name!r} is not a rule of the gate"
        for name, factor in gate.items()
        if name not in DEFAULT or not FACTOR.allows(factor)
    ]
    return f"has faults: {'; '.join(found)} (the rules: {', '.join(DEFAULT)})" if found else None


def completed(gate: Any) -> Any:
    """A valid value with every rule filled in: ``off``, or an object. A single number is the baseline's.

    >>> completed(1.5), completed({"champion": 0}), completed("off")
    ({'baseline': 1.5, 'champion': 0.95}, {'baseline': 1.0, 'champion': 0}, 'off')
    """
    if gate == OFF:
        return gate
    return DEFAULT | (gate if isinstance(gate, dict) else {"baseline": gate})


def check(metrics: Metrics, gate: Any) -> Verdict:
    """Compare the model's NDCG@10 with most-popular's and, if comparable, with the champion's.

    A rule is broken if the whole 95 % interval of the ratio is below the required value. A model whose NDCG@10 is 0 or
    NaN is stopped whatever the requirements.

    Args:
        metrics: metrics.json (see containers/extract/evaluation/model_evaluation.py).
        gate: the input field.
    """
    popular = compared_with_popular(metrics)
    if popular is None:
        why = "no interactions are held out, so the model cannot be compared with most-popular"
        if gate == OFF:
            return Verdict(True, f"the gate is off, and {why}")
        fix = 'that takes users with at least five interactions; add data, or set "gate": "off" to publish unmeasured'
        return Verdict(False, str(QualityRefused(f"{why}: {fix}")), (why,))
    numbers = {"baseline": _Numbers.of(*popular, "most-popular's", "held out")}
    zero = nothing_found(metrics)
    champion = metrics["champion"]
    without = ""
    if champion["comparable"] is True:
        whose = f"the champion's (version {champion['version']})"
        numbers["champion"] = _Numbers.of(champion, champion["champion"], whose, _new_to_it(champion))
    else:
        without = f"; there is no comparison with the champion: {champion['reason']}"
    if gate == OFF:
        return Verdict(True, f"the gate is off: {'; '.join(str(found) for found in numbers.values())}{without}")
    factors = completed(gate)
    kept = [found.against(rule, factors[rule]) for rule, found in numbers.items() if found.keeps(factors[rule])]
    rules = [rule for rule, found in numbers.items() if not found.keeps(factors[rule])]
    broken = [numbers[rule].against(rule, factors[rule]) for rule in rules]
    if zero:
        rules, broken = [ZERO, *rules], [zero, *broken]
    text = "; ".join(broken + kept) + without
    if not broken:
        return Verdict(True, text)
    lower = "" if zero else "lower the gate, "
    fix = f'fix the data or the recipe, {lower}or set "gate": "off"; the current version stays'
    return Verdict(False, str(QualityRefused(f"{text}: {fix}")), tuple(broken), tuple(rules))


def nothing_found(metrics: Metrics) -> str | None:
    """The message that the model found none of the held-out interactions, else None; ``metrics``: metrics.json."""
    assert metrics["model"], "there are held-out interactions"
    model = metrics["model"][METRIC]
    if model > 0:
        return None
    why = (
        "its scores are NaN or infinite"
        if math.isnan(model)
        else f"none of the held-out interactions of {metrics['users']} users are among the first ten of their lists"
    )
    return f"the model's NDCG@10 is {model:g}: {why}"


@dataclass(frozen=True)
class _Numbers:
    """The NDCG@10 of the model and of another ranking, over the same users.

    ``interval`` is the 95 % interval of their ratio, None if unknown; its upper end is None if the other's may be 0.
    """

    model: float
    other: float
    whose: str
    over: str
    interval: tuple[float, float | None] | None = None

    @classmethod
    def of(
        cls,
        compared: Compared,
        other: Means,
        whose: str,
        which: str,
    ) -> "_Numbers":
        interval = compared["ratio"]["interval"]
        over = f"{compared['users']} users {which}"
        return cls(compared["model"][METRIC], other[METRIC], whose, over, interval)

    def keeps(self, factor: float) -> bool:
        return self._reaches(factor) or self._may_reach(factor)

    def _reaches(self, factor: float) -> bool:
        return self.model >= factor * self.other

    def _may_reach(self, factor: float) -> bool:
        return self.interval is not None and (self.interval[1] is None or self.interval[1] >= factor)

    def against(self, rule: str, factor: float) -> str:
        answer = "which is reached" if self._reaches(factor) else "which is not reached"
        if self.interval is not None and not self._reaches(factor):
            lower, upper = self.interval
            ends = f"{lower:.2f} or more" if upper is None else f"{lower:.2f} to {upper:.2f}"
            answer += f", {'but that may be chance' if self.keeps(factor) else 'and that is more than chance'}: "
            answer += f"the model has {ends} of it (95 %)"
        return f"{self}; gate.{rule} wants {factor:g} times that, {factor * self.other:.4f}, {answer}"

    def __str__(self) -> str:
        return f"NDCG@10 is {self.model:.4f}, {self.whose} {self.other:.4f} ({self.over})"


def _new_to_it(champion: ComparedWithChampion) -> str:
    timed = champion["later_than"] is not None
    return f"with interactions {'later than its data' if timed else 'that it had not seen'}"
