"""The guide has an entry for every state and every error, and docs/operate.md has the guide."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from contract.refusal import REFUSALS
from workflow.failure_guide import AFTER_PUBLISHING, ENTRIES, ERRORS, GUIDE, STATES, errors_table, states_table

REPOSITORY = Path(__file__).parents[3]
PAGE = (REPOSITORY / GUIDE).read_text(encoding="utf-8")
DEFINITION = yaml.safe_load((REPOSITORY / "infra" / "workflow.asl.yaml").read_text(encoding="utf-8"))

COMMAND = "python -m infra.print_docs"

# Raised and caught in the same place, so that no run ends with it.
NEVER_LEAVES = {
    "NamedError",  # the base class of errors whose message begins with their name
    "Refused",  # the base class of the refusals
    "FileFault",  # prepare turns it into a refusal
    "DatabaseLost",  # prepare turns it into a refusal
    "NotAsManyRows",  # prepare then reads the lines itself
    "CorruptRecord",  # only the stand-ins read recordIO, and report it as ClientError
}


def states(scope: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state, including those inside Maps and those after publishing."""
    if "AfterPublishing" in scope:
        yield from states(scope["AfterPublishing"])
    for name, state in scope["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def exceptions_of(*rooms: str) -> set[str]:
    """The exception classes defined in these packages, directly or through one another.

    One whose name begins with an underscore is caught in the module that raises it.
    """
    classes: dict[str, set[str]] = {}
    for room in rooms:
        for path in (REPOSITORY / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    classes[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    known = {"Exception", "ValueError", "RuntimeError", "LookupError", "OSError"}
    while grown := {name for name, bases in classes.items() if bases & known} - known:
        known |= grown
    return {name for name in known & set(classes) if not name.startswith("_")}


def test_there_is_an_entry_for_each_state_and_for_no_other() -> None:
    assert set(STATES) == {name for name, _ in states(DEFINITION)}


def test_there_is_an_entry_for_each_error_that_the_product_raises() -> None:
    raised = exceptions_of("contract", "sagemaker_contract", "workflow", "lambdas", "containers") - NEVER_LEAVES
    assert {refusal.__name__ for refusal in REFUSALS} | {"WritingStalled", "ArtifactError"} <= raised
    assert raised <= set(ERRORS)


def test_there_is_an_entry_for_each_error_that_the_definition_names() -> None:
    ending = [state for _, state in states(DEFINITION) if "States.ALL" not in str(state.get("Catch"))]
    named = {error for state in ending for retry in state.get("Retry", []) for error in retry["ErrorEquals"]}
    named |= {state["Error"] for _, state in states(DEFINITION) if state["Type"] == "Fail"}
    assert named <= set(ERRORS)


def test_no_error_of_the_guide_is_a_stranger() -> None:
    """An entry for an error that nothing raises any more must be removed."""
    ours = exceptions_of("contract", "sagemaker_contract", "workflow", "lambdas", "containers")
    amazons = {name for name in ERRORS if "." in name}
    sagemakers = {"AlgorithmError", "ClientError", "InternalServerError", "CapacityError", "ThrottlingException"}
    assert set(ERRORS) - ours - amazons - sagemakers == {"Cancelled"}  # by topx cancel


def test_no_error_has_two_entries() -> None:
    assert len(ERRORS) == sum(len(entry.names) for entry in ENTRIES)


def test_the_page_holds_both_tables() -> None:
    for name, printed in (("states", states_table()), ("errors", errors_table())):
        assert between(f"<!-- {COMMAND}: {name} -->", "<!-- end -->") == printed, COMMAND


def test_the_tables_are_tables() -> None:
    for table, columns in ((states_table(), 2), (errors_table(), 3)):
        assert {row.count("|") for row in table.splitlines()} == {columns + 1}


def between(begin: str, end: str) -> str:
    return PAGE.split(begin, 1)[1].split(end, 1)[0].strip()


def test_the_states_after_publishing_are_those_that_only_follow_it() -> None:
    run, after = DEFINITION["States"], states(DEFINITION["AfterPublishing"])
    following, unseen = set[str](), [run["Publish version"]["Next"]]
    while unseen:
        name = unseen.pop()
        following.add(name)
        unseen += [run[name]["Next"]] if "Next" in run[name] else []
        unseen += [catcher["Next"] for catcher in run[name].get("Catch", [])]
    following |= {name for name, _ in after if name not in run}
    assert set(AFTER_PUBLISHING) == following - {"Served", "Tidied up"}
