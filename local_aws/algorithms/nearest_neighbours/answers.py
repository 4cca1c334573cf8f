"""A search's answer as text.

Source: "Data Formats for k-NN Response" in the SageMaker developer guide: the verbose JSON lines, without the label
that SageMaker predicts from the neighbours'.
"""

from collections.abc import Iterator
from functools import cache

from local_aws.algorithms.nearest_neighbours.model import Neighbours
from local_aws.algorithms.nearest_neighbours.rows import media_type

JSON_LINES = "application/jsonlines"


class AcceptRefused(ValueError):
    """The asked form of answer is not given here."""


def check_form(accept: str) -> None:
    """Make sure that the form which is asked for is the one that is given.

    Raises:
        AcceptRefused.
    """
    kind, parameters = media_type(accept)
    if kind != JSON_LINES or parameters.get("verbose") != "true":
        raise AcceptRefused(f"the stand-in answers {JSON_LINES}; verbose=true only, Accept is {accept!r}")


def answer(found: Neighbours, label_text: list[str]) -> bytes:
    """The whole body, one line a row.

    Args:
        found: the neighbours.
        label_text: each item's label as text, by the index's positions.
    """
    return "".join(_lines(found, label_text)).encode()


def _lines(found: Neighbours, label_text: list[str]) -> Iterator[str]:
    """One JSON object a row. A format of nine digits, which give every float32 back, is twice as fast as ``json``."""
    for distances, positions, count in zip(found.distances, found.positions, found.counts.tolist(), strict=True):
        numbers = _format(count) % tuple(distances[:count].tolist())
        names = ", ".join([label_text[position] for position in positions[:count].tolist()])
        yield f'{{"distances": [{numbers}], "labels": [{names}]}}\n'


@cache
def _format(count: int) -> str:
    return ", ".join(["%.9g"] * count)
