"""Chooses the published score's settings on held-out interactions that are not used to measure the model.

The pairs for choosing must be unknown to all candidates: the earlier half of the held-out pairs is in neither the
training nor the history block, and only the later half is used to measure. No model is trained again; a candidate costs
one ranking.

With many candidates, one is the best by chance. So a candidate replaces the default only if it gains more than the best
of that many is expected to gain by chance, by the paired bootstrap over users: settings are not fitted to the noise of
small data. A significance test would keep the default too often (docs/decisions/0259-expected-gain-by-chance.md). Of
the candidates that are as good as the best, the one whose lists contain most of the catalogue is used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import RunInputs
from containers.extract.data.settings import Settings, given
from containers.extract.evaluation import bootstrap, metrics
from containers.extract.evaluation.champion import FEWEST_USERS
from containers.extract.evaluation.metrics import LIST_LENGTH
from containers.extract.model.candidate_lists import candidate_lists
from containers.extract.model.vectors import Terms
from contract import measured_documents

# The factorization machine alone, half and twice the default share of the block, equal shares, the block alone.
_WEIGHTS = (0.0, 1 / 3, 1 / 2, 2 / 3, 1.0)
_EXPONENTS = (0.0, 0.25)
_RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0)
_POPULARITIES = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)


# Settings are as good as others if their NDCG@10 is at most this share lower, with 95 % confidence.
_AS_GOOD = 0.02
_ONE_SIDED_95 = 1.645
_ALL_GIVEN = "The input sets everything."


@dataclass(frozen=True)
class Trial:
    """The mean NDCG@10 of a candidate on the pairs for choosing, and the coverage of its lists."""

    settings: Settings
    ndcg: float
    coverage: float

    def as_json(self) -> measured_documents.Trial:
        """As in metrics.json."""
        return {**self.settings.as_json(), "ndcg@10": self.ndcg, "coverage": self.coverage}


@dataclass(frozen=True)
class Choice:
    """``settings``, why they were chosen, and all candidates that were tried, the default or the input's first."""

    settings: Settings
    reason: str
    trials: Sequence[Trial]
    users: int

    def as_json(self) -> measured_documents.Choice:
        """As in metrics.json."""
        return {
            "chosen": self.settings.as_json(),
            "reason": self.reason,
            "users": self.users,
            "trials": [trial.as_json() for trial in self.trials],
        }


def choose(run: RunInputs, index: DataIndex, terms: Terms) -> Choice:
    """Choose what the input leaves open: first everything about the block, then its share and popularity.

    The second round includes the share again, because the weight of recent popularity replaces some of the block if
    tastes drift.

    Args:
        run: plan and summary.
        index: the run's.
        terms: the model's.
    """
    start = given(run)
    rounds = [list(found) for found in (_blocks(run), _balances(run)) if found]
    if not rounds:
        return Choice(start, _ALL_GIVEN, [], 0)
    evaluator = _Evaluator(index, terms)
    if evaluator.users < FEWEST_USERS:
        few = f"a choice needs {FEWEST_USERS} users with held-out interactions, and there are {evaluator.users}"
        return Choice(start, f"The defaults are used: {few}.", [], evaluator.users)
    found, tried, reasons = start, [start], list[str]()
    for changes in rounds:
        others = [other for change in changes if (other := replace(found, **change)) != found]
        if others:
            found, reason = _best(evaluator, found, others)
            tried, reasons = list(dict.fromkeys([*tried, *others])), [*reasons, reason]
    found, reason = _broadest(evaluator, found, tried)
    reason = " ".join([*reasons, reason]).strip()
    return Choice(found, reason or _ALL_GIVEN, [evaluator.trial(each) for each in tried], evaluator.users)


def _blocks(run: RunInputs) -> Iterable[dict[str, float]]:
    if not run.history_rank:
        return []
    weights = _weights(run)
    # Without the block, its parameters have no effect.
    alone = [{"history_weight": 0.0}] if 0 in weights else []
    # Weights change fastest, so each block is computed once.
    made = product(_EXPONENTS, _RIDGES, [weight for weight in weights if weight])
    return [*alone, *({"history_weight": w, "exponent": a, "ridge": q} for a, q, w in made)]


def _balances(run: RunInputs) -> Iterable[dict[str, float]]:
    if run.request["popularity"] is not None or run.explicit:
        return []
    # Where the block has all but a short history's rest of the score, popularity has next to no effect.
    weights = [weight for weight in _weights(run) if weight < 1] if run.history_rank else [0.0]
    return [{"history_weight": w, "popularity": p} for w, p in product(weights, _POPULARITIES)]


def _weights(run: RunInputs) -> Sequence[float]:
    asked = run.request["history_weight"]
    return _WEIGHTS if asked is None else (float(asked),)


class _Evaluator:
    """Measures settings on the lists that each user would have had before the pairs for choosing."""

    def __init__(self, index: DataIndex, terms: Terms) -> None:
        self._terms, self._users, self._items = terms, index.choosing_users(), index.items
        pairs = index.interactions_of(self._users)
        self._trained, self._wanted, self._servable = pairs.trained(), pairs.choosing(), index.servable()
        self._found: dict[Settings, NDArray[np.float64]] = {}
        self._coverage: dict[Settings, float] = {}

    @property
    def users(self) -> int:
        return len(self._users)

    def of(self, settings: Settings) -> NDArray[np.float64]:
        """NDCG@10 of each user: later held-out pairs are neither left out of the lists nor counted as hits."""
        return self.of_all([settings])[0]

    def of_all(self, candidates: Sequence[Settings]) -> list[NDArray[np.float64]]:
        """The same for each candidate."""
        new = [settings for settings in candidates if settings not in self._found]
        lists = candidate_lists(
            self._terms, self._users, new, excluded=self._trained, servable=self._servable, count=LIST_LENGTH
        )
        for settings, labels in lists:
            hits = metrics.found(labels, self._wanted, self._items)
            self._found[settings] = metrics.ndcg(hits, self._wanted.counts())
            self._coverage[settings] = metrics.coverage(labels, self._items)
        return [self._found[settings] for settings in candidates]

    def trial(self, settings: Settings) -> Trial:
        """The means of a candidate."""
        return Trial(settings, float(self.of(settings).mean()), self._coverage[settings])


def _best(evaluator: _Evaluator, default: Settings, others: Sequence[Settings]) -> tuple[Settings, str]:
    """The best of the others if it gains more than the best would by chance, otherwise the default; and why."""
    gains = np.column_stack(evaluator.of_all(others)) - evaluator.of(default)[:, np.newaxis]
    place = int(gains.mean(axis=0).argmax())
    best, gain, chance = others[place], float(gains[:, place].mean()), bootstrap.best_by_chance(gains)
    text = f"NDCG@10 {gain:+.4f}, and the best of {len(others)} would gain {chance:.4f} by chance"
    change = f"{_changes(default, best)} ({text})"
    return (best, f"Taken: {change}.") if gain > chance else (default, f"Not taken: {change}.")


def _broadest(evaluator: _Evaluator, found: Settings, tried: Sequence[Settings]) -> tuple[Settings, str]:
    """Of ``found`` and the settings that are as good, those whose lists have the greatest coverage; and why."""
    before = evaluator.trial(found)
    losses = [(evaluator.of(found) - evaluator.of(each), each) for each in tried if each != found]
    root = np.sqrt(evaluator.users)
    most = [(loss.mean() + _ONE_SIDED_95 * loss.std(ddof=1) / root, each) for loss, each in losses]
    as_good = [evaluator.trial(each) for loss, each in most if loss <= _AS_GOOD * before.ndcg]
    broadest = max([before, *as_good], key=lambda trial: trial.coverage)
    if broadest is before:
        return found, ""
    text = f"{broadest.coverage:.1%} of the catalogue instead of {before.coverage:.1%}"
    gain = f"NDCG@10 {broadest.ndcg - before.ndcg:+.4f}"
    return broadest.settings, f"Taken for {text}: {_changes(found, broadest.settings)} ({gain})."


def _changes(before: Settings, after: Settings) -> str:
    """The settings that differ, with their new values."""
    old = asdict(before)
    changed = {name: value for name, value in asdict(after).items() if value != old[name]}
    return ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in changed.items())
