"""Requests and answers, in the single format of each that the stand-in supports."""

import json

import numpy as np
import pytest

from local_aws.algorithms.nearest_neighbours.answers import AcceptRefused, answer, check_form
from local_aws.algorithms.nearest_neighbours.model import Neighbours
from local_aws.algorithms.nearest_neighbours.rows import ContentTypeRefused, RowsRefused, request_rows, training_rows
from tests.unit.local_aws.nearest_neighbours.stand_in import RECORDIO, dense

ROWS = np.array([[1.5, -2.0, 3e-7], [0.1, 0.0, 4.0]], dtype=np.float32)
LABELS = np.array([5, 9], dtype=np.float32)


def test_a_request_s_rows_are_read() -> None:
    np.testing.assert_array_equal(request_rows(dense(ROWS), RECORDIO, 3), ROWS)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no rows"),
        (b"\x0a\x23\xd7\xce\xff", "not recordIO-protobuf"),
        (dense(np.array([[1.0, 2.0]])), "feature_dim 3 values, got rows of 2"),
        (dense(np.array([[1.0, 2.0, np.nan]])), "row 0 holds a NaN"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(body: bytes, said: str) -> None:
    with pytest.raises(RowsRefused, match=said):
        request_rows(body, RECORDIO, 3)


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "application/jsonlines", ""])
def test_another_content_type_is_refused(content_type: str) -> None:
    for read in (request_rows, training_rows):
        with pytest.raises(ContentTypeRefused, match=f"got '{content_type}'"):
            read(dense(ROWS, LABELS), content_type, 3)


def test_training_rows_carry_labels() -> None:
    rows, found = training_rows(dense(ROWS, LABELS), RECORDIO, 3)
    np.testing.assert_array_equal(rows, ROWS)
    np.testing.assert_array_equal(found, LABELS)


def test_training_rows_without_labels_are_refused() -> None:
    with pytest.raises(RowsRefused, match="no labels"):
        training_rows(dense(ROWS), RECORDIO, 3)
    with pytest.raises(RowsRefused, match="label of row 1"):
        training_rows(dense(ROWS, np.array([1, np.nan])), RECORDIO, 3)


NAMES = np.array([4, 5, 6], dtype=np.float32)


def test_an_answer_has_distances_and_labels_side_by_side_and_leaves_out_what_was_not_found() -> None:
    distances = np.array([[2.5, 1.25], [-3.4e38, 7.0]], dtype=np.float32)[:, ::-1]  # as the model reverses rows
    found = Neighbours(distances, positions=np.array([[1, 0], [2, -1]]), counts=np.array([2, 1]))
    assert [json.loads(line) for line in answer(found, NAMES).splitlines()] == [
        {"distances": [1.25, 2.5], "labels": [5.0, 4.0]},
        {"distances": [7.0], "labels": [6.0]},
    ]


def test_every_float32_comes_back_exactly() -> None:
    bits = np.random.default_rng(8).integers(0, 2**32, 20_000, dtype=np.uint32)
    values = bits.view(np.float32)
    values = values[np.isfinite(values)][None, :]
    places = np.zeros(values.shape, dtype=np.int64)
    body = answer(Neighbours(values, places, np.array([values.size])), NAMES)
    np.testing.assert_array_equal(np.array(json.loads(body)["distances"], dtype=np.float32), values[0])


@pytest.mark.parametrize("accept", ["application/jsonlines; verbose=true", "Application/JsonLines;Verbose=True"])
def test_verbose_lines_are_given(accept: str) -> None:
    check_form(accept)


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/jsonlines", "application/json; verbose=true", "text/csv", "text/html"]
)
def test_a_form_that_is_not_given_is_refused(accept: str) -> None:
    with pytest.raises(AcceptRefused, match="only, Accept is"):
        check_form(accept)
