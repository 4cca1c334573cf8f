"""Finds parts of the synthesized template."""

import re
from typing import Any


def machines(template: dict[str, Any]) -> tuple[str, str]:
    """The logical ids of the run's state machine, and of the one after publishing."""
    outputs = template["Outputs"]
    run, after = (outputs[name]["Value"]["Ref"] for name in ("StateMachineArn", "AfterPublishingArn"))
    assert {run, after} == set(of_type(template, "AWS::StepFunctions::StateMachine"))
    return run, after


def render(properties: dict[str, Any]) -> str:
    """``DefinitionString`` with its substitutions: the partition is real, the others are like real ones."""
    values = {
        name: {"Partition": "aws", "StackName": "topx", "BucketName": "topx-bucket"}.get(name)
        or (f"arn:aws:iam::111122223333:role/{name}" if name.endswith("RoleArn") else None)
        or (f"arn:aws:lambda:eu-west-1:111122223333:function:{name}" if name.endswith("Arn") else None)
        or "111122223333.dkr.ecr.eu-west-1.amazonaws.com/image:1"
        for name in properties["DefinitionSubstitutions"]
    }
    return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], properties["DefinitionString"])


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The template's resources of one type, by logical id."""
    return {name: resource for name, resource in template["Resources"].items() if resource["Type"] == kind}
