"""A search's answer as text.

Source: "Data Formats for k-NN Response" in the SageMaker developer guide.
"""

from collections.abc import Iterator
from functools import cache

from topx.local.algorithms.nearest_neighbours.model import Floats, Neighbours
from topx.local.algorithms.nearest_neighbours.rows import CSV, JSON, JSON_LINES, media_type


class AcceptRefused(ValueError):
    """The asked form of answer is not given here."""


def answer_form(accept: str) -> tuple[str, bool]:
    """The content type to answer in, and whether distances and labels are wanted.

    Of several the first is taken; nothing, or anything, means JSON.

    Raises:
        AcceptRefused.

    >>> answer_form("application/jsonlines; verbose=true")
    ('application/jsonlines', True)
    """
    kind, parameters = media_type(accept.partition(",")[0])
    if kind in ("", "*/*"):
        kind = JSON
    verbose = parameters.get("verbose", "false") == "true"
    if kind not in (JSON, JSON_LINES, CSV) or (kind == CSV and verbose):
        raise AcceptRefused(
            f"Accept must be {JSON} or {JSON_LINES}, each with or without verbose=true, or {CSV}, got {accept!r}"
        )
    return kind, verbose


def answer(predicted: Floats, found: Neighbours | None, label_text: list[str], kind: str) -> bytes:
    """The whole body, one prediction a row.

    Args:
        predicted: float32[n].
        found: the neighbours for a verbose answer, or None.
        label_text: each item's label as text, by the index's positions.
        kind: one of the content types that ``answer_form`` gives.
    """
    if kind == CSV:
        return "".join(f"{value:.9g}\n" for value in predicted.tolist()).encode()
    if found:
        objects = _verbose(predicted, found, label_text)
    else:
        objects = (f'{{"predicted_label": {value!r}}}' for value in predicted.tolist())
    if kind == JSON:
        return f'{{"predictions": [{", ".join(objects)}]}}'.encode()
    return "".join(f"{line}\n" for line in objects).encode()


def _verbose(predicted: Floats, found: Neighbours, label_text: list[str]) -> Iterator[str]:
    """One JSON object a row. A format of nine digits, which give every float32 back, is twice as fast as ``json``."""
    each = zip(predicted.tolist(), found.distances, found.positions, found.counts.tolist(), strict=True)
    for label, distances, positions, count in each:
        numbers = _format(count) % tuple(distances[:count].tolist())
        names = ", ".join([label_text[position] for position in positions[:count].tolist()])
        yield f'{{"predicted_label": {label!r}, "distances": [{numbers}], "labels": [{names}]}}'


@cache
def _format(count: int) -> str:
    return ", ".join(["%.9g"] * count)
