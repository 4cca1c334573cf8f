"""The answer to a request, as text.

Source: "Data Formats for k-NN Response" in the SageMaker developer guide: verbose JSON lines, without the label that
SageMaker predicts from the neighbours.
"""

import numpy as np
import orjson

from local_aws.algorithms.nearest_neighbours.model import Floats, Neighbours
from local_aws.algorithms.nearest_neighbours.rows import media_type

JSON_LINES = "application/jsonlines"
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE


class AcceptRefused(ValueError):
    """The requested format of the answer is not supported."""


def check_form(accept: str) -> None:
    """Check that the requested format is the supported one.

    Raises:
        AcceptRefused.
    """
    kind, parameters = media_type(accept)
    if kind != JSON_LINES or parameters.get("verbose") != "true":
        raise AcceptRefused(f"the stand-in answers {JSON_LINES}; verbose=true only, Accept is {accept!r}")


def answer(found: Neighbours, labels: Floats) -> bytes:
    """The whole body, one line for each row.

    Args:
        found: the neighbours.
        labels: float32[n], each item's label, by position in the index.
    """
    rows = zip(found.distances, found.positions, found.counts.tolist(), strict=True)
    return b"".join([_line(distances[:count], labels[positions[:count]]) for distances, positions, count in rows])


def _line(distances: Floats, labels: Floats) -> bytes:
    """One JSON object. orjson writes the shortest text that reads back as the same float32; rows must be
    contiguous.
    """
    return orjson.dumps({"distances": np.ascontiguousarray(distances), "labels": labels}, option=_OPTIONS)
