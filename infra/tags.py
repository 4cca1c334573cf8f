"""Tags: the customer's own, and the one by which a stack knows the jobs and models that it has made.

The stack's tags go with ``cdk deploy``, and CloudFormation hands them on to every resource that takes tags. What runs
make in SageMaker is no resource of the stack: there the tags stand in the requests.
"""

from collections.abc import Mapping

from aws_cdk import Aws

from infra.states_language import State

# Names begin alike in every stack of an account, so a name alone does not tell whose a job is.
STACK_TAG = "topx:stack"
ONLY_OWN = {"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": Aws.STACK_NAME}}
"""The condition of a permission that is for jobs and models of this stack alone."""


def of_stack(name: str, tags: Mapping[str, str]) -> dict[str, str]:
    """What the stack itself is tagged with."""
    return {STACK_TAG: name, **tags}


def place(state: State, tags: Mapping[str, str]) -> None:
    """Add the customer's tags to the request of a state, if it is one that makes a job or a model."""
    request = state.get("Parameters", {})
    if "Tags" in request:
        request["Tags"] += [{"Key": key, "Value": value} for key, value in tags.items()]
