"""Verifies the meaning of k-NN's answers in this run, on rows whose true neighbours are known.

With INNER_PRODUCT, ``distances`` are the raw inner products, ascending, with the best item last. SageMaker does not
document this; a published answer of its container shows it (docs/decisions/0174). The probes remain as a check: a part
with other answers is read in the order that its own probes show, or is not loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from contract.part_manifest import Probe
from contract.refusal import PublishRefused
from lambdas.loading.neighbour_lists import Neighbours

Direction = Literal["ascending", "descending"]

# Products of one row are equal within this share of its largest: float32 sums in a different order are.
AGREEMENT = 1e-4
# Products that differ by less than this share of the largest may be in either order.
RESOLUTION = 1e-6
# An index that finds fewer of the true neighbours than this is not good enough for any list.
LEAST_RECALL = 0.1


@dataclass(frozen=True)
class Proof:
    """The result of the probes: where the best neighbour is, and the share of true neighbours found."""

    direction: Direction
    recall: float


def prove(probes: list[Probe], found: Mapping[int, Neighbours], *, complete: bool) -> Proof:
    """Compare each probe with k-NN's answer for its row.

    Args:
        probes: at least one; labels and products best first.
        found: the answers by row.
        complete: whether the index finds all true neighbours, like ``faiss.Flat``.

    Raises:
        PublishRefused: naming the check that failed: row alignment, label mapping, distances, direction or recall.
    """
    if not probes:
        raise PublishRefused("the part has no probes, so its neighbours cannot be verified; extract again")
    trials = [_Trial(probe, found[probe["row"]], complete=complete) for probe in probes]
    recall = sum(trial.recall for trial in trials) / len(trials)
    for trial in trials:
        trial.check()
    if recall < LEAST_RECALL:
        raise PublishRefused(
            f"recall: k-NN found {recall:.1%} of the probes' true neighbours, at least {LEAST_RECALL:.0%} are "
            'required; use "index_type": "faiss.Flat"'
        )
    return Proof(_common_direction(trials), recall)


class _Trial:
    """One probe and the answer for its row."""

    def __init__(self, probe: Probe, found: Neighbours, *, complete: bool) -> None:
        self.row = probe["row"]
        self.single = len(probe["labels"]) == 1
        self._found = found
        self._complete = complete
        self._scores = probe["scores"]
        self._true = dict(zip(probe["labels"], probe["scores"], strict=True))
        self._worst = min(self._scores)
        scale = max(map(abs, self._scores))
        self._tolerance = AGREEMENT * scale
        self._noise = RESOLUTION * scale
        self._shared = [label for label in found.labels if label in self._true]
        shared = set(self._shared)
        # If several items tie with the worst product, others may have the last places: they count as found.
        replaceable = [
            score <= self._worst + self._tolerance for label, score in self._true.items() if label not in shared
        ]
        self._missed = replaceable.count(False)
        self.recall = (len(shared) + min(replaceable.count(True), self._equals_of_the_worst())) / len(self._true)
        self.ascending, self.descending = self._orders()

    def check(self) -> None:
        """Refuse unless rows, labels, products and order are right."""
        enough = not self._missed if self._complete else bool(self._shared)
        # If an index may miss neighbours, half of them in the right order cannot be a coincidence.
        recognised = enough if self._complete else 2 * len(self._shared) >= len(self._true)
        ordered = self.ascending or self.descending
        wrong = self._wrong_products()
        if enough and not wrong:
            if not ordered:
                self._refuse(
                    "direction", "its neighbours are in neither ascending nor descending order of the products"
                )
        elif recognised and ordered:
            label, given = wrong[0]
            due = f"{self._true[label]:.7g}" if label in self._true else f"at most {self._worst:.7g}"
            self._refuse(
                "distances",
                f"{len(wrong)} of {len(self._found.labels)} distances are not the inner products: "
                f"label {label} has {given:.7g}, the product is {due}",
            )
        elif self._same_products():
            self._refuse(
                "label mapping",
                f"its distances are the probe's products, but {len(self._found.labels) - len(self._shared)} of its "
                f"{len(self._found.labels)} labels are not the probe's and {len(wrong)} stand beside another's product",
            )
        else:
            self._refuse(
                "row alignment" if self._complete else "row alignment or label mapping",
                f"it shares {len(self._shared)} of {len(self._true)} labels with the probe, and {len(wrong)} of its "
                f"{len(self._found.labels)} distances are not the products with the probe's row",
            )

    def direction(self) -> Direction | None:
        """Where the best neighbour is; None if all products are equal."""
        products = [self._true[label] for label in self._shared]
        if len(products) < 2 or abs(products[-1] - products[0]) <= self._noise:
            return None
        return "ascending" if products[-1] > products[0] else "descending"

    def _orders(self) -> tuple[bool, bool]:
        """Whether the shared labels' true products ascend, and whether they descend."""
        products = [self._true[label] for label in self._shared]
        return _rises(products, self._tolerance), _rises(products[::-1], self._tolerance)

    def _wrong_products(self) -> list[tuple[int, float]]:
        """Labels with a wrong distance: not the true product, or, for labels not in the probe, above the worst
        product.

        A complete index returns other labels only if they tie with the worst.
        """
        wrong = []
        for label, given in zip(self._found.labels, self._found.distances, strict=True):
            if label in self._true or self._complete:
                right = abs(given - self._true.get(label, self._worst)) <= self._tolerance
            else:
                right = given <= self._worst + self._tolerance
            if not right:
                wrong.append((label, given))
        return wrong

    def _equals_of_the_worst(self) -> int:
        """How many labels that are not in the probe have its worst product as their distance."""
        pairs = zip(self._found.labels, self._found.distances, strict=True)
        return sum(abs(given - self._worst) <= self._tolerance for label, given in pairs if label not in self._true)

    def _same_products(self) -> bool:
        pairs = zip(sorted(self._found.distances), sorted(self._scores), strict=False)
        return len(self._found.distances) == len(self._scores) and all(
            abs(given - due) <= self._tolerance for given, due in pairs
        )

    def _refuse(self, proof: str, finding: str) -> NoReturn:
        raise PublishRefused(f"{proof}: of the probe in row {self.row}, {finding}")


def _rises(numbers: list[float], tolerance: float) -> bool:
    """Whether no number is below an earlier one by more than ``tolerance``."""
    highest = float("-inf")
    for number in numbers:
        if number < highest - tolerance:
            return False
        highest = max(highest, number)
    return True


def _common_direction(trials: list[_Trial]) -> Direction:
    """The common direction of all probes that have one. A single neighbour has none, and needs none."""
    by_direction = {trial.direction(): trial.row for trial in trials}
    rows = {direction: row for direction, row in by_direction.items() if direction is not None}
    if len(rows) > 1:
        raise PublishRefused(
            f"direction: row {rows['ascending']} is ascending and row {rows['descending']} descending; all must have "
            "the same direction"
        )
    for direction in rows:
        return direction
    if all(trial.single for trial in trials):
        return "descending"
    raise PublishRefused("direction: each probe's products are all equal, so the model ranks nothing; train again")
