"""The deployed state machines, started, paused and resumed at any state."""

import copy
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contract.run_layout import job_base, run_id_of
from tests.end_to_end.conftest import Tool
from tests.end_to_end.recorded_access import Call, Roles
from tests.unit.lambdas.embedded_metrics import data_of
from topx import embedded_aws
from topx.local_deployment import connection
from topx.progress import execution_of
from workflow.stages import START_AFTER_PUBLISHING
from workflow.state_timings import StateRun, states_of

PATIENCE = 240.0
# Name prefixes of the state machines that equal a deployed one except for where they begin or wait: of the run's, and
# of the one after publishing.
PART, REST = "part-", "rest-"


@dataclass(frozen=True)
class Running:
    """An execution of the deployed definition, or of part of it."""

    states: Any
    arn: str

    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = self.states.describe_execution(executionArn=self.arn)
        return found

    @property
    def run_id(self) -> str:
        return run_id_of(self.arn, self.described()["startDate"].isoformat())

    def events(self) -> list[dict[str, Any]]:
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def visited(self) -> dict[str, StateRun]:
        return {state.name: state for state in states_of(self.events())}

    def ended(self) -> dict[str, Any]:
        await_(lambda: self.described()["status"] != "RUNNING")
        return self.described()

    def reaches(self, name: str) -> StateRun:
        await_(lambda: name in self.visited() or self.described()["status"] != "RUNNING")
        return self.visited()[name]

    def stop(self) -> None:
        self.states.stop_execution(executionArn=self.arn, error="Operator", cause="enough")


class World:
    """The deployed stack, and its definition to start or pause at other states."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.states = tool.deployment.states
        self.machine, self.after_machine = tool.deployment.state_machine, tool.deployment.after_publishing
        self.role, self.definition = self._deployed(self.machine)
        self.after_role, self.after_definition = self._deployed(self.after_machine)
        running = embedded_aws.status()
        assert running is not None
        self.place = connection(running.endpoint, running.region, running.administrator)
        self.sagemaker = self.place.client("sagemaker")
        self.roles = Roles.of(self.place, "topx")
        self.permissions = self.roles.permissions()
        self.record = tool.home / "access.jsonl"

    def _deployed(self, machine: str) -> tuple[str, dict[str, Any]]:
        described = self.states.describe_state_machine(stateMachineArn=machine)
        return described["roleArn"], json.loads(described["definition"])

    @property
    def stand_ins(self) -> dict[str, str]:
        """The name prefixes of the state machines that replace each of both machines, by its name."""
        return {_name(self.machine): PART, _name(self.after_machine): REST}

    def calls(self) -> list[Call]:
        """The calls of the stack's roles so far; calls for a part of a machine count for the machine."""
        calls = self.roles.calls(self.record)
        for name, part in self.stand_ins.items():
            calls = [replace(call, resource=re.sub(rf"{part}\d+", name, call.resource)) for call in calls]
        return calls

    def start(self, given: Mapping[str, Any], machine: str | None = None) -> Running:
        started = self.states.start_execution(stateMachineArn=machine or self.machine, input=json.dumps(given))
        return Running(self.states, started["executionArn"])

    def held(self, before: str) -> str:
        """The machine, with a long wait before one state."""
        changed = copy.deepcopy(self.definition)
        for state in changed["States"].values():
            if state.get("Next") == before:
                state["Next"] = "Hold"
        changed["States"]["Hold"] = {"Type": "Wait", "Seconds": 1_000_000, "Next": before}
        return self._create(changed)

    @contextmanager
    def deleting_the_model_of_others(self) -> Iterator[None]:
        """Inside this context, the deployed machine tries to delete a model that its role may not touch."""
        changed = copy.deepcopy(self.after_definition)
        changed["States"]["Delete k-NN model"]["Parameters"] = {"ModelName": "somebody-elses"}
        self.states.update_state_machine(stateMachineArn=self.after_machine, definition=json.dumps(changed))
        try:
            yield
        finally:
            deployed = json.dumps(self.after_definition)
            self.states.update_state_machine(stateMachineArn=self.after_machine, definition=deployed)

    def taken_up(self, state: StateRun) -> Running:
        """Like a redrive: the same definition from the state that was not exited, with the state's own input."""
        begun_elsewhere = {**self.definition, "StartAt": state.name}
        return self.start(state.given, self._create(begun_elsewhere))

    def rest_taken_up(self, state: StateRun) -> Running:
        """The same for the machine after publishing."""
        begun_elsewhere = {**self.after_definition, "StartAt": state.name}
        return self.start(state.given, self._create(begun_elsewhere, REST, self.after_role))

    def starting_nothing(self, state: StateRun) -> Running:
        """Resumed where it starts the execution after publishing, which does not exist."""
        changed = {**copy.deepcopy(self.definition), "StartAt": state.name}
        start = changed["States"][state.name]
        start["Parameters"]["StateMachineArn"] += "-gone"
        start["Retry"] = []
        return self.start(state.given, self._create(changed))

    def start_of_rest(self, run_id: str) -> StateRun:
        """The start of the execution after publishing, in the newest execution that has published a run."""
        machines = self.states.list_state_machines()["stateMachines"]
        for machine in sorted(machines, key=lambda one: one["creationDate"], reverse=True):
            for execution in self.states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
                state = Running(self.states, execution["executionArn"]).visited().get(START_AFTER_PUBLISHING)
                if state and state.given["plan"]["run_id"] == run_id:
                    return state
        raise AssertionError(f"{run_id} has started nothing")

    def after(self, run_id: str) -> Running:
        """The execution that a run has started."""
        return Running(self.states, execution_of(self.after_machine, run_id))

    def retired_old_versions(self, run_id: str) -> Running:
        """The same, once it has succeeded."""
        after = self.after(run_id)
        assert after.ended()["status"] == "SUCCEEDED", after.described()
        return after

    def _create(self, definition: Mapping[str, Any], part: str = PART, role: str = "") -> str:
        made = self.states.create_state_machine(
            name=f"{part}{time.time_ns()}", definition=json.dumps(definition), roleArn=role or self.role
        )
        return str(made["stateMachineArn"])

    def age(self) -> dict[str, float]:
        """What the function that EventBridge invokes every hour has logged, as read by CloudWatch."""
        found = self.place.client("cloudformation").describe_stack_resources(StackName="topx")["StackResources"]
        names = {
            one["ResourceType"]: one["PhysicalResourceId"]
            for one in found
            if one["LogicalResourceId"].startswith("FunctionsMeasureAge")
        }
        answer = self.place.client("lambda").invoke(FunctionName=names["AWS::Lambda::Function"], Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        group, logs = names["AWS::Logs::LogGroup"], self.place.client("logs")

        def written() -> dict[str, float]:
            events = logs.filter_log_events(logGroupName=group)["events"]
            return {datum.name: datum.value for event in events for datum in data_of(event["message"])}

        values: dict[str, float] = await_(written)
        return values

    def models_of(self, run_id: str) -> list[str]:
        models = self.sagemaker.list_models(NameContains=job_base("nn", run_id))["Models"]
        return [model["ModelName"] for model in models]

    def jobs_of(self, run_id: str, stage: str) -> dict[str, dict[str, Any]]:
        """The Describe documents of a stage's jobs, by name."""
        files = (self.tool.home / "jobs").glob(f"{job_base(stage, run_id)}-*/job.json")
        return {file.parent.name: json.loads(file.read_text()) for file in files}

    def processes(self) -> list[int]:
        """The live processes of jobs: those that hold the lock on their record."""
        running = embedded_aws.status()
        records = {_identity(path) for path in (self.tool.home / "engine" / "children").iterdir()}
        holders = set()
        for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
            with suppress(OSError):  # it has ended meanwhile
                if _identity(descriptor) in records:
                    holders.add(int(descriptor.parts[2]))
        return sorted(holders - {running.pid if running else 0})

    def lengths(self, run_id: str) -> Counter[int]:
        """The number of lists of each length in a version."""
        lengths: Counter[int] = Counter()
        request: dict[str, Any] = {}
        while True:
            page = self.tool.deployment.table.scan(**request)
            of_users = (item for item in page["Items"] if item["pk"].startswith("user#") and item["version"] == run_id)
            lengths.update(len(item["items"]) for item in of_users)
            if "LastEvaluatedKey" not in page:
                return lengths
            request = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def current_version(self) -> str:
        pointer = self.tool.published().pointer
        return str(pointer["current"]) if pointer else ""


def _name(machine: str) -> str:
    return machine.rpartition(":")[2]


def _identity(file: Path) -> tuple[int, int]:
    """Identifies a file, whatever its name."""
    status = file.stat()
    return status.st_dev, status.st_ino


def await_(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.03)
    return found
