"""The permissions of functions: each has those for its own work only."""

from typing import Any

import pytest

from tests.infrastructure.role_statements import Statement, of_function


@pytest.mark.parametrize(
    ("name", "forbidden"),
    [
        ("plan_run", {"dynamodb:PutItem", "s3:DeleteObject"}),
        ("load_part", {"dynamodb:UpdateItem", "dynamodb:DeleteItem"}),
        ("rollback", {"s3:GetObject", "dynamodb:BatchWriteItem"}),
        ("forget_user", {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "states:StopExecution"}),
        ("publish_version", {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem"}),
        ("retire_part", {"dynamodb:UpdateItem", "s3:DeleteObject"}),
        ("notify_failure", {"dynamodb:UpdateItem", "s3:GetObject", "states:StartExecution", "states:StopExecution"}),
    ],
)
def test_a_function_may_not_do_anothers_work(
    name: str, forbidden: set[str], statements: list[Statement], template: dict[str, Any]
) -> None:
    allowed = {action for statement in of_function(name, statements, template) for action in statement.actions}
    assert allowed & forbidden == set()
