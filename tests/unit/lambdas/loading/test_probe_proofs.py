"""What the probes verify, and which check fails if something is wrong."""

import numpy as np
import pytest

from contract.part_manifest import Probe
from contract.refusal import PublishRefused
from lambdas.loading.neighbour_lists import Neighbours
from lambdas.loading.probe_proofs import prove

ITEMS, K, WIDTH = 60, 12, 5
ROWS = (0, 4, 9)
ITEM_ROWS = np.random.default_rng(3).normal(size=(ITEMS, WIDTH)).astype(np.float32)
USER_ROWS = np.random.default_rng(4).normal(size=(10, WIDTH)).astype(np.float32)

Answers = dict[int, Neighbours]


def true_neighbours(row: int, k: int = K) -> tuple[list[int], list[float]]:
    """Brute force, best first."""
    products = ITEM_ROWS.astype(np.float64) @ USER_ROWS[row].astype(np.float64)
    best = np.argsort(-products)[:k]
    return best.tolist(), products[best].tolist()


def probe(row: int, k: int = K) -> Probe:
    labels, scores = true_neighbours(row, k)
    return Probe(row=row, labels=labels, scores=scores)


def ascending(k: int = K) -> Answers:
    """The service's normal answer: best last, in single precision."""
    answers = {}
    for row in ROWS:
        labels, scores = true_neighbours(row, k)
        answers[row] = Neighbours(labels[::-1], [float(np.float32(score)) for score in scores[::-1]])
    return answers


def descending(k: int = K) -> Answers:
    return {row: Neighbours(found.labels[::-1], found.distances[::-1]) for row, found in ascending(k).items()}


def refusal(answers: Answers, *, complete: bool = True, k: int = K) -> str:
    with pytest.raises(PublishRefused) as refused:
        prove([probe(row, k) for row in ROWS], answers, complete=complete)
    return str(refused.value).removeprefix("PublishRefused: ")


PROBES = [probe(row) for row in ROWS]


def test_the_direction_is_found_either_way() -> None:
    assert prove(PROBES, ascending(), complete=True).direction == "ascending"
    assert prove(PROBES, descending(), complete=True).direction == "descending"


def test_all_neighbours_found_is_a_recall_of_one() -> None:
    assert prove(PROBES, ascending(), complete=True).recall == 1


@pytest.mark.parametrize("k", [K, ITEMS])
def test_rows_that_moved_are_noticed(k: int) -> None:
    right = ascending(k)
    moved = {row: right[other] for row, other in zip(ROWS, ROWS[1:] + ROWS[:1], strict=True)}
    assert refusal(moved, k=k).startswith("row alignment: of the probe in row 0, ")


@pytest.mark.parametrize("k", [K, ITEMS])
def test_labels_that_moved_are_noticed(k: int) -> None:
    shifted = {
        row: Neighbours([(label + 1) % ITEMS for label in found.labels], found.distances)
        for row, found in ascending(k).items()
    }
    assert refusal(shifted, k=k).startswith(
        "label mapping: of the probe in row 0, its distances are the probe's products, but"
    )


@pytest.mark.parametrize(
    "change",
    [lambda d: -d, lambda d: d * d, lambda d: 1 - d, lambda d: d / 10, lambda d: d * 1.001],
    ids=["negated", "squared", "one_minus", "a_tenth", "a_thousandth_more"],
)
@pytest.mark.parametrize("k", [K, ITEMS])
def test_distances_that_are_not_the_products_are_noticed(change: object, k: int) -> None:
    other = {row: Neighbours(found.labels, [change(d) for d in found.distances]) for row, found in ascending(k).items()}  # type: ignore[operator]
    said = refusal(other, k=k)
    assert said.startswith("distances: of the probe in row 0, ")
    assert "are not the inner products: label " in said


def test_the_message_names_a_label_with_both_numbers() -> None:
    label, product = probe(0)["labels"][0], probe(0)["scores"][0]
    answers = ascending()
    answers[0] = Neighbours(answers[0].labels, [*answers[0].distances[:-1], 99.5])
    assert refusal(answers) == (
        f"distances: of the probe in row 0, 1 of 12 distances are not the inner products: "
        f"label {label} has 99.5, the product is {product:.7g}"
    )


def test_neighbours_in_no_order_are_noticed() -> None:
    mixed = np.random.default_rng(5).permutation(K)
    answers = {
        row: Neighbours([found.labels[place] for place in mixed], [found.distances[place] for place in mixed])
        for row, found in ascending().items()
    }
    assert refusal(answers).startswith("direction: of the probe in row 0, its neighbours are in neither ascending nor")


def test_probes_of_two_directions_are_noticed() -> None:
    answers = {**ascending(), 9: descending()[9]}
    assert refusal(answers) == "direction: row 4 is ascending and row 9 descending; all must have the same direction"


def test_a_part_without_probes_is_refused() -> None:
    with pytest.raises(PublishRefused, match="no probes"):
        prove([], {}, complete=True)


def test_among_equals_of_the_worst_product_another_label_may_stand() -> None:
    tied = Probe(row=0, labels=[3, 1, 4, 5], scores=[9.0, 8.0, 7.0, 7.0])
    for last in ([4, 5], [5, 4], [6, 5], [8, 9]):
        answer = Neighbours([*last, 1, 3], [7.0, 7.0, 8.0, 9.0])
        proof = prove([tied], {0: answer}, complete=True)
        assert (proof.direction, proof.recall) == ("ascending", 1)


def test_equal_products_may_stand_in_either_order() -> None:
    tied = Probe(row=0, labels=[3, 1, 4, 5], scores=[9.0, 8.0, 8.0, 7.0])
    answer = Neighbours([5, 4, 1, 3], [7.0, 8.0, 8.0, 9.0])
    assert prove([tied], {0: answer}, complete=True).direction == "ascending"


def test_another_label_above_the_worst_product_is_noticed() -> None:
    near = Probe(row=0, labels=[3, 1, 4, 5], scores=[9.0, 8.0, 7.0, 6.0])
    with pytest.raises(PublishRefused, match="label mapping"):
        prove([near], {0: Neighbours([5, 4, 30, 3], [6.0, 7.0, 8.0, 9.0])}, complete=True)


def test_a_single_neighbour_needs_no_direction() -> None:
    alone = Probe(row=0, labels=[3], scores=[2.0])
    assert prove([alone], {0: Neighbours([3], [2.0])}, complete=True).direction == "descending"


def test_a_model_that_ranks_nothing_is_refused() -> None:
    flat = Probe(row=0, labels=[0, 1, 2], scores=[0.0, 0.0, 0.0])
    with pytest.raises(PublishRefused, match="all equal, so the model ranks nothing"):
        prove([flat], {0: Neighbours([0, 1, 2], [0.0, 0.0, 0.0])}, complete=True)


def test_products_near_zero_are_held_beside_the_rows_largest() -> None:
    about = Probe(row=0, labels=[3, 1, 4], scores=[4.0, 1e-9, -4.0])
    assert prove([about], {0: Neighbours([3, 1, 4], [4.0, -3e-8, -4.0])}, complete=True).direction == "descending"


def thinned(keep: int) -> Answers:
    """A possible answer of an inverted-file index: some true neighbours are missing, worse ones are in their place."""
    answers = {}
    for row in ROWS:
        labels, scores = true_neighbours(row, ITEMS)
        places = [*range(K - keep, K), *range(K + 1, K + 5)]
        answers[row] = Neighbours([labels[p] for p in places][::-1], [scores[p] for p in places][::-1])
    return answers


def test_missing_neighbours_lower_the_recall_of_an_inverted_file_index_only() -> None:
    proof = prove(PROBES, thinned(8), complete=False)
    assert (proof.direction, proof.recall) == ("ascending", pytest.approx(8 / 12))
    assert refusal(thinned(8)).startswith("row alignment")


def test_too_low_a_recall_is_refused() -> None:
    assert refusal(thinned(1), complete=False).startswith("recall: k-NN found 8.3% of the probes' true neighbours")


@pytest.mark.parametrize("fault", ["rows", "labels", "distances"])
def test_faults_are_noticed_with_an_inverted_file_index_too(fault: str) -> None:
    right = thinned(10)
    if fault == "rows":
        said = refusal({0: right[4], 4: right[9], 9: right[0]}, complete=False)
        assert said.startswith("row alignment or label mapping")
    elif fault == "labels":
        shifted = {r: Neighbours([(n + 1) % ITEMS for n in f.labels], f.distances) for r, f in right.items()}
        assert refusal(shifted, complete=False).startswith("row alignment or label mapping")
    else:
        negated = {r: Neighbours(f.labels, [-d for d in f.distances]) for r, f in right.items()}
        assert refusal(negated, complete=False).startswith("distances")


def test_an_inverted_file_index_cannot_find_better_than_the_true_neighbours() -> None:
    answers = thinned(10)
    answers[4] = Neighbours(answers[4].labels, [probe(4)["scores"][0], *answers[4].distances[1:]])
    assert refusal(answers, complete=False).startswith("distances: of the probe in row 4, 1 of 14 distances are not")


def test_an_answer_with_no_true_neighbour_proves_nothing() -> None:
    said = refusal({**thinned(10), 9: Neighbours([], [])}, complete=False)
    assert said.startswith("row alignment or label mapping: of the probe in row 9, it shares 0 of 12 labels")
