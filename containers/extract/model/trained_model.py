"""Rejects a model that does not know its training data: it is not trained, or not by this run's training.

A model with zero, shuffled or another run's parameters has the right shape all the same, and a model trained on
everything is not measured in any other way. So it is tested on what training must have taught it, which of its items a
user has had, and on that alone: whether it is any good is for the gate to decide. A factorization machine memorizes its
training data even if the data is noise (docs/decisions/0173 has the figures), the more so the more interactions,
factors and epochs there are; if these are few, the result would be chance, and nothing is rejected.

Implicit feedback: for two users and an item of each that the other has not had, both assignments of the items have the
same popularity, and the same sum of everything that depends on the user or the item alone; the rest of the four scores,

    <V_u - V_u', V_i - V_i'>,

is above 0 if the model knows which item belongs to whom. Explicit feedback: what the linear terms leave of the value
correlates with <V_u, V_i>. Both are compared with their values when the items' vectors are permuted at random (a
permutation test: Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import RunInputs
from containers.extract.data.training_pairs import TrainingPairs, had
from containers.extract.model.parameters import Floats
from containers.extract.model.vectors import Terms, Vectors
from contract.measured_documents import EpochLoss
from contract.run_plan import NEGATIVES_PER_POSITIVE

_SEED = 0
# Enough that their loss represents that of all, except for heavy tails, for which there is a margin.
_MOST_PAIRS = 1_000_000
_MOST_COMPARISONS = 4_000
_FEWEST_COMPARISONS = 50
_FEWEST_ITEMS = 20  # fewer have too few permutations
_ROUNDS = 8
_EXCHANGES = 199
_MOST_AS_GOOD = 1  # of these: a chance of one in a hundred
# Interactions times factors times epochs from which on every trained model was above chance by 3 standard deviations.
_ENOUGH = {False: 4_000, True: 200_000}
# The same as in lambdas/handlers/read_training_log.py: values may be as heavy-tailed as money.
_MARGIN, _MARGIN_OF_VALUES = 1.1, 10.0
# For float32 sums, if the loss is close to 0.
_ROUNDING = 1e-3
# A probability of 1 to the last digit of a double takes 37; a training with a logistic loss does not exceed this.
_LARGEST_LOGIT = 1_000.0
_LARGEST = float(np.finfo(np.float32).max)


class ModelLearnedNothing(ValueError):
    """The model does not know its training data, or its scores are not finite."""


@dataclass(frozen=True)
class Knowledge:
    """How a model does in ``comparisons``, and in how many of ``_EXCHANGES`` permutations of its items it does as
    well.
    """

    comparisons: int
    found: float
    as_good: int


def require_finite(vectors: Vectors) -> None:
    """Reject vectors whose products may overflow float32, which k-NN uses.

    Raises:
        ModelLearnedNothing: with the limit of a product.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        users = np.sqrt(1 + np.square(vectors.user_factors, dtype=np.float64).sum(axis=1)).max()
        items = np.linalg.norm(vectors.items.astype(np.float64), axis=1).max()
    largest = float(users * items)
    if not largest < _LARGEST:
        raise ModelLearnedNothing(
            f"scores may reach {largest:.3g}, and a float32 at most {_LARGEST:.3g}: the artifact is damaged, or the "
            "training diverged; start another run, with lower learning rates if it happens again"
        )


def require_trained(run: RunInputs, index: DataIndex, terms: Terms, epochs: Sequence[EpochLoss]) -> str:
    """Reject a model that does not know its training interactions; return the measurements, for the log.

    Args:
        index: opened with the pairs that the model was trained on.
        epochs: of the training, as written by lambdas.handlers.read_training_log.

    Raises:
        ModelLearnedNothing: with the measurements.
    """
    pairs = TrainingPairs.of(index, _MOST_PAIRS, _SEED)
    _require_loss(run, terms, pairs, epochs)
    weight = len(pairs) * run.shape.factors * run.epochs
    if weight < _ENOUGH[run.explicit] or np.unique(pairs.items).size < _FEWEST_ITEMS:
        return f"too little data to verify the model: {len(pairs):,} interactions, {run.shape.factors} factors"
    knowledge = (_of_values if run.explicit else _of_items)(index, terms, pairs, np.random.default_rng(_SEED))
    if knowledge is None:
        return "too little data to verify the model: all users have the same items or gave the same values"
    text = (
        f"{knowledge.found:.3f} in {knowledge.comparisons:,} comparisons; with its items exchanged at random "
        f"{knowledge.as_good} of {_EXCHANGES} times as much"
    )
    if knowledge.as_good > _MOST_AS_GOOD:
        raise ModelLearnedNothing(
            f"the model does not predict the interactions that it was trained on ({text}): the artifact is damaged or "
            "of another run, or its factors learned nothing; start another run, with more epochs or a larger "
            "factors_lr if it happens again"
        )
    return f"the model predicts its own training data: {text}"


def _of_items(index: DataIndex, terms: Terms, pairs: TrainingPairs, chance: np.random.Generator) -> Knowledge | None:
    """Share of comparisons in the right order."""
    one, other = _crossed(index, pairs, _most_comparisons(terms), chance)
    if len(one) < _FEWEST_COMPARISONS:
        return None
    users = terms.user_factors[pairs.users[one]] - terms.user_factors[pairs.users[other]]

    def share(items: Floats) -> float:
        products = np.einsum("nf,nf->n", users, items[pairs.items[one]] - items[pairs.items[other]])
        return float(np.mean(np.sign(products)) / 2 + 0.5)

    return _against_chance(share, terms.item_factors, pairs.items, len(one), chance)


def _of_values(_index: DataIndex, terms: Terms, pairs: TrainingPairs, chance: np.random.Generator) -> Knowledge | None:
    """Correlation of what the linear terms leave of a value with the factors' product."""
    some = chance.permutation(len(pairs))[: _most_comparisons(terms)]
    users, items, values = pairs.users[some], pairs.items[some], pairs.values[some]
    left = values - terms.user_terms[users] - terms.item_terms[items]
    left -= left.mean()
    if not values.std() > 0:
        return None

    def correlation(item_factors: Floats) -> float:
        products = np.einsum("nf,nf->n", terms.user_factors[users], item_factors[items], dtype=np.float64)
        products -= products.mean()
        size = np.linalg.norm(left) * np.linalg.norm(products)
        return float(left @ products / size) if size > 0 else 0.0

    return _against_chance(correlation, terms.item_factors, items, len(some), chance)


def _most_comparisons(terms: Terms) -> int:
    """Fewer for many factors, so that any model is tested within seconds."""
    return int(np.clip(_MOST_COMPARISONS * 64 // terms.item_factors.shape[1], 500, _MOST_COMPARISONS))


def _crossed(
    index: DataIndex, pairs: TrainingPairs, most: int, chance: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of pairs of pairs, of two users and two items of which neither user has had the other's."""
    chosen: list[NDArray[np.int64]] = []
    found = 0
    for _ in range(_ROUNDS):
        order = chance.permutation(len(pairs))[: 4 * most]
        both = order[: len(order) // 2 * 2].reshape(2, -1)
        (one, other), (mine, its) = pairs.users[both], pairs.items[both]
        candidates = np.flatnonzero((one != other) & (mine != its))
        crossed = had(
            index,
            np.concatenate([one[candidates], other[candidates]]),
            np.concatenate([its[candidates], mine[candidates]]),
        )
        chosen.append(both[:, candidates[~crossed.reshape(2, -1).any(axis=0)]])
        found += chosen[-1].shape[1]
        if found >= most:
            break
    one, other = np.concatenate(chosen, axis=1)[:, :most]
    return one, other


def _against_chance(
    measure: Callable[[Floats], float],
    item_factors: Floats,
    items: NDArray[np.int32],
    comparisons: int,
    chance: np.random.Generator,
) -> Knowledge:
    found, trained = measure(item_factors), np.unique(items)
    exchanged = item_factors.copy()
    as_good = 0
    for _ in range(_EXCHANGES):
        exchanged[trained] = item_factors[chance.permutation(trained)]
        as_good += measure(exchanged) >= found
    return Knowledge(comparisons, found, as_good)


def _require_loss(run: RunInputs, terms: Terms, pairs: TrainingPairs, epochs: Sequence[EpochLoss]) -> None:
    """Compare the model's own loss with the one in the training log, by a bound that every trained model meets.

    With negatives, the logged loss is a mean over these as well, and no term of it is negative: so the positives' own
    mean is at most that times the number of examples for each positive.
    """
    scores = _scores(terms, pairs)
    if not run.explicit and not float(np.abs(scores).mean()) < _LARGEST_LOGIT:
        raise ModelLearnedNothing(
            f"scores of the training interactions must be below {_LARGEST_LOGIT:g} in size, the logarithm of odds that "
            f"they are, got {np.abs(scores).mean():.3g}: the artifact is damaged; start another run"
        )
    text = next((epoch["loss"] for epoch in reversed(epochs) if epoch["loss"] is not None), None)
    if text is None:
        return
    if run.explicit:
        loss = float(np.sqrt(np.mean(np.square(pairs.values - scores))))
        most = _MARGIN_OF_VALUES * text
    else:
        loss = float(np.mean(np.logaddexp(0, -scores)))
        most = _MARGIN * text * (1 + NEGATIVES_PER_POSITIVE)
    if not loss <= most + _ROUNDING * max(1.0, float(np.abs(pairs.values).max())):
        raise ModelLearnedNothing(
            f"the loss of the training interactions must be at most {most:.4g}, because the training's last epoch had "
            f"{text:.4g}, got {loss:.4g}: this is not the model that was trained; start another run"
        )


def _scores(terms: Terms, pairs: TrainingPairs) -> NDArray[np.float64]:
    """The model's own scores, without the popularity term."""
    scores = np.empty(len(pairs))
    for first in range(0, len(pairs), 50_000):
        block = slice(first, first + 50_000)
        users, items = pairs.users[block], pairs.items[block]
        products = np.einsum("nf,nf->n", terms.user_factors[users], terms.item_factors[items], dtype=np.float64)
        scores[block] = terms.user_terms[users] + terms.item_terms[items] + products
    return scores
