"""Generates SageMaker's instance types after a botocore update: ``python -m infra.print_instance_types``."""

import json

import botocore.session

from workflow.instance_types import FILE

_SHAPES = ("ProcessingInstanceType", "TrainingInstanceType", "TransformInstanceType")


def printed() -> str:
    """By shape of botocore's model, its values in order."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    return json.dumps({shape: sorted(model.shape_for(shape).enum) for shape in _SHAPES}, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(printed(), encoding="utf-8")
