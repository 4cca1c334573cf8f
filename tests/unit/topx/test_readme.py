"""README and the pages under docs/ match the code."""

import json
import re

import pytest
import yaml

from contract import dataset, null_values, run_request, side_table
from topx.home import REPOSITORY
from workflow.failed_job_stages import DETOUR

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DATA, RUN, REFERENCE = (
    (REPOSITORY / "docs" / f"{page}.md").read_text(encoding="utf-8") for page in ("data", "run", "reference")
)
COMMAND = "python -m infra.print_docs"
DEFINITION = yaml.safe_load((REPOSITORY / "infra" / "workflow.asl.yaml").read_text(encoding="utf-8"))
# Those of both state machines. The handling of a failed job is not on a run's normal path, and is described in words.
STATES = {
    name: state
    for definition in (DEFINITION, DEFINITION["AfterPublishing"])
    for name, state in definition["States"].items()
    if name not in DETOUR
}
PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((REPOSITORY / "docs").glob("*.md")))]


def between(begin: str, end: str, page: str = README) -> str:
    """What a page has between two comments."""
    return page.split(begin, 1)[1].split(end, 1)[0].strip()


def test_the_input_table_is_the_generated_one() -> None:
    table = between(f"<!-- {COMMAND}: input -->", "<!-- end -->", REFERENCE)
    assert table == run_request.documentation_table(), COMMAND


def test_the_settings_table_is_the_generated_one() -> None:
    from infra import settings  # noqa: PLC0415 - the package names a Node, which the others need not

    table = between(f"<!-- {COMMAND}: settings -->", "<!-- end -->", REFERENCE)
    assert table == settings.documentation_table(), COMMAND


def test_the_example_of_dataset_json_is_legal_and_has_every_field() -> None:
    example = between("```json", "```", DATA)
    read = dataset.parse(example)
    assert read.items is not None
    assert (read.user, read.items.title) == ("customer_id", "name")
    assert {feature.type for feature in read.items.features} == set(side_table.FEATURE_TYPES)
    assert set(json.loads(example)) == set(dataset.FIELDS)


def test_the_texts_that_stand_for_no_value_are_those_of_the_code() -> None:
    listed = between('These texts mean "no value": ', ". A row with one", DATA)
    assert tuple(re.findall(r"`([^`]+)`", listed)) == null_values.DEFAULT_NULL_VALUES


def successors(state: dict[str, object]) -> set[str]:
    """The possible next states."""
    choices = state.get("Choices", [])
    assert isinstance(choices, list)
    caught = state.get("Catch", [])
    assert isinstance(caught, list)
    named = [state.get("Next"), state.get("Default"), *(way["Next"] for way in (*choices, *caught))]
    return {str(name) for name in named if name} - DETOUR


def test_the_drawing_is_the_definitions() -> None:
    drawing = between("```mermaid", "```")
    labels = dict(re.findall(r"\b(\w+)[\[({]+([^\])}]+)[\])}]+", drawing))
    edges = re.findall(r"^\s*(\w+)\S*?(?:[\[({].*?[\])}]+)? -->(?:\|[\w ]+\|)? (\w+)", drawing, re.MULTILINE)
    drawn = {(labels[begin], labels[end]) for begin, end in edges}
    defined = {(name, follower) for name, state in STATES.items() for follower in successors(state)}
    assert drawn == defined | {("start", DEFINITION["StartAt"])}
    ((starting, started),) = re.findall(r"(\w+) -\. starts \.-> (\w+)", drawing)
    assert (labels[starting], labels[started]) == ("Start after publishing", DEFINITION["AfterPublishing"]["StartAt"])
    for name, state in STATES.items():
        brackets = {"Choice": "{%s}", "Map": "[[%s]]", "Succeed": "([%s])", "Fail": "([%s])", "Task": "[%s]"}[
            state["Type"]
        ]
        assert brackets % name in drawing


def test_the_first_run_that_is_shown_is_of_this_workflow() -> None:
    """States that only later runs have, to retire old versions, are not in it, nor those for errors."""
    of_a_first_run = {name for name, state in STATES.items() if state["Type"] in ("Task", "Map", "Choice")}
    of_a_first_run -= {"Retire old versions", "Record retirement", "Notify about failed start"}
    ends = {"Served", "Tidied up"}
    shown = between("<!-- output of make run -->", "## ", RUN)
    done = re.findall(r"^done +[\d.]+ s  ([^\d\n]+?)(?:  .*)?$", shown, re.MULTILINE)
    assert set(done) - ends == of_a_first_run, "python -m infra.print_run"
    by_state = shown.split("seconds by state")[1].split("together")[0]
    assert {line.rstrip(" .0123456789") for line in by_state.strip().splitlines()} == of_a_first_run | ends


def test_the_readmes_excerpt_is_of_that_run() -> None:
    lines = between("<!-- excerpt of docs/run.md -->\n```text", "```").splitlines()
    of_the_run = iter(RUN.splitlines())
    for line in filter(None, lines):
        assert line in of_the_run, line


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page: str) -> None:
    here = REPOSITORY / page
    for name, heading in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", here.read_text(encoding="utf-8")):
        target = here.parent / name if name else here
        assert target.exists(), name
        assert not heading or heading in anchors(target.read_text(encoding="utf-8")), f"{name}#{heading}"


def anchors(page: str) -> set[str]:
    """The fragments of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
