"""Tags: the customer's own, and the one that identifies the jobs and models created by a stack.

``cdk deploy`` sets the stack's tags, and CloudFormation applies them to every resource that supports tags. What runs
create in SageMaker is not a resource of the stack: its tags are in the requests.
"""

from collections.abc import Mapping

from aws_cdk import Aws

from infra.states_language import State

# Names have the same prefixes in all stacks of an account, so a name does not identify the stack.
STACK_TAG = "topx:stack"
ONLY_OWN = {"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": Aws.STACK_NAME}}
"""The condition that limits a permission to jobs and models of this stack."""


def of_stack(name: str, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of the stack itself."""
    return {STACK_TAG: name, **tags}


def place(state: State, tags: Mapping[str, str]) -> None:
    """Add the customer's tags to the request in a state, if it creates a job or a model."""
    request = state.get("Parameters", {})
    if "Tags" in request:
        request["Tags"] += [{"Key": key, "Value": value} for key, value in tags.items()]
