"""Generates docs/iam.md, all permissions and their reasons, from the CloudFormation template."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# The value of statements.REASONS; importing it would load aws_cdk, which takes seconds.
_REASONS = "Reasons"
_HASH = re.compile(r"[0-9A-F]{8}$")
_PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "REGION", "AWS::AccountId": "ACCOUNT", "AWS::StackName": "STACK"}
_INTRODUCTION = """\
# Permissions

Every role of a deployment, what it may do and why, printed from the template of the default settings by
`python -m infra.print_docs`. `<Name>` stands for a resource of the stack, `REGION` and `ACCOUNT` for the
deployment's own. With subnets or a key in the settings, roles get what those need, too (`infra/network.py`,
`infra/storage.py`); what the function `register_version` may do with a `model_package_group` is in
`workflow/after_publishing.py`.

The embedded AWS runs everything under these same roles, and a test takes each permission away and finds a call of
recorded runs that is denied without it. Those for which nothing on this machine asks are in
`tests/infrastructure/documented_permissions.py`, each with Amazon's page that asks for it."""


def document(template: Mapping[str, Any]) -> str:
    """The text of docs/iam.md.

    Args:
        template: as written by ``python app.py``.

    Raises:
        KeyError: naming a statement without a reason.
    """
    return "\n\n".join([_INTRODUCTION, *(_section(name, role, template) for name, role in _roles(template))]) + "\n"


def _roles(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            yield name, resource


def _section(name: str, role: Mapping[str, Any], template: Mapping[str, Any]) -> str:
    purpose = role["Properties"]["Description"].removeprefix("topx: ")
    rows = [_row(statement, role["Metadata"][_REASONS]) for statement in _statements_of(name, template)]
    return "\n".join([f"## `{_HASH.sub('', name)}`: {purpose}", "", *_trust(role), "", *_HEAD, *rows])


_HEAD = ("| statement | may | on | because |", "|---|---|---|---|")


def _trust(role: Mapping[str, Any]) -> Iterator[str]:
    for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
        yield f"Taken by `{statement['Principal']['Service']}`{_only_if(statement)}."


def _statements_of(role: str, template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy" and {"Ref": role} in resource["Properties"]["Roles"]:
            yield from resource["Properties"]["PolicyDocument"]["Statement"]


def _row(statement: Mapping[str, Any], reasons: Mapping[str, str]) -> str:
    actions = "<br>".join(f"`{action}`" for action in _listed(statement["Action"]))
    resources = "<br>".join(f"`{_text(resource)}`" for resource in _listed(statement["Resource"]))
    return f"| {statement['Sid']} | {actions}{_only_if(statement)} | {resources} | {reasons[statement['Sid']]} |"


def _only_if(statement: Mapping[str, Any]) -> str:
    conditions = [
        f"`{key}` is `{_text(value)}`"
        for block in statement.get("Condition", {}).values()
        for key, value in block.items()
    ]
    return f" if {' and '.join(conditions)}" if conditions else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """An ARN or name with its intrinsic functions in readable form."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return _PSEUDO.get(argument) or f"<{_HASH.sub('', argument)}>"
    if function == "Fn::GetAtt":
        return f"<{_HASH.sub('', argument[0])}>"
    if function == "Fn::FindInMap":
        return "AMAZON"
    if function == "Fn::Sub":
        return re.sub(r"\$\{(.+?)\}", lambda name: _PSEUDO.get(name[1], name[1]), argument)
    separator, parts = argument
    return str(separator.join(_text(part) for part in parts))
