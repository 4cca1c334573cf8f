"""Damage to k-NN's input, its answers, or the transform's output: a function for each kind."""

from collections.abc import Callable, Iterator

import numpy as np

from faults.small_run import SmallRun, small_run

Lines = list[dict[str, list[float]]]
Chance = np.random.Generator
_OTHER_SEED = 1


def _part(run: SmallRun, chance: Chance) -> str:
    return str(chance.choice(run.parts))


def _lines(change: Callable[[Lines, Chance], Lines | None]) -> Callable[[SmallRun, Chance], None]:
    """Damage to the lines of one part."""

    def damage(run: SmallRun, chance: Chance) -> None:
        part = _part(run, chance)
        lines = run.answers(part)
        run.answer(part, change(lines, chance) or lines)

    return damage


def _two(count: int, chance: Chance) -> tuple[int, int]:
    one, other = chance.choice(count, 2, replace=False).tolist()
    return one, other


def _swapped(lines: Lines, chance: Chance) -> None:
    one, other = _two(len(lines), chance)
    lines[one], lines[other] = lines[other], lines[one]


def _neighbours_swapped(lines: Lines, chance: Chance) -> None:
    row = int(chance.integers(len(lines) - 1))
    lines[row], lines[row + 1] = lines[row + 1], lines[row]


def _rotated(lines: Lines, chance: Chance) -> Lines:
    first = int(chance.integers(1, len(lines)))
    return lines[first:] + lines[:first]


def _shuffled_between_probes(lines: Lines, chance: Chance) -> None:
    rows = np.arange(1, len(lines), 2)  # in a part of 15 rows, the others are the probes
    order = chance.permutation(rows)
    before = list(lines)
    for row, other in zip(rows.tolist(), order.tolist(), strict=True):
        lines[row] = before[other]


def _doubled_and_missing(lines: Lines, chance: Chance) -> None:
    one, other = _two(len(lines), chance)
    del lines[one]
    lines.insert(other, lines[min(other, len(lines) - 1)])


def _missing(lines: Lines, chance: Chance) -> None:
    del lines[int(chance.integers(len(lines)))]


def _wrong_label(lines: Lines, chance: Chance) -> None:
    labels = lines[int(chance.integers(len(lines)))]["labels"]
    others = sorted(set(range(48)) - {int(label) for label in labels})
    labels[int(chance.integers(len(labels)))] = float(chance.choice(others))


def _labels_swapped(lines: Lines, chance: Chance) -> None:
    labels = lines[int(chance.integers(len(lines)))]["labels"]
    one, other = _two(len(labels), chance)
    labels[one], labels[other] = labels[other], labels[one]


def _others_distances(lines: Lines, chance: Chance) -> None:
    one, other = _two(len(lines), chance)
    lines[one]["distances"] = lines[other]["distances"]


def _one_distance(lines: Lines, chance: Chance) -> None:
    distances = lines[int(chance.integers(len(lines)))]["distances"]
    place = int(chance.integers(len(distances)))
    distances[place] *= 1 + float(chance.choice([-1, 1])) * 10 ** chance.uniform(-2, 1)


def _scaled(lines: Lines, chance: Chance) -> None:
    factor = 10 ** float(chance.uniform(0.01, 3)) ** float(chance.choice([-1, 1]))
    for line in lines:
        line["distances"] = [factor * distance for distance in line["distances"]]


def _moved(lines: Lines, chance: Chance) -> None:
    by = float(chance.normal()) + 0.1
    for line in lines:
        line["distances"] = [distance + by for distance in line["distances"]]


def _negated(lines: Lines, _chance: Chance) -> None:
    for line in lines:
        line["distances"] = [-distance for distance in line["distances"]]


def _one_row_turned(lines: Lines, chance: Chance) -> None:
    line = lines[int(chance.integers(len(lines)))]
    line["labels"], line["distances"] = line["labels"][::-1], line["distances"][::-1]


def _row_of_another_part(run: SmallRun, chance: Chance) -> None:
    (one, other), lines = chance.choice(run.parts, 2, replace=False), {part: run.answers(part) for part in run.parts}
    lines[one][int(chance.integers(15))] = lines[other][int(chance.integers(15))]
    run.answer(str(one), lines[one])


def _parts_swapped(run: SmallRun, chance: Chance) -> None:
    one, other = (str(part) for part in chance.choice(run.parts, 2, replace=False))
    lines = run.answers(one), run.answers(other)
    run.answer(one, lines[1])
    run.answer(other, lines[0])


_OTHER: list[SmallRun] = []


def _row_of_another_run(run: SmallRun, chance: Chance) -> None:
    if not _OTHER:
        _OTHER.append(small_run(_OTHER_SEED))
    part = _part(run, chance)
    lines, row = run.answers(part), int(chance.integers(15))
    lines[row] = _OTHER[0].answers(part)[row]
    run.answer(part, lines)


def _cut_off(run: SmallRun, chance: Chance) -> None:
    key = f"{_prefix(run)}{_part(run, chance)}.pbr.out"
    body = run.bucket.objects[key]
    run.bucket.objects[key] = body[: int(chance.integers(len(body) - 1))]


def _flipped_byte(run: SmallRun, chance: Chance) -> None:
    key = f"{_prefix(run)}{_part(run, chance)}.pbr.out"
    body = bytearray(run.bucket.objects[key])
    body[int(chance.integers(len(body)))] ^= 1 << int(chance.integers(8))
    run.bucket.objects[key] = bytes(body)


def _prefix(run: SmallRun) -> str:
    return next(key for key in run.bucket.objects if "/neighbours/" in key).rsplit("/", 1)[0] + "/"


def _user_rows(change: Callable[[np.ndarray, Chance], np.ndarray]) -> Callable[[SmallRun, Chance], None]:
    """The transform reads other user rows than extract wrote."""

    def damage(run: SmallRun, chance: Chance) -> None:
        part = _part(run, chance)
        rows = change(run.user_rows[part].copy(), chance)
        run.find_neighbours(run.item_rows, list(range(len(run.item_rows))), {part: rows})

    return damage


def _one_row_short(rows: np.ndarray, chance: Chance) -> np.ndarray:
    return np.delete(rows, chance.integers(len(rows)), axis=0)


def _rows_swapped(rows: np.ndarray, chance: Chance) -> np.ndarray:
    one, other = _two(len(rows), chance)
    rows[[one, other]] = rows[[other, one]]
    return rows


def _one_row_changed(rows: np.ndarray, chance: Chance) -> np.ndarray:
    rows[chance.integers(len(rows)), chance.integers(6)] += 1
    return rows


def _labels_permuted_in_index(run: SmallRun, chance: Chance) -> None:
    run.find_neighbours(run.item_rows, chance.permutation(len(run.item_rows)).tolist())


def _two_labels_swapped_in_index(run: SmallRun, chance: Chance) -> None:
    labels = list(range(len(run.item_rows)))
    one, other = _two(len(labels), chance)
    labels[one], labels[other] = labels[other], labels[one]
    run.find_neighbours(run.item_rows, labels)


def _item_changed_in_index(run: SmallRun, chance: Chance) -> None:
    rows = run.item_rows.copy()
    rows[chance.integers(len(rows))] *= float(chance.choice([0, -1, 2]))
    run.find_neighbours(rows, list(range(len(rows))))


def _item_missing_in_index(run: SmallRun, chance: Chance) -> None:
    gone = int(chance.integers(len(run.item_rows)))
    labels = [label for label in range(len(run.item_rows)) if label != gone]
    run.find_neighbours(run.item_rows[labels], labels)


def kinds() -> Iterator[tuple[str, Callable[[SmallRun, Chance], None], bool]]:
    """Name, damage, and whether it must always be caught if a list would be wrong."""
    for name, change in (
        ("rows swapped", _swapped),
        ("adjacent rows swapped", _neighbours_swapped),
        ("rows rotated", _rotated),
        ("rows shuffled between the probes", _shuffled_between_probes),
        ("one row missing, another doubled", _doubled_and_missing),
        ("one row missing", _missing),
        ("one wrong label", _wrong_label),
        ("two labels of a row swapped", _labels_swapped),
        ("distances of another row", _others_distances),
        ("one distance changed", _one_distance),
        ("all distances scaled", _scaled),
        ("all distances moved", _moved),
        ("all distances negated", _negated),
        ("one row turned round", _one_row_turned),
    ):
        yield f"answers: {name}", _lines(change), True
    yield "answers: a row of another part", _row_of_another_part, True
    yield "answers: two parts exchanged", _parts_swapped, True
    yield "answers: a row of another run", _row_of_another_run, True
    yield "answers: cut off", _cut_off, True
    yield "answers: one bit flipped", _flipped_byte, True
    yield "user rows: one short", _user_rows(_one_row_short), True
    yield "user rows: two swapped", _user_rows(_rows_swapped), True
    yield "user rows: one changed", _user_rows(_one_row_changed), True
    yield "index: labels permuted", _labels_permuted_in_index, True
    yield "index: two labels swapped", _two_labels_swapped_in_index, True
    yield "index: one item changed", _item_changed_in_index, True
    yield "index: one item missing", _item_missing_in_index, False
