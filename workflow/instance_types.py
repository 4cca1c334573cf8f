"""Which instance types SageMaker has for each kind of job: as this version of topx knows them, wherever it runs.

``instance_types.json`` is printed from the locked botocore's model of SageMaker, so that a deployment and its runs
judge alike: the boto3 of Lambda's runtime is another one, and older.
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
    listed = json.loads(FILE.read_text(encoding="utf-8"))
    return {field: frozenset(listed[shape]) for field, shape in _SHAPES.items()}
