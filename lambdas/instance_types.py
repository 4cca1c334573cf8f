"""Which instance types SageMaker has for each kind of job, from botocore's own service model."""

import botocore.session

_SHAPES = {
    "prepare_instance_type": "ProcessingInstanceType",
    "training_instance_type": "TrainingInstanceType",
    "extract_instance_type": "ProcessingInstanceType",
    "index_instance_type": "TrainingInstanceType",
    "transform_instance_type": "TransformInstanceType",
}


def by_field() -> dict[str, frozenset[str]]:
    """The legal values of each instance-type field of a run's request."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    return {field: frozenset(model.shape_for(shape).enum) for field, shape in _SHAPES.items()}
