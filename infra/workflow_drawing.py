"""Draws the workflow: the states from the definitions, with the data of each from the table of stages.

``python -m infra.print_docs`` writes a diagram of each state machine to docs/, and one of both to README.
"""

import re
from collections.abc import Iterator
from html import escape
from itertools import pairwise

from infra.states_language import State
from workflow.failed_job_stages import DETOUR
from workflow.stage import Call, Each, Function, Grant, Job, Reads, Stage, UsesTable, Writes
from workflow.stages import EVERY_STAGE, START_AFTER_PUBLISHING

_STAGES = {stage.name: stage for stage in EVERY_STAGE}

_WIDTH, _LEFT, _RIGHT, _TOP = 1000, 370, 630, 74
_MIDDLE = (_LEFT + _RIGHT) // 2
_LINE, _BOX, _GAP = 15, 42, 26
_SERVICES = {"states": "Step Functions", "sns": "SNS"}
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


def reads(stage: Stage) -> list[str]:
    """Keys that a state reads, followed by the data of the table, described in words."""
    match stage.does:
        case Function():
            return [*_granted(stage, Reads), *_of_table(stage, writing=False)]
        case Job():
            return [*stage.does.reads]
        case Each():
            return [stage.does.items, *reads(stage.does.stage)]
        case Call() | None:
            return []


def writes(stage: Stage) -> list[str]:
    """Keys that a state writes, followed by the data of the table, described in words."""
    match stage.does:
        case Function():
            return [*_granted(stage, Writes), *_of_table(stage, writing=True)]
        case Job():
            return [*stage.does.writes]
        case Each():
            return writes(stage.does.stage)
        case Call() | None:
            return []


def _granted(stage: Stage, kind: type[Reads] | type[Writes]) -> list[str]:
    return [key for grant in _grants(stage) if isinstance(grant, kind) for key in grant.keys]


def _of_table(stage: Stage, *, writing: bool) -> list[str]:
    uses = [grant.what for grant in _grants(stage) if isinstance(grant, UsesTable) and grant.writes is writing]
    return [", ".join(uses)] if uses else []


def _grants(stage: Stage) -> tuple[Grant, ...]:
    return stage.function.may if stage.function else ()


def drawing(definition: State) -> str:
    """A state machine as SVG, legible in light and dark mode.

    Args:
        definition: of the state machine. The main path goes down, and its other ends are beside it; the states that
            handle a failed job are drawn below.
    """
    states: dict[str, State] = definition["States"]
    way = _longest_way(definition["StartAt"], states)
    rows, below = {}, _TOP
    for name in way:
        height = max(_BOX, _LINE * max(len(reads(_STAGES[name])), len(writes(_STAGES[name]))))
        rows[name] = below + height // 2
        below += height + _GAP
    body = [part for name in way for part in _state(name, states, rows)]
    body += _detour(states, below + _GAP)
    below += _GAP + (_BOX + _GAP) * len(DETOUR & states.keys())
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
    """The states that handle a failed job, in a column."""
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


def _caught_by(state: State) -> Iterator[str]:
    """The states that are entered only if this one fails, without those that handle a failed job."""
    for catcher in state.get("Catch", ()):
        if catcher["Next"] not in (state.get("Next"), *DETOUR):
            yield catcher["Next"]


def _followers(state: State) -> Iterator[tuple[str, str]]:
    """By the name of each possible next state, the result that leads to it."""
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
        f'<text class="kind" x="{_LEFT - 40}" y="50" text-anchor="end">keys in the bucket, * is the run; <tspan '
        'class="table">in the table</tspan></text>',
    ]


def _state(name: str, states: dict[str, State], rows: dict[str, int]) -> Iterator[str]:
    """The box, the labels on both sides of it, and the arrows out of it."""
    state, y = states[name], rows[name]
    yield from _box(name, state, _LEFT, y)
    yield from _side(reads(_STAGES[name]), _LEFT - 40, y, "end", f"M{_LEFT - 32} {y}H{_LEFT - 3}")
    yield from _side(writes(_STAGES[name]), _RIGHT + 40, y, "start", f"M{_RIGHT} {y}H{_RIGHT + 33}")
    order, half = list(rows), _BOX // 2
    for rescue in _caught_by(state):
        yield f'<path class="edge" d="M{_RIGHT} {y}H{_RIGHT + 57}" marker-end="url(#tip)"/>'
        yield f'<text class="kind" x="{_RIGHT + 8}" y="{y - 6}">if it fails</text>'
        yield from _box(rescue, states[rescue], _RIGHT + 60, y)
        back = f"M{_RIGHT + 190} {y + half}V{rows[states[rescue]['Next']]}H{_RIGHT + 3}"
        yield f'<path class="edge" d="{back}" marker-end="url(#tip)"/>'
    for answer, follower in _followers(state):
        if follower not in rows:
            yield f'<path class="edge" d="M{_RIGHT} {y}H{_RIGHT + 57}" marker-end="url(#tip)"/>'
            yield f'<text class="kind" x="{_RIGHT + 20}" y="{y - 6}">{answer}</text>'
            yield from _box(follower, states[follower], _RIGHT + 60, y)
        elif order.index(follower) == order.index(name) + 1:
            yield f'<path class="edge" d="M{_MIDDLE} {y + half}V{rows[follower] - half - 2}" marker-end="url(#tip)"/>'
            if answer:
                yield f'<text class="kind" x="{_MIDDLE + 8}" y="{y + half + 15}">{answer}</text>'
        else:
            # From above, past the labels beside the next state.
            top = rows[follower] - half
            path = f"M{_RIGHT} {y}H{_WIDTH - 30}V{top - _GAP // 2}H{_MIDDLE + 70}V{top - 2}"
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
    """What does the state's work, and its color."""
    match state["Type"]:
        case "Task":
            return _kind_of_task(state)
        case "Map":
            inner = state["ItemProcessor"]["States"][state["ItemProcessor"]["StartAt"]]
            kind, colour = _kind(inner)
            return f"each part: {kind}", colour
        case "Choice":
            return "choice", "plain"
        case other:
            return {"Succeed": "green end", "Fail": "red end", "Wait": "wait"}[other], "plain"


def _kind_of_task(state: State) -> tuple[str, str]:
    service, call = state["Resource"].split(":::")[1].removeprefix("aws-sdk:").split(":")
    match service:
        case "lambda":
            function = re.sub(r"\$\{(\w+)FunctionArn\}", r"\1", state["Parameters"]["FunctionName"])
            return f"Lambda {re.sub(r'(?<=[a-z])(?=[A-Z])', '_', function).lower()}", "lambda"
        case "sagemaker":
            return f"SageMaker {call.removesuffix('.sync')}", "sagemaker"
        case _:
            return f"{_SERVICES[service]} {call}", "plain"


def _side(lines: list[str], x: int, y: int, anchor: str, arrow: str) -> Iterator[str]:
    if not lines:
        return
    yield f'<path class="flow" d="{arrow}" marker-end="url(#tip)"/>'
    first = y + 4 - _LINE * (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        kind, below = "data" if "/" in line else "data table", first + number * _LINE
        yield f'<text class="{kind}" x="{x}" y="{below:g}" text-anchor="{anchor}">{escape(line)}</text>'


def readme_drawing(run: State, after_publishing: State) -> str:
    """The states of a run's main path, and of the state machine after publishing, as a Mermaid diagram.

    Only a sentence describes how failed jobs are handled.
    """
    first, second = (_node(one["StartAt"], one["States"]) for one in (run, after_publishing))
    return "\n".join(
        [
            "flowchart TD",
            f"    start((start)) --> {first}",
            *_edges(run),
            f"    {_id(START_AFTER_PUBLISHING)} -. starts .-> {second}",
            "    subgraph after [after publishing: a second state machine]",
            *_edges(after_publishing),
            "    end",
        ]
    )


def _edges(definition: State) -> Iterator[str]:
    states: dict[str, State] = {name: s for name, s in definition["States"].items() if name not in DETOUR}
    shown = {definition["StartAt"]}
    for name, state in states.items():
        ways = [*_followers(state), *(("if it fails", caught) for caught in _caught_by(state))]
        for answer, follower in ways:
            end = _id(follower) if follower in shown else _node(follower, states)
            shown.add(follower)
            yield f"    {_id(name)} -->{f'|{answer}|' if answer else ''} {end}"


def _id(name: str) -> str:
    return re.sub(r"\W+", "_", name.lower()).strip("_")


def _node(name: str, states: dict[str, State]) -> str:
    shape = {"Choice": "{%s}", "Map": "[[%s]]", "Succeed": "([%s])", "Fail": "([%s])"}
    return _id(name) + shape.get(states[name]["Type"], "[%s]") % name
