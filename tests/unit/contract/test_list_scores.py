"""Scores in the table read back as they were written, in each encoding."""

import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from contract import list_scores

FLOATS = st.floats(-1e6, 1e6, width=32)
SCORES = st.lists(FLOATS, max_size=200).map(lambda values: sorted(values, reverse=True))


def received(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in sent.items()}


@given(SCORES, st.sampled_from(list_scores.FORMS))
def test_what_is_written_is_read(scores: list[float], form: str) -> None:
    texts = list_scores.texts(scores)
    kept = list_scores.attribute(texts, form)
    assert set(kept) == (set() if form == "none" else {"scores"})
    sent = {name: TypeSerializer().serialize(value) for name, value in kept.items()}
    found = received(list_scores.attribute_on_the_wire(texts, form))
    assert found == received(sent)
    read = list_scores.read(found)
    if form == "none":
        assert read is None
        return
    assert read is not None
    step = (scores[0] - scores[-1]) / 65_535 if scores else 0.0
    tolerance = 1e-6 * max(map(abs, scores), default=0) + (step / 2 if form == "packed" else 0)
    np.testing.assert_allclose(read, scores, rtol=0, atol=tolerance * 1.01 + 1e-30)
    assert read == sorted(read, reverse=True)


def test_the_packed_form_is_the_documented_one() -> None:
    """By an independent reader, written from the module's docstring."""
    data = list_scores.packed(["2.5", "1.75", "-1.5"])
    assert len(data) == 8 + 2 * 3
    highest, lowest, *steps = struct.unpack("<ff3H", data)
    assert [lowest + step * (highest - lowest) / 65_535 for step in steps] == pytest.approx([2.5, 1.75, -1.5], abs=4e-5)
    assert (highest, lowest, steps[0], steps[-1]) == (2.5, -1.5, 65_535, 0)


def test_equal_scores_stay_equal() -> None:
    assert list_scores.read({"scores": list_scores.packed(["0.1"] * 3)}) == [pytest.approx(0.1)] * 3
    assert list_scores.read({"scores": list_scores.packed([])}) == []


def test_the_documented_snippet_unpacks_them() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "run.md").read_text(encoding="utf-8")
    _, snippet = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(snippet, names)
    data = list_scores.packed(["2.5", "1.75", "-1.5"])
    assert names["unpacked"](data, 3) == list_scores.read({"scores": data})
