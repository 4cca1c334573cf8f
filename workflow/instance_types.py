"""The instance types that SageMaker has for each kind of job, as known to this version of topx.

``instance_types.json`` is generated from the locked botocore's model of SageMaker, so that deployments and runs
validate alike: the boto3 of the Lambda runtime is an older version.
"""

import json
from pathlib import Path

FILE = Path(__file__).with_name("instance_types.json")
_SHAPES = {
    "prepare_instance_type": "ProcessingInstanceType",
    "training_instance_type": "TrainingInstanceType",
    "extract_instance_type": "ProcessingInstanceType",
    "index_instance_type": "TrainingInstanceType",
    "transform_instance_type": "TransformInstanceType",
}


# "Instance store volumes", EC2 user guide: the families of SageMaker's types that have local NVMe disks.
_WITH_LOCAL_STORAGE = frozenset(
    {"g4dn", "g5", "g6", "g6e", "g7", "g7e", "p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300"}
    | {"p6e-gb200", "r5d", "trn1", "trn1n", "trn2"}
)


def has_local_storage(instance_type: str) -> bool:
    """Whether its disk is the host's NVMe, which is always encrypted and takes no key.

    ``ResourceConfig``, SageMaker API reference: "You can't request a VolumeKmsKeyId when using an instance type with
    local storage."

    >>> has_local_storage("ml.g5.xlarge"), has_local_storage("ml.m5.xlarge")
    (True, False)
    """
    return instance_type.split(".")[1] in _WITH_LOCAL_STORAGE


def by_field() -> dict[str, frozenset[str]]:
    """The legal values of each instance-type field of a run's request."""
    listed = json.loads(FILE.read_text(encoding="utf-8"))
    return {field: frozenset(listed[shape]) for field, shape in _SHAPES.items()}
