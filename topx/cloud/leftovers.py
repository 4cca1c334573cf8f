"""Resources left by a first deployment that failed and was rolled back, and how to delete them."""

from collections.abc import Iterator
from typing import Any

from topx.cloud.place import Place

# The status of a stack that was never fully created: the next deployment deletes it and starts again.
NEVER_WHOLE = {
    "CREATE_FAILED",
    "DELETE_COMPLETE",
    "REVIEW_IN_PROGRESS",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
}
_THERE = {"CREATE_COMPLETE", "DELETE_FAILED", "DELETE_SKIPPED", "UPDATE_COMPLETE"}
_REMOVALS = {
    "AWS::S3::Bucket": ("aws s3 rb --force s3://{name}",),
    "AWS::DynamoDB::Table": (
        "aws dynamodb update-table --table-name {name} --no-deletion-protection-enabled",
        "aws dynamodb delete-table --table-name {name}",
    ),
    "AWS::Logs::LogGroup": ("aws logs delete-log-group --log-group-name {name}",),
}


def description(place: Place, stack: str) -> list[str]:
    """A line for each existing resource, with the commands to delete it, if the stack was never fully created."""
    described = place.stack(stack)
    if described is None or described["StackStatus"] not in NEVER_WHOLE:
        return []
    answer = place.cloudformation.describe_stack_resources(StackName=described["StackId"])
    return list(_lines(answer["StackResources"], place.region))


def _lines(resources: list[dict[str, Any]], region: str) -> Iterator[str]:
    for resource in resources:
        name, kind = resource.get("PhysicalResourceId"), resource["ResourceType"]
        if name and resource["ResourceStatus"] in _THERE:
            removals = [f"{command.format(name=name)} --region {region}" for command in _REMOVALS.get(kind, ())]
            yield f"{kind} {name}: {' && '.join(removals) or 'delete it in the console'}"
