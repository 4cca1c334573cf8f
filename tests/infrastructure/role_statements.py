"""The permissions of the template's roles, statement by statement."""

import fnmatch
import re
from dataclasses import dataclass
from typing import Any

from tests.infrastructure.template_parts import of_type

KNOWN = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "111122223333",
    "AWS::URLSuffix": "amazonaws.com",
}
EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution"


@dataclass(frozen=True)
class Statement:
    """One Allow statement of one role, with its resources as CloudFormation would resolve them."""

    role: str
    reason: str
    actions: list[str]
    resources: list[str]
    conditions: dict[str, Any]

    def allows(self, action: str, resource: str) -> bool:
        return action in self.actions and any(fnmatch.fnmatchcase(resource, pattern) for pattern in self.resources)


def text(value: Any, template: dict[str, Any]) -> str:
    """An ARN or name, in which a resource of the stack appears as <logical id>."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return KNOWN.get(argument, f"<{argument}>")
    if function == "Fn::GetAtt":
        return f"<{argument[0]}>"
    if function == "Fn::FindInMap":
        name, first, second = (text(part, template) for part in argument)
        return str(template["Mappings"][name][first][second])
    if function == "Fn::Sub":
        return re.sub(r"\$\{(.+?)\}", lambda match: KNOWN[match[1]], argument)
    assert function == "Fn::Join", value
    return str(argument[0]).join(text(part, template) for part in argument[1])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements_of(template: dict[str, Any]) -> list[Statement]:
    """Every Allow statement of every role."""
    found = []
    for policy in of_type(template, "AWS::IAM::Policy").values():
        for role in policy["Properties"]["Roles"]:
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                found.append(
                    Statement(
                        role=role["Ref"],
                        reason=statement.get("Sid", ""),
                        actions=listed(statement["Action"]),
                        resources=[text(resource, template) for resource in listed(statement["Resource"])],
                        conditions=statement.get("Condition", {}),
                    )
                )
    return found


def of_function(name: str, statements: list[Statement], template: dict[str, Any]) -> list[Statement]:
    """The statements of one Lambda's role."""
    (role,) = (
        resource["Properties"]["Role"]["Fn::GetAtt"][0]
        for resource in of_type(template, "AWS::Lambda::Function").values()
        if resource["Properties"]["Handler"] == f"lambdas.handlers.{name}.handler"
    )
    return [statement for statement in statements if statement.role == role]
