"""Which permissions the recorded calls of a deployment's roles need: each is removed in turn, in the policies only.

An independent evaluator; the engine's decided when the calls were made. It supports what topx's policies use: Allow
statements, resource patterns, StringEquals.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from topx.deployment import SessionConnection

_ALIKE = "AllowedAlsoOn"


@dataclass(frozen=True)
class Call:
    """A call made by a role."""

    role: str
    action: str
    resource: str
    context: Mapping[str, Any] = field(hash=False, compare=False)


@dataclass(frozen=True)
class Permission:
    """One action on one resource, in one statement."""

    role: str
    statement: str
    action: str
    resource: str
    conditions: Mapping[str, Any] = field(hash=False, compare=False)

    def allows(self, call: Call) -> bool:
        assert set(self.conditions) <= {"StringEquals"}, self.conditions
        return (
            (self.role, self.action) == (call.role, call.action)
            and fnmatchcase(call.resource, self.resource)
            and all(call.context.get(key) == value for key, value in self.conditions.get("StringEquals", {}).items())
        )

    @property
    def parts(self) -> set[tuple[str, str, str]]:
        """What can be removed: its action from its statement, or its resource."""
        return {(self.role, self.statement, part) for part in (self.action, self.resource)}


@dataclass(frozen=True)
class Roles:
    """The roles of a deployed stack: the name in the template, without its hash, by deployed name."""

    names: Mapping[str, str]
    iam: Any

    def calls(self, record: Path) -> list[Call]:
        """Every recorded call that was allowed."""
        lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
        return [
            Call(self.names[role], line["action"], line["resource"], line["context"])
            for line in lines
            if line["allowed"] and (role := line["principal"].split("/")[1]) in self.names
        ]

    @classmethod
    def of(cls, place: SessionConnection, stack: str) -> "Roles":
        found = place.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        names = {
            one["PhysicalResourceId"]: re.sub(r"[0-9A-F]{8}$", "", one["LogicalResourceId"])
            for one in found
            if one["ResourceType"] == "AWS::IAM::Role"
        }
        return cls(names, place.client("iam"))

    @contextmanager
    def without(self, role: str, statement: str) -> Iterator[None]:
        """In this context, a deployed role lacks one statement."""
        (deployed,) = (name for name, known in self.names.items() if known == role)
        ((policy, document),) = (
            (policy, document)
            for policy, document in self.policies(deployed).items()
            if statement in [one["Sid"] for one in document["Statement"]]
        )
        fewer = [one for one in document["Statement"] if one["Sid"] != statement]
        self._put(deployed, policy, {**document, "Statement": fewer})
        yield
        self._put(deployed, policy, document)

    def _put(self, role: str, policy: str, document: Mapping[str, Any]) -> None:
        self.iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))

    def policies(self, role: str) -> dict[str, dict[str, Any]]:
        """The documents of a deployed role's policies, by name."""
        names = self.iam.list_role_policies(RoleName=role)["PolicyNames"]
        return {name: self.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}

    @contextmanager
    def allowed_also_on(self, others: Mapping[str, str]) -> Iterator[None]:
        """In this context, permissions for a state machine also apply to the other one that replaces it."""
        for role in self.names:
            statements = [one for document in self.policies(role).values() for one in document["Statement"]]
            alike = [
                {**one, "Resource": [name.replace(machine, other) for name in _listed(one["Resource"])]}
                for one in statements
                for machine, other in others.items()
                if machine in str(one["Resource"])
            ]
            if alike:
                self._put(role, _ALIKE, {"Version": "2012-10-17", "Statement": alike})
        yield
        for role in self.names:
            if _ALIKE in self.policies(role):
                self.iam.delete_role_policy(RoleName=role, PolicyName=_ALIKE)

    def permissions(self) -> list[Permission]:
        """All permissions of the roles in the stack's template."""
        return [
            Permission(name, statement["Sid"], action, resource, statement.get("Condition", {}))
            for role, name in self.names.items()
            for document in self.policies(role).values()
            for statement in document["Statement"]
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
        ]


def without_need(permissions: Iterable[Permission], calls: Iterable[Call]) -> set[tuple[str, str, str]]:
    """Each action, and each resource, without which its statement still allows every call: role, statement, part."""
    permissions = list(permissions)
    parts, needed = set(), set()
    for permission in permissions:
        parts |= permission.parts
    for call in set(calls):
        allowing = [permission for permission in permissions if permission.allows(call)]
        if allowing:
            needed |= set.intersection(*(permission.parts for permission in allowing))
    return parts - needed


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
