"""Draws the workflow: its states from the definition, and beside each the data that it reads and writes.

``python -m infra.workflow_drawing > docs/workflow.svg``
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from contract import run_layout
from contract.job_failures import DETOUR, LOOK
from contract.run_layout import RunLayout

_DEFINITION = Path(__file__).with_name("workflow.asl.yaml")
State = dict[str, Any]


@dataclass(frozen=True)
class Data:
    """What a state reads and writes: keys of the bucket (a folder ends in a slash), and in words what of the table."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    reads_table: str = ""
    writes_table: str = ""


_ANY = RunLayout("", "*")
_PARTS = _ANY.parts
_LISTS = f"{_ANY.run}recommendations/"
_PROOFS = f"{_ANY.vectors}proofs/"
_EXTRACTED = (
    _ANY.item_vectors,
    _ANY.user_vectors,
    _PROOFS,
    _ANY.manifest,
    _PARTS,
    _ANY.item_ids,
    _ANY.default_lists,
    _ANY.evaluation,
)

# A test holds this beside the functions' permissions and the jobs' requests.
DATA: dict[str, Data] = {
    "Plan the run": Data(
        reads=(run_layout.DATASET_KEY, run_layout.RULES_KEY, _ANY.plan, _ANY.summary),
        writes=(_ANY.plan, run_layout.SWEPT_PREFIX),
        reads_table="the pointer",
    ),
    "Prepare training data": Data(
        reads=(run_layout.INTERACTIONS_PREFIX, run_layout.USERS_PREFIX, run_layout.ITEMS_PREFIX, _ANY.plan),
        writes=(_ANY.train, _ANY.test, _ANY.refit, _ANY.index, _ANY.summary, f"{_ANY.run}rejected/"),
    ),
    "Plan training": Data(reads=(_ANY.plan, _ANY.summary)),
    "Train factorization machines": Data(reads=(_ANY.train, _ANY.test), writes=(_ANY.fm_output,)),
    "Read training log": Data(writes=(_ANY.training,)),
    "Extract vectors": Data(
        reads=(_ANY.fm_output, _ANY.index, _ANY.plan, _ANY.summary, _ANY.evaluation, _LISTS),
        writes=_EXTRACTED,
    ),
    "Check quality": Data(reads=(_ANY.plan, _ANY.metrics)),
    "Train on everything": Data(reads=(_ANY.refit,), writes=(_ANY.fm_output,)),
    "Read refit log": Data(writes=(_ANY.refit_training,)),
    "Extract to publish": Data(
        reads=(_ANY.fm_output, _ANY.index, _ANY.plan, _ANY.summary, _ANY.evaluation),
        writes=_EXTRACTED,
    ),
    "Train k-NN": Data(reads=(_ANY.item_vectors,), writes=(_ANY.knn_output,)),
    "Create k-NN model": Data(reads=(_ANY.knn_output,)),
    "Find neighbours": Data(reads=(_ANY.user_vectors,), writes=(_ANY.neighbours,)),
    "Load recommendations": Data(
        reads=(_ANY.plan, _ANY.manifest, _ANY.item_ids, _PARTS, _PROOFS, _ANY.neighbours),
        writes=(_ANY.receipts, _LISTS),
        writes_table="lists, beside those served",
    ),
    "Publish version": Data(
        reads=(_ANY.plan, _ANY.summary, _ANY.manifest, _ANY.metrics, _ANY.receipts, _ANY.default_lists, _LISTS),
        writes=(_ANY.outcome,),
        reads_table="a sample of lists, the pointer",
        writes_table="default lists, the version, the pointer",
    ),
    "Delete k-NN model": Data(),
    "Gather outcome": Data(reads=(_ANY.plan, _ANY.outcome), writes=(_ANY.facts, _ANY.outcome)),
    "Draw outcome": Data(
        reads=(
            _ANY.plan,
            _ANY.summary,
            _ANY.evaluation,
            _ANY.outcome,
            _ANY.facts,
            _ANY.items,
            _LISTS,
        ),
        writes=(_ANY.outcome_page,),
    ),
    "Choose versions to retire": Data(
        reads=(_ANY.plan, _ANY.manifest),
        writes=(_ANY.retirement,),
        reads_table="versions",
        writes_table="versions: retiring",
    ),
    "Retire old versions": Data(
        reads=(_ANY.retirement, _PARTS, _LISTS),
        writes=(_ANY.untidied,),
        reads_table="the pointer",
        writes_table="lists: deleted",
    ),
    "Record retirement": Data(
        reads=(_ANY.retirement, _ANY.default_lists, _ANY.untidied, _ANY.outcome),
        writes=(_ANY.outcome,),
        reads_table="the pointer",
        writes_table="versions: retired",
    ),
    LOOK: Data(),
}

_WIDTH, _LEFT, _RIGHT, _TOP = 1000, 370, 630, 74
_MIDDLE = (_LEFT + _RIGHT) // 2
_LINE, _BOX, _GAP = 15, 42, 26
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.data { font: 11.5px ui-monospace, monospace; fill: var(--data); }
.table { fill: var(--table); }
.kind { font-size: 10.5px; fill: var(--quiet); }
.box { stroke-width: 1.3; }
.edge, .flow { fill: none; stroke: var(--quiet); stroke-width: 1.3; }
.flow { stroke-dasharray: 3 3; }
svg { --paper: #ffffff; --ink: #1c2430; --quiet: #586270; --data: #24507a; --table: #7a3f92;
  --lambda: #fdeedd; --sagemaker: #e2f3ea; --plain: #eef1f5; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #12171e; --ink: #e8ecf1; --quiet: #a9b3bf; --data: #8cbdeb; --table: #d3a2e6;
    --lambda: #4a3520; --sagemaker: #1f4332; --plain: #2b333e; }
}
"""


def drawing(definition: State) -> str:
    """The workflow as SVG, readable on light and on dark.

    Args:
        definition: the state machine, whose main way is drawn downwards and whose other ends stand beside it; the
            states that a job's failure leads to, and that lead back to it, are drawn below.
    """
    states: dict[str, State] = definition["States"]
    way = _longest_way(definition["StartAt"], states)
    rows, below = {}, _TOP
    for name in way:
        height = max(_BOX, _LINE * max(len(_reads(name)), len(_writes(name))))
        rows[name] = below + height // 2
        below += height + _GAP
    body = [part for name in way for part in _state(name, states, rows)]
    body += _detour(states, below + _GAP)
    below += _GAP + (_BOX + _GAP) * len(DETOUR)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {below}" role="img" '
        f'aria-label="The states of the workflow and their data">\n<style>{_STYLE}</style>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="var(--quiet)"/></marker></defs>\n'
        f'<rect width="{_WIDTH}" height="{below}" fill="var(--paper)"/>\n'
        + "\n".join([*_headings(), *body])
        + "\n</svg>\n"
    )


def _detour(states: dict[str, State], top: int) -> Iterator[str]:
    """One below the other, what is done about a job that failed."""
    way = [name for name in states if name in DETOUR]
    rows = {name: top + _BOX // 2 + (_BOX + _GAP) * number for number, name in enumerate(way)}
    yield f'<text class="kind" x="{_LEFT - 40}" y="{rows[way[0]] + 4}" text-anchor="end">where a job fails</text>'
    yield f'<path class="edge" d="M{_LEFT - 32} {rows[way[0]]}H{_LEFT - 3}" marker-end="url(#tip)"/>'
    for name, follower in pairwise(way):
        yield from _box(name, states[name], _LEFT, rows[name])
        below = rows[follower] - _BOX // 2 - 2
        yield f'<path class="edge" d="M{_MIDDLE} {rows[name] + _BOX // 2}V{below}" marker-end="url(#tip)"/>'
    yield from _box(way[-1], states[way[-1]], _LEFT, rows[way[-1]])
    yield f'<path class="edge" d="M{_RIGHT} {rows[way[-1]]}H{_RIGHT + 33}" marker-end="url(#tip)"/>'
    yield f'<text class="kind" x="{_RIGHT + 40}" y="{rows[way[-1]] + 4}">back to the state of that job</text>'


def _longest_way(name: str, states: dict[str, State]) -> list[str]:
    ways = [_longest_way(follower, states) for _, follower in _followers(states[name])]
    return [name, *max(ways, key=len, default=[])]


def _followers(state: State) -> Iterator[tuple[str, str]]:
    """The answer that leads to each state that may follow, and its name."""
    for choice in state.get("Choices", ()):
        yield "yes", choice["Next"]
    if "Default" in state:
        yield "no", state["Default"]
    if "Next" in state:
        yield "", state["Next"]


def _headings() -> list[str]:
    return [
        f'<text x="{_LEFT - 40}" y="32" text-anchor="end">reads</text>',
        f'<text x="{_MIDDLE}" y="32" text-anchor="middle">state</text>',
        f'<text x="{_RIGHT + 40}" y="32">writes</text>',
        f'<text class="kind" x="{_LEFT - 40}" y="50" text-anchor="end">'
        'keys of the bucket, * is the run; <tspan class="table">in the table</tspan></text>',
    ]


def _state(name: str, states: dict[str, State], rows: dict[str, int]) -> Iterator[str]:
    """The box, what stands at both sides of it, and the ways out of it."""
    state, y = states[name], rows[name]
    yield from _box(name, state, _LEFT, y)
    yield from _side(_reads(name), _LEFT - 40, y, "end", f"M{_LEFT - 32} {y}H{_LEFT - 3}")
    yield from _side(_writes(name), _RIGHT + 40, y, "start", f"M{_RIGHT} {y}H{_RIGHT + 33}")
    order = list(rows)
    for answer, follower in _followers(state):
        half = _BOX // 2
        if follower not in rows:
            yield f'<path class="edge" d="M{_RIGHT} {y}H{_RIGHT + 57}" marker-end="url(#tip)"/>'
            yield f'<text class="kind" x="{_RIGHT + 20}" y="{y - 6}">{answer}</text>'
            yield from _box(follower, states[follower], _RIGHT + 60, y)
        elif order.index(follower) == order.index(name) + 1:
            yield f'<path class="edge" d="M{_MIDDLE} {y + half}V{rows[follower] - half - 2}" marker-end="url(#tip)"/>'
            if answer:
                yield f'<text class="kind" x="{_MIDDLE + 8}" y="{y + half + 15}">{answer}</text>'
        else:
            # From above, past what stands at the follower's side.
            top = rows[follower] - half
            path = f"M{_RIGHT} {y}H{_WIDTH - 60}V{top - _GAP // 2}H{_MIDDLE + 70}V{top - 2}"
            yield f'<path class="edge" d="{path}" marker-end="url(#tip)"/>'
            yield f'<text class="kind" x="{_RIGHT + 20}" y="{y - 6}">{answer}</text>'


def _box(name: str, state: State, left: int, y: int) -> Iterator[str]:
    kind, fill = _kind(state)
    width, top = _RIGHT - _LEFT, y - _BOX // 2
    round_corner = _BOX // 2 if state["Type"] in ("Choice", "Succeed", "Fail") else 6
    shape = (
        f'class="box" width="{width}" height="{_BOX}" rx="{round_corner}" fill="var(--{fill})" stroke="var(--quiet)"'
    )
    if state["Type"] == "Map":
        yield f'<rect {shape} x="{left + 5}" y="{top + 5}"/>'
    yield f'<rect {shape} x="{left}" y="{top}"/>'
    yield f'<text x="{left + width // 2}" y="{y - 2}" text-anchor="middle">{escape(name)}</text>'
    yield f'<text class="kind" x="{left + width // 2}" y="{y + 13}" text-anchor="middle">{escape(kind)}</text>'


def _kind(state: State) -> tuple[str, str]:
    """What does the state's work, and the colour of that."""
    match state["Type"]:
        case "Task" if "lambda:" in state["Resource"]:
            function = re.sub(r"\$\{(\w+)FunctionArn\}", r"\1", state["Parameters"]["FunctionName"])
            return f"Lambda {re.sub(r'(?<=[a-z])(?=[A-Z])', '_', function).lower()}", "lambda"
        case "Task":
            return f"SageMaker {state['Resource'].rsplit(':', 1)[1].removesuffix('.sync')}", "sagemaker"
        case "Map":
            inner = state["ItemProcessor"]["States"][state["ItemProcessor"]["StartAt"]]
            kind, colour = _kind(inner)
            return f"each part: {kind}", colour
        case "Choice":
            return "choice", "plain"
        case other:
            return {"Succeed": "green end", "Fail": "red end", "Wait": "wait"}[other], "plain"


def _side(lines: list[str], x: int, y: int, anchor: str, arrow: str) -> Iterator[str]:
    if not lines:
        return
    yield f'<path class="flow" d="{arrow}" marker-end="url(#tip)"/>'
    first = y + 4 - _LINE * (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        kind, below = "data" if "/" in line else "data table", first + number * _LINE
        yield f'<text class="{kind}" x="{x}" y="{below:g}" text-anchor="{anchor}">{escape(line)}</text>'


def _reads(name: str) -> list[str]:
    data = DATA.get(name, Data())
    return [*data.reads, *([data.reads_table] if data.reads_table else [])]


def _writes(name: str) -> list[str]:
    data = DATA.get(name, Data())
    return [*data.writes, *([data.writes_table] if data.writes_table else [])]


if __name__ == "__main__":
    print(drawing(yaml.safe_load(_DEFINITION.read_text(encoding="utf-8"))), end="")
