"""Where SageMaker jobs log.

Source: "CloudWatch Logs for Amazon SageMaker AI" in the developer guide.
"""


def log_group(kind: str) -> str:
    """The log group of SageMaker jobs of a kind (Processing, Training, Transform)."""
    return f"/aws/sagemaker/{kind}Jobs"
