"""Prints into the documentation everything that is said elsewhere: ``python -m infra.print_docs``.

The table of permissions, the drawings of the workflow, the failure guide, the tables of alarms, metrics, inputs and
settings, the index of the decisions. Tests hold each beside its source.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from contract import run_request
from infra import permissions_table, settings
from infra.workflow import after_publishing, definition
from infra.workflow_drawing import drawing, readme_drawing
from workflow import alarms, failure_guide, instance_sizes, run_metrics

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"
COMMAND = "python -m infra.print_docs"
END = "<!-- end -->"


def print_docs() -> None:
    """Write all of it."""
    (DOCS / "workflow.svg").write_text(drawing(definition()), encoding="utf-8")
    (DOCS / "after_publishing.svg").write_text(drawing(after_publishing()), encoding="utf-8")
    (DOCS / "iam.md").write_text(permissions_table.document(template()), encoding="utf-8")
    put(REPOSITORY / "README.md", "```mermaid", "```", readme_drawing(definition(), after_publishing()))
    for page, table, printed in (
        ("operate.md", "states", failure_guide.states_table()),
        ("operate.md", "errors", failure_guide.errors_table()),
        ("operate.md", "alarms", alarms.alarms_table()),
        ("operate.md", "metrics", run_metrics.metrics_table()),
        ("reference.md", "input", run_request.documentation_table()),
        ("reference.md", "instances", instance_sizes.documentation_table()),
        ("reference.md", "settings", settings.documentation_table()),
    ):
        put(DOCS / page, mark(table), END, printed)
    (DOCS / "decisions" / "index.md").write_text(decisions_index(), encoding="utf-8")


def mark(table: str) -> str:
    """The line above a printed table of a page."""
    return f"<!-- {COMMAND}: {table} -->"


def decisions_index() -> str:
    """By the script that is beside the decisions."""
    script = DOCS / "decisions" / "print_index.py"
    return subprocess.run([sys.executable, str(script)], check=True, capture_output=True, text=True).stdout


def template() -> dict[str, object]:
    """The CloudFormation template of the default settings.

    By a process of its own: the context of somebody's shell must not reach it.
    """
    bare = {name: value for name, value in os.environ.items() if name != "CDK_CONTEXT_JSON"}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**bare, "CDK_OUTDIR": folder}
        subprocess.run([sys.executable, "app.py"], check=True, cwd=REPOSITORY, env=environment, stdout=sys.stderr)
        found: dict[str, object] = json.loads((Path(folder) / "topx.template.json").read_text(encoding="utf-8"))
        return found


def put(page: Path, begin: str, end: str, printed: str) -> None:
    """Put ``printed`` between two marks of a page, on lines of its own."""
    before, _, rest = page.read_text(encoding="utf-8").partition(f"{begin}\n")
    _, mark, after = rest.partition(f"\n{end}\n")
    if not mark:
        raise ValueError(f"{page} has no lines {begin} and {end}")
    page.write_text(f"{before}{begin}\n{printed}\n{end}\n{after}", encoding="utf-8")


if __name__ == "__main__":
    print_docs()
