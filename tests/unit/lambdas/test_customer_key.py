"""A customer managed key is in every field of a request for one, except where it is not allowed."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.model import Shape

from local_aws.door import sagemaker_faults
from tests.unit.lambdas import sagemaker_requests
from tests.unit.lambdas.planned import KEY
from tests.unit.lambdas.whole_requests import STATES, requests_of
from workflow import instance_types


def keys_of(shape: Shape, path: str = "") -> Iterator[str]:
    """Every position in a request where the service model has a KMS key."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            where = f"{path}.{name}"
            if member.name == "KmsKeyId":
                yield where
            yield from keys_of(member, where)


def test_a_customers_key_is_in_every_place_that_a_request_has_for_one() -> None:
    for state, request in requests_of(KEY).items():
        for path in keys_of(sagemaker_requests.MODEL.operation_model(STATES[state]).input_shape):
            place: Any = request
            *folders, name = path.split(".")[1:]
            for folder in folders:
                place = place.get(folder, {})
            if place:  # parts of a request that topx omits, such as a data set definition, have no key either
                assert place.get(name) == KEY, f"{state}: {path}"


@pytest.mark.parametrize(
    ("state", "field", "instance_type", "path"),
    [
        ("Prepare training data", "prepare_instance_type", "ml.r5d.large", "ProcessingResources.ClusterConfig"),
        ("Train factorization machines", "training_instance_type", "ml.g5.xlarge", "ResourceConfig"),
        ("Extract vectors", "extract_instance_type", "ml.g4dn.xlarge", "ProcessingResources.ClusterConfig"),
        ("Train k-NN", "index_instance_type", "ml.p4d.24xlarge", "ResourceConfig"),
        ("Find neighbours", "transform_instance_type", "ml.g6.xlarge", "TransformResources"),
    ],
)
def test_a_disk_that_is_in_the_host_gets_no_key_but_outputs_do(
    state: str, field: str, instance_type: str, path: str
) -> None:
    request = requests_of(KEY, **{field: instance_type})[state]
    place = request
    for folder in path.split("."):
        place = place[folder]
    assert place["InstanceType"] == instance_type
    assert "VolumeKmsKeyId" not in place
    assert KEY in str(request)


def test_no_key_is_named_where_there_is_none() -> None:
    assert "Kms" not in str(requests_of())


def test_two_lists_of_instances_with_disks_of_their_own_agree() -> None:
    kinds = sorted({kind for types in instance_types.by_field().values() for kind in types})
    refused = [
        kind
        for kind in kinds
        if sagemaker_faults("CreateTransformJob", {"TransformResources": {"InstanceType": kind, "VolumeKmsKeyId": KEY}})
    ]
    assert [kind for kind in kinds if instance_types.has_local_storage(kind)] == refused
    assert len(refused) > 50
