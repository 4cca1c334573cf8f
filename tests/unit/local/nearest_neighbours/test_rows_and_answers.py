"""Requests and answers in every content type."""

import json

import numpy as np
import pytest

from tests.unit.local.nearest_neighbours.stand_in import dense
from topx.local.algorithms.nearest_neighbours.answers import AcceptRefused, answer, answer_form
from topx.local.algorithms.nearest_neighbours.model import Neighbours
from topx.local.algorithms.nearest_neighbours.rows import ContentTypeRefused, RowsRefused, request_rows, training_rows

ROWS = np.array([[1.5, -2.0, 3e-7], [0.1, 0.0, 4.0]], dtype=np.float32)
NESTED = {"data": {"features": {"values": ROWS[0].tolist()}}}
PLAIN = {"features": ROWS[1].tolist()}

BODIES = {
    "application/x-recordio-protobuf": dense(ROWS),
    "text/csv": b"1.5,-2.0,3e-7\n0.1,0,4\n",
    "text/csv; charset=utf-8": b"1.5, -2.0, 3e-7\r\n0.1, 0, 4",
    "application/json": json.dumps({"instances": [NESTED, PLAIN]}).encode(),
    "application/jsonlines": f"{json.dumps(NESTED)}\n\n{json.dumps(PLAIN)}\n".encode(),
}


@pytest.mark.parametrize("content_type", BODIES)
def test_a_request_means_the_same_in_every_content_type(content_type: str) -> None:
    np.testing.assert_array_equal(request_rows(BODIES[content_type], content_type, 3), ROWS)


@pytest.mark.parametrize("content_type", BODIES)
def test_a_wrong_width_is_refused_in_every_content_type(content_type: str) -> None:
    with pytest.raises(RowsRefused, match="feature_dim 4 values, got rows of 3"):
        request_rows(BODIES[content_type], content_type, 4)


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("application/x-recordio-protobuf", b"", "no rows"),
        ("application/x-recordio-protobuf", b"\x0a\x23\xd7\xce\xff", "not recordIO-protobuf"),
        ("text/csv", b"\n", "no rows"),
        ("text/csv", b"1,2,three\n", "not CSV with numbers only"),
        ("text/csv", b"1,2,3\n1,2\n", "not CSV"),
        ("text/csv", b"1,2,nan\n", "row 0 holds a NaN"),
        ("application/json", b"{", "not JSON"),
        ("application/json", b"[]", "JSON rows look like"),
        ("application/json", b'{"instances": []}', "no rows"),
        ("application/json", b'{"instances": [{"features": [1, 2, "x"]}]}', "each row must look like"),
        ("application/json", b'{"instances": [{"features": [1, 2, 3]}, {"features": [1]}]}', "each row must look like"),
        ("application/jsonlines", b'{"values": [1, 2, 3]}', "each row must look like"),
        ("application/jsonlines", b"7", "each row must look like"),
        ("application/jsonlines", b'{"features": "123"}', "features must be a list"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(content_type: str, body: bytes, said: str) -> None:
    with pytest.raises(RowsRefused, match=said):
        request_rows(body, content_type, 3)


def test_an_unknown_content_type_is_refused() -> None:
    with pytest.raises(ContentTypeRefused, match="got 'application/x-npy'"):
        request_rows(b"", "application/x-npy", 3)


def test_training_rows_carry_labels_in_recordio_and_csv() -> None:
    labels = np.array([5, 9], dtype=np.float32)
    for data, content_type in (
        (dense(ROWS, labels), "application/x-recordio-protobuf"),
        (b"5,1.5,-2,3e-7\n9,.1,0,4", "text/csv"),
    ):
        rows, found = training_rows(data, content_type, 3)
        np.testing.assert_array_equal(rows, ROWS)
        np.testing.assert_array_equal(found, labels)


def test_training_rows_without_labels_are_refused() -> None:
    with pytest.raises(RowsRefused, match="no labels"):
        training_rows(dense(ROWS), "application/x-recordio-protobuf", 3)
    with pytest.raises(ContentTypeRefused, match="label_size must be 1"):
        training_rows(b"1,2,3", "text/csv; label_size=0", 3)
    with pytest.raises(RowsRefused, match="label of row 1"):
        training_rows(dense(ROWS, np.array([1, np.nan])), "application/x-recordio-protobuf", 3)


FOUND = Neighbours(
    distances=np.array([[1.25, 2.5], [7.0, -3.4e38]], dtype=np.float32),
    positions=np.array([[1, 0], [2, -1]]),
    counts=np.array([2, 1]),
)
PREDICTED = np.array([4.5, 6.0], dtype=np.float32)
TEXT = ["4.0", "5.0", "6.0"]
VERBOSE = [
    {"predicted_label": 4.5, "distances": [1.25, 2.5], "labels": [5.0, 4.0]},
    {"predicted_label": 6.0, "distances": [7.0], "labels": [6.0]},
]


def test_a_verbose_answer_has_distances_and_labels_side_by_side_and_leaves_out_what_was_not_found() -> None:
    lines = answer(PREDICTED, FOUND, TEXT, "application/jsonlines")
    assert [json.loads(line) for line in lines.splitlines()] == VERBOSE
    assert json.loads(answer(PREDICTED, FOUND, TEXT, "application/json")) == {"predictions": VERBOSE}


def test_a_plain_answer_has_the_predicted_label_only() -> None:
    due = [{"predicted_label": 4.5}, {"predicted_label": 6.0}]
    assert [json.loads(line) for line in answer(PREDICTED, None, TEXT, "application/jsonlines").splitlines()] == due
    assert json.loads(answer(PREDICTED, None, TEXT, "application/json")) == {"predictions": due}
    assert answer(PREDICTED, None, TEXT, "text/csv") == b"4.5\n6\n"


def test_every_float32_comes_back_exactly() -> None:
    bits = np.random.default_rng(8).integers(0, 2**32, 20_000, dtype=np.uint32)
    values = bits.view(np.float32)
    values = values[np.isfinite(values)][None, :]
    places = np.zeros(values.shape, dtype=np.int64)
    body = answer(PREDICTED[:1], Neighbours(values, places, np.array([values.size])), TEXT, "application/jsonlines")
    np.testing.assert_array_equal(np.array(json.loads(body)["distances"], dtype=np.float32), values[0])


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", ("application/json", False)),
        ("*/*", ("application/json", False)),
        ("application/json", ("application/json", False)),
        ("application/json;verbose=true", ("application/json", True)),
        ("application/jsonlines", ("application/jsonlines", False)),
        ("Application/JsonLines; Verbose=True", ("application/jsonlines", True)),
        ("text/csv", ("text/csv", False)),
    ],
)
def test_accept_decides_the_form(accept: str, form: tuple[str, bool]) -> None:
    assert answer_form(accept) == form


@pytest.mark.parametrize("accept", ["text/html", "text/csv; verbose=true", "application/x-recordio-protobuf"])
def test_a_form_that_is_not_given_is_refused(accept: str) -> None:
    with pytest.raises(AcceptRefused, match="Accept must be"):
        answer_form(accept)
