"""Instances by the size of the data: enough memory, no more than that, and the operator's own choice first."""

import re
from typing import Any

import pytest

from contract import run_request
from contract.request_document import Request
from lambdas.planning.job_times import PROCESSING_SECONDS
from workflow import instance_types
from workflow.instance_sizes import BY_SIZE, fitting, largest_text_gigabytes


def request(**given: Any) -> Request:
    return run_request.parse(given)


@pytest.mark.parametrize("field", BY_SIZE)
def test_each_type_is_taken_up_to_its_size_and_the_next_one_beyond(field: str) -> None:
    names = list(BY_SIZE[field])
    for place, (name, most) in enumerate(largest_text_gigabytes(field).items()):
        assert dict(fitting(request(), 0.999 * most * 1e9)["types"])[field] == name
        beyond = fitting(request(), 1.001 * most * 1e9)
        assert dict(beyond["types"])[field] == names[min(place + 1, len(names) - 1)]
    assert "may be too small" in beyond["because"]


def test_larger_is_never_less_memory() -> None:
    for sizes in BY_SIZE.values():
        assert list(sizes.values()) == sorted(sizes.values())


def test_sagemaker_has_these_types_for_these_jobs() -> None:
    known = instance_types.by_field()
    assert all(set(sizes) <= known[field] for field, sizes in BY_SIZE.items())


def test_what_was_measured_fits() -> None:
    """A million users with 20 million interactions: 0.52 GB of text, 1.9 GB in prepare and 1.5 GB in extract."""
    found = fitting(request(), 0.52e9)
    assert found["types"] == {
        "prepare_instance_type": "ml.m5.xlarge",
        "training_instance_type": "ml.c5.xlarge",
        "extract_instance_type": "ml.m5.xlarge",
    }
    reported = re.search(r"([0-9]+) GB of memory a job", found["because"])
    assert reported
    assert int(reported[1]) >= 1.9


def test_the_inputs_own_types_are_kept() -> None:
    own = request(prepare_instance_type="ml.m5.large", extract_instance_type="ml.t3.large")
    assert fitting(own, 50e9)["types"] == {"training_instance_type": "ml.m5.24xlarge"}
    everything = dict.fromkeys(BY_SIZE, "ml.m5.xlarge")
    found = fitting(request(**everything), 50e9)
    assert found == {"types": {}, "prepare_engine": "single", "because": "the input names them"}


def test_spark_prepares_what_would_take_one_instance_longer_than_its_job_may() -> None:
    """Prepare took 184 s for 0.52 GB on two cores."""
    most = PROCESSING_SECONDS / 184 * 0.52e9
    assert fitting(request(), 0.85 * most, has_spark=True)["prepare_engine"] == "single"
    assert fitting(request(), most, has_spark=True)["prepare_engine"] == "spark"
    assert fitting(request(), most)["prepare_engine"] == "single"
    assert fitting(request(prepare_engine="spark"), 0, has_spark=True)["prepare_engine"] == "spark"
    assert fitting(request(prepare_engine="single"), most, has_spark=True)["prepare_engine"] == "single"
