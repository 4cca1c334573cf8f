"""Runs a definition without AWS, along every path, with the documents that its calls would return.

A run starts the execution after publishing with the input that it passes on, so both definitions are walked in one go.

Whatever a state reads must have been written by an earlier state; each request must be valid for SageMaker.
"""

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from infra import workflow
from local_aws.door import algorithm_faults, sagemaker_faults
from tests.infrastructure.definition_checks.answers import NotAnswered, answer, items
from tests.infrastructure.definition_checks.integrations import operation_of
from tests.infrastructure.definition_checks.paths import LeadsNowhere, fill, resolve
from tests.infrastructure.definition_checks.placeholders import rendered
from tests.infrastructure.definition_checks.scopes import Scope, State, normal_successors
from tests.infrastructure.definition_checks.stage_table import stages_of
from tests.unit.lambdas import sagemaker_requests
from workflow.stages import STAGES

CONTEXT = {
    "Execution": {
        "Id": "arn:aws:states:eu-west-1:000000000000:execution:topx:day-23",
        "StartTime": "2026-11-23T03:00:00Z",
    }
}
# "Service quotas", Step Functions developer guide: input or output of a state or an execution.
MOST_BYTES = 262_144
# The second training and extraction put their models in place of the first ones', so later states work with either. In
# the same way, the decision about a job replaces that about the previous failed one, but nothing replaces an error that
# is reported.
_REPLACING = {
    ("Train on everything", "$.fm"),
    ("Extract to publish", "$.extracted"),
    ("Look at failed job", "$.failed"),
    ("Gather times and costs", "$.deleted"),
}
# As AWS reports a failed job, and a rejected call.
_CAUGHT = {"Error": "States.TaskFailed", "Cause": "c" * 32_768}
_COMPARED: dict[str, type | tuple[type, ...]] = {"Boolean": bool, "Numeric": (int, float), "String": str}


def findings(definition: Scope) -> list[str]:
    """What goes wrong in a run of the default size."""
    return sorted(set(rehearse(definition).findings))


def rehearse(definition: Scope, *, size: str = "default", parts: int = 2) -> "Rehearsal":
    """Run a definition along every path, together with the other one.

    Args:
        size: of the run's input and data: smallest, default or largest (tests/unit/lambdas/planned.py).
        parts: entries of the Maps' items.
    """
    run, after = (
        (definition, workflow.after_publishing())
        if stages_of(definition) is STAGES
        else (workflow.definition(), definition)
    )
    rehearsal = Rehearsal(size, parts, rendered(after))
    filled = rendered(run)
    rehearsal.run(filled, filled["StartAt"], {}, CONTEXT, ())
    return rehearsal


@dataclass
class Rehearsal:
    """The findings, and the sizes of the documents."""

    size: str
    parts: int
    after: Scope
    findings: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)

    def run(
        self, scope: Scope, name: str, document: Any, context: dict[str, Any], before: tuple[str, ...]
    ) -> list[Any]:
        """Continue from state ``name`` with ``document``; returns the outputs of all paths to an end."""
        if name not in scope["States"]:
            self.findings.append(f"{name} is no state")
            return []
        if name in before:
            # Only after a wait may a state be entered again.
            if all(scope["States"][passed]["Type"] != "Wait" for passed in before[before.index(name) :]):
                self.findings.append(f"a way leads from {name} back to it")
            return []
        state = scope["States"][name]
        self._measure(f"the input of {name}", document)
        try:
            output = self._state(name, state, document, context)
        except (LeadsNowhere, NotAnswered) as fault:
            self.findings.append(f"{name}: {fault}")
            return []
        following = [(later, output) for later in _following(state, output, context)]
        if not following:
            return [output]
        following += [
            (catcher["Next"], self._placed(name, catcher, document, _CAUGHT)) for catcher in state.get("Catch", [])
        ]
        ways = [self.run(scope, later, copy.deepcopy(given), context, (*before, name)) for later, given in following]
        return [end for way in ways for end in way]

    def _state(self, name: str, state: State, document: Any, context: dict[str, Any]) -> Any:
        match state["Type"]:
            case "Choice":
                self.findings += [
                    f"{name}: {fault}" for choice in state["Choices"] for fault in _choice(choice, document)
                ]
                return document
            case "Wait":
                if type(resolve(state["SecondsPath"], document, context)) is not int:
                    self.findings.append(f"{name} has no number of seconds")
                return document
            case "Fail":
                for path in ("ErrorPath", "CausePath"):
                    if path in state:
                        resolve(state[path], document, context)
                return document
            case "Task":
                result = self._task(name, state, document, context)
            case "Map":
                result = self._map(name, state, document, context)
            case _:
                return document
        if "ResultSelector" in state:
            result = fill(state["ResultSelector"], result, context)
        return self._placed(name, state, document, result)

    def _task(self, name: str, state: State, document: Any, context: dict[str, Any]) -> Any:
        parameters = fill(state.get("Parameters", {}), document, context)
        operation = operation_of(state["Resource"])
        if operation and operation.service_model.service_name == "sagemaker":
            faults = sagemaker_requests.faults(operation.name, parameters)
            faults = faults or sagemaker_faults(operation.name, parameters)
            if not faults and operation.name == "CreateTrainingJob":
                faults = algorithm_faults(parameters)
            self.findings += [f"{name}: {fault}" for fault in faults]
        if operation and operation.name == "StartExecution":
            self.run(self.after, self.after["StartAt"], parameters["Input"], CONTEXT, ())
        result = answer(state["Resource"], parameters, self.size)
        self._measure(f"the parameters of {name}", parameters)
        self._measure(f"the result of {name}", result)
        return result

    def _map(self, name: str, state: State, document: Any, context: dict[str, Any]) -> Any:
        reader = fill(state["ItemReader"]["Parameters"], document, context)
        read = items(reader.get("Key", ""), self.parts)
        within = {**context, "Map": {"Item": {"Index": 0, "Value": read[0]}}}
        child = fill(state["ItemSelector"], document, within) if "ItemSelector" in state else read[0]
        ends = self.run(state["ItemProcessor"], state["ItemProcessor"]["StartAt"], child, context, ())
        # Without a ResultWriter, the Map's result is the array of its children's outputs, which are all equal.
        outputs = ends[:1] * self.parts
        self._measure(f"the outputs of {name}'s children", outputs)
        return outputs

    def _measure(self, what: str, document: Any) -> None:
        size = size_of(document)
        self.bytes[what] = max(self.bytes.get(what, 0), size)
        if size > MOST_BYTES:
            self.findings.append(f"{what} are {size} bytes, and Step Functions carries {MOST_BYTES}")

    def _placed(self, name: str, state: State, document: Any, result: Any) -> Any:
        """The state's output: its result at the path in ResultPath."""
        if "ResultPath" not in state:
            return result
        if state["ResultPath"] is None:
            return document
        *outer, place = state["ResultPath"].removeprefix("$.").split(".")
        output = copy.deepcopy(document)
        within = output
        for key in outer:
            within = within.get(key) if isinstance(within, dict) else None
        if not isinstance(within, dict) or (place in within and (name, state["ResultPath"]) not in _REPLACING):
            self.findings.append(f"{name} overwrites {state['ResultPath']}")
            return output
        within[place] = result
        return output


def _following(state: State, document: Any, context: dict[str, Any]) -> list[str]:
    """The possible next states; a choice by a text is decided, because the text belongs to the path."""
    choices = state.get("Choices", [])
    if not choices or any("StringEquals" not in choice for choice in choices):
        return normal_successors(state)
    chosen = (c["Next"] for c in choices if resolve(c["Variable"], document, context) == c["StringEquals"])
    return [next(chosen, state["Default"])]


def size_of(document: Any) -> int:
    """Bytes of a document as Step Functions counts it: UTF-8 JSON."""
    return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def _choice(choice: dict[str, Any], document: Any) -> list[str]:
    """A rule compares an existing value, of the right type."""
    value = resolve(choice["Variable"], document, {})
    comparisons = [key for key in choice if key not in ("Variable", "Next", "Comment")]
    return [
        f"{comparison} never holds for {choice['Variable']}, which is {value!r}"
        for comparison in comparisons
        for kind, types in _COMPARED.items()
        if comparison.startswith(kind) and (not isinstance(value, types) or (kind != "Boolean" and value is True))
    ]
