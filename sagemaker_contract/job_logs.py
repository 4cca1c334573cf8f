"""Where SageMaker's jobs log.

Source: "CloudWatch Logs for Amazon SageMaker AI" in the developer guide.
"""


def log_group(kind: str) -> str:
    """Where CloudWatch Logs has what SageMaker's jobs of a kind (Processing, Training, Transform) wrote."""
    return f"/aws/sagemaker/{kind}Jobs"
