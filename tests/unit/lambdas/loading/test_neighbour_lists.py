"""Reading batch transform's output."""

import io
import json
from typing import Any

import pytest

from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas.loading.neighbour_lists import Neighbours, TransformOutput, opened_output
from lambdas.s3_json import JsonDocuments
from tests.unit.lambdas.conftest import Aws


def line(labels: list[Any], distances: list[Any]) -> str:
    return json.dumps({"predicted_label": 1.0, "labels": labels, "distances": distances})


def output(*lines: str, complete: bool = True) -> TransformOutput:
    return TransformOutput(io.BytesIO("\n".join(lines).encode()), items=10, k=3, complete=complete)


GOOD = line([1.0, 2.0, 9.0], [0.5, 0.75, -1.0])


def test_labels_become_whole_numbers_and_distances_stay() -> None:
    assert list(output(GOOD)) == [Neighbours([1, 2, 9], [0.5, 0.75, -1.0])]


def test_blank_lines_are_no_rows() -> None:
    lines = output("", GOOD, "", "  ", line([0.0, 4.0, 5.0], [1, 2, 3]), "")
    assert [found.labels for found in lines] == [[1, 2, 9], [0, 4, 5]]
    assert lines.rows({1}) == (2, {1: Neighbours([0, 4, 5], [1, 2, 3])})


def test_it_can_be_read_again() -> None:
    lines = output(GOOD, GOOD)
    assert lines.rows(set()) == (2, {})
    assert len(list(lines)) == len(list(lines)) == 2


def test_nothing_is_no_rows() -> None:
    assert output().rows({0}) == (0, {})


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "not a verbose k-NN response"),
        ("[]", "not a verbose k-NN response"),
        ('{"predicted_label": 1.0}', "not a verbose k-NN response: KeyError('distances')"),
        (line(["a", 2, 3], [1, 2, 3]), "not a verbose k-NN response"),
        (line([1, 2, 3], [1, None, 3]), "not a verbose k-NN response"),
        (line([1, float("nan"), 3], [1, 2, 3]), "not a verbose k-NN response"),
        (line([1, float("inf"), 3], [1, 2, 3]), "not a verbose k-NN response"),
        (line([1, 2, 3], [1, float("nan"), 3]), "distances must be finite"),
        (line([1, 2, 3], [1, 2, float("-inf")]), "distances must be finite"),
        (line([1, 2.5, 3], [1, 2, 3]), "labels must be whole numbers, got 2.5"),
        (line([1, 2, 10], [1, 2, 3]), "labels must be in the catalogue, 0..9, got 1..10"),
        (line([-1, 2, 3], [1, 2, 3]), "labels must be in the catalogue, 0..9, got -1..3"),
        (line([1, 2, 2], [1, 2, 3]), "labels must be unique, got 1 repeated"),
        (line([1, 2, 3], [1, 2]), "the same length, got 3 and 2"),
        (line([1, 2], [1, 2]), "there must be 3 neighbours, got 2"),
        (line([1, 2, 3, 4], [1, 2, 3, 4]), "there must be 3 neighbours, got 4"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_number(bad: str, said: str) -> None:
    with pytest.raises(PublishRefused, match="row 1 of the transform output") as refused:
        list(output(GOOD, "", bad))
    assert said in str(refused.value)


def test_an_index_that_may_miss_neighbours_may_give_fewer_but_not_more() -> None:
    assert list(output(line([], []), complete=False)) == [Neighbours([], [])]
    with pytest.raises(PublishRefused, match="at most 3 neighbours, got 4"):
        list(output(line([1, 2, 3, 4], [1, 2, 3, 4]), complete=False))


LAYOUT = RunLayout("bucket", "20261123t030000120-a9711f")


@pytest.mark.parametrize("key", ["part-00001.pbr.out", "users/vectors/part-00001.pbr.out"])
def test_the_output_is_found_by_how_its_key_ends(aws: Aws, key: str) -> None:
    others = ("part-00000.pbr.out", "part-00001.pbr", "x-part-00001.pbr.out")
    for other in (*(f"{LAYOUT.neighbours}{name}" for name in others), "m/part-00001.pbr.out"):
        aws.put(other, b"other")
    aws.put(f"{LAYOUT.neighbours}{key}", b"right")
    with opened_output(JsonDocuments(aws.s3, aws.bucket), LAYOUT, "part-00001") as lines:
        lines.seek(0)
        assert lines.read() == b"right"


def test_no_output_and_two_outputs_are_refused(aws: Aws) -> None:
    documents = JsonDocuments(aws.s3, aws.bucket)
    with pytest.raises(PublishRefused, match="got none"), opened_output(documents, LAYOUT, "part-00001"):
        pass
    aws.put(f"{LAYOUT.neighbours}part-00001.pbr.out", b"")
    aws.put(f"{LAYOUT.neighbours}again/part-00001.pbr.out", b"")
    with pytest.raises(PublishRefused, match=r"got \['.*/again/"), opened_output(documents, LAYOUT, "part-00001"):
        pass


def test_what_is_refused_while_it_is_read_names_the_output_and_what_it_was_made_of(aws: Aws) -> None:
    aws.put(f"{LAYOUT.neighbours}x/part-00001.pbr.out", b"{")
    documents = JsonDocuments(aws.s3, aws.bucket)
    with pytest.raises(PublishRefused) as refused, opened_output(documents, LAYOUT, "part-00001") as lines:
        list(TransformOutput(lines, items=10, k=3, complete=True))
    said = str(refused.value)
    assert said.startswith("PublishRefused: row 0 of the transform output is not a verbose k-NN response")
    for key in (f"{LAYOUT.neighbours}x/part-00001.pbr.out", f"{LAYOUT.user_vectors}part-00001.pbr"):
        assert key in said
    for folder in (LAYOUT.item_vectors, LAYOUT.knn_output):
        assert folder in said
    assert "\n" not in said
