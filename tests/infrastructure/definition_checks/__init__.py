"""Checks that linters do not make: each takes a definition and returns what is wrong with it."""

from collections.abc import Callable

from tests.infrastructure.definition_checks import (
    graph,
    integrations,
    linter,
    placeholders,
    rehearsal,
    reliability,
    stage_table,
)
from tests.infrastructure.definition_checks.scopes import Scope

CHECKS: dict[str, Callable[[Scope], list[str]]] = {
    "statelint": linter.findings,
    "graph": graph.findings,
    "integrations": integrations.findings,
    "placeholders": placeholders.findings,
    "rehearsal": rehearsal.findings,
    "reliability": reliability.findings,
    "stages": stage_table.findings,
}
