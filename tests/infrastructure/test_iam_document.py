"""docs/iam.md matches the roles in the template, and every permission that nothing here uses has a source."""

import re
from pathlib import Path
from typing import Any

import pytest

from infra.permissions_table import document
from tests.infrastructure.documented_permissions import DOCUMENTED
from tests.infrastructure.template_parts import of_type

WRITTEN = (Path(__file__).parents[2] / "docs" / "iam.md").read_text(encoding="utf-8")


def statements(template: dict[str, Any]) -> dict[str, set[str]]:
    """The names of each role's statements, by the role."""
    found: dict[str, set[str]] = {role: set() for role in of_type(template, "AWS::IAM::Role")}
    for policy in of_type(template, "AWS::IAM::Policy").values():
        (role,) = policy["Properties"]["Roles"]
        sids = [statement["Sid"] for statement in policy["Properties"]["PolicyDocument"]["Statement"]]
        assert not found[role["Ref"]] & set(sids)
        found[role["Ref"]] |= set(sids)
    return found


def test_the_document_is_the_printed_one(template: dict[str, Any]) -> None:
    assert document(template) == WRITTEN, "python -m infra.print_docs"


def test_it_says_who_may_do_what_with_what_and_why() -> None:
    rows = [re.split(r" ?\| ?", line)[1:-1] for line in WRITTEN.splitlines() if line.startswith("| HandRoleToJobs")]
    assert rows == 2 * [  # both state machines
        [
            "HandRoleToJobs",
            "`iam:PassRole` if `iam:PassedToService` is `sagemaker.amazonaws.com`",
            "`<JobsRole>`",
            "Jobs run under their own role, which is passed only to SageMaker.",
        ]
    ]
    assert "Taken by `scheduler.amazonaws.com` if `aws:SourceAccount` is `ACCOUNT` and `aws:SourceArn` is" in WRITTEN


def test_every_statement_has_a_reason_and_no_reason_is_left_over(template: dict[str, Any]) -> None:
    reasons = {role: set(found["Metadata"]["Reasons"]) for role, found in of_type(template, "AWS::IAM::Role").items()}
    assert reasons == statements(template)
    assert len(reasons) == WRITTEN.count("\n## ")


def test_a_statement_without_a_reason_is_not_printed(template: dict[str, Any]) -> None:
    role = next(iter(of_type(template, "AWS::IAM::Role")))
    poorer = {**template["Resources"][role], "Metadata": {"Reasons": {}}}
    with pytest.raises(KeyError):
        document({"Resources": {**template["Resources"], role: poorer}})


def test_what_nothing_here_asks_for_is_in_the_template(template: dict[str, Any]) -> None:
    there = {(role[:-8], sid) for role, sids in statements(template).items() for sid in sids}
    assert {(role, sid) for role, sid, _ in DOCUMENTED} <= there
    assert all("guide" in source or "reference" in source for source in DOCUMENTED.values())
