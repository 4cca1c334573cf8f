"""A definition has the same states as its table of stages (workflow/stages.py and after_publishing.py), in the same
order.
"""

import re

from tests.infrastructure.definition_checks.scopes import Scope, State, states
from workflow.after_publishing import AFTER_PUBLISHING
from workflow.stage import Call, Each, Function, Job, Stage
from workflow.stages import STAGES

# For a state that invokes a function: time for the function to end, and to report it.
SECONDS_AFTER_FUNCTION = 60


def stages_of(definition: Scope) -> tuple[Stage, ...]:
    """The table of a definition: the run's, or the one after publishing."""
    return AFTER_PUBLISHING if definition["StartAt"] == AFTER_PUBLISHING[0].name else STAGES


def findings(definition: Scope) -> list[str]:
    """The differences between definition and table."""
    every = [inner for stage in stages_of(definition) for inner in stage.with_inner()]
    defined, table = states(definition), {stage.name: stage for stage in every}
    found = [f"{name} is not in workflow/stages.py" for name in defined if name not in table]
    found += [f"{name} is in workflow/stages.py alone" for name in table if name not in defined]
    if not found and list(defined) != list(definition_order(table)):
        found.append("the stages in workflow/stages.py are in another order")
    return found + [
        f"{name}: {fault}" for name, state in defined.items() if name in table for fault in _faults(state, table[name])
    ]


def definition_order(table: dict[str, Stage]) -> list[str]:
    """The names in the order of ``states``: those of the machine first, then those inside its Maps."""
    inner = [stage.does.stage.name for stage in table.values() if isinstance(stage.does, Each)]
    return [*(name for name in table if name not in inner), *inner]


def _faults(state: State, stage: Stage) -> list[str]:
    match stage.does:
        case Function():
            return _of_function(state, stage.does)
        case Job():
            resource = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", state.get("Resource", "")).lower()
            verb = rf":sagemaker:{'delete' if stage.does.deletes else 'create'}-{stage.does.kind}(\.sync)?"
            return [] if re.search(verb, resource) else [f"it is no {stage.does.kind}"]
        case Each():
            inner = list(state.get("ItemProcessor", {}).get("States", {}))
            return [] if inner == [stage.does.stage.name] else [f"it does not do {stage.does.stage.name} for each"]
        case Call():
            called = state.get("Resource", "").rsplit(":::", 1)[-1]
            return [] if called == stage.does.integration else [f"it does not call {stage.does.integration}"]
        case None:
            return [f"nothing in workflow/stages.py does it, and it is a {state['Type']}"] * (
                state["Type"] in ("Task", "Map")
            )


def _of_function(state: State, function: Function) -> list[str]:
    called = state.get("Parameters", {}).get("FunctionName")
    seconds = 60 * function.minutes + SECONDS_AFTER_FUNCTION
    found = [] if called == f"${{{function.placeholder}}}" else [f"it calls {called}, not ${{{function.placeholder}}}"]
    if state.get("TimeoutSeconds") != seconds:
        found.append(f"its TimeoutSeconds are to be {seconds}, a minute above the function's own")
    return found
