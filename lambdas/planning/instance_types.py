"""Which instance types SageMaker has for each kind of job, from botocore's own service model."""

import botocore.session

_SHAPES = {
    "prepare_instance_type": "ProcessingInstanceType",
    "training_instance_type": "TrainingInstanceType",
    "extract_instance_type": "ProcessingInstanceType",
    "index_instance_type": "TrainingInstanceType",
    "transform_instance_type": "TransformInstanceType",
}


# "Instance store volumes", EC2 user guide: the families of SageMaker's types that have NVMe disks of their own.
_WITH_LOCAL_STORAGE = frozenset(
    {"g4dn", "g5", "g6", "g6e", "g7", "g7e", "p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300"}
    | {"p6e-gb200", "r5d", "trn1", "trn1n", "trn2"}
)


def has_local_storage(instance_type: str) -> bool:
    """Whether its disk is NVMe in the host, which is encrypted by itself and takes no key of anybody's.

    ``ResourceConfig``, SageMaker API reference: "You can't request a VolumeKmsKeyId when using an instance type with
    local storage."

    >>> has_local_storage("ml.g5.xlarge"), has_local_storage("ml.m5.xlarge")
    (True, False)
    """
    return instance_type.split(".")[1] in _WITH_LOCAL_STORAGE


def by_field() -> dict[str, frozenset[str]]:
    """The legal values of each instance-type field of a run's request."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    return {field: frozenset(model.shape_for(shape).enum) for field, shape in _SHAPES.items()}
