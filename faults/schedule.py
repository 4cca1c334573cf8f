"""Seeded schedules of weekly runs with faults: loading, publishing, rolling back and retiring, all concurrently."""

import json
import logging
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3

from contract.recommendation_table import PUBLISHED
from contract.refusal import Refused
from contract.run_layout import RunLayout
from faults import material
from faults.execution import Calls, Execution, is_refusal, start
from faults.material import Prepared
from faults.network import Network
from faults.service_faults import ServiceFaults
from faults.stages import listen
from faults.turns import Turns
from faults.watcher import ROLL_BACK, Watcher
from workflow.failure_guide import AFTER_PUBLISHING

_PLACE = "topx-schedules"
_MOST_REDRIVES = 8
# Objects that no state from loading on reads: listing and restoring them would take the longest.
_NOT_READ = ("/prepared/", "/fm/", "/knn/")
_RATES = (0.0, 0.01, 0.03, 0.1, 0.25)


@dataclass
class World:
    """A bucket and a table with one published version and two runs that are about to load; restored for each
    schedule.
    """

    network: Network
    runs: list[Prepared]
    _objects: dict[str, bytes] = field(default_factory=dict)
    _items: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def make(cls, network: Network, seed: int) -> "World":
        """Three weeks' runs by the real stages, the first of them published."""
        world = cls(network, material.prepare_runs(network, _PLACE, 3, seed))
        first = Execution(network, "week-0", "", world.runs[0].data, calls=_calm(0))
        _answer_about(world, [first])
        _alone(first)
        assert first.status == "SUCCEEDED", first.ended
        world._remember()
        return world

    def _remember(self) -> None:
        for key in material.objects(_PLACE):
            if any(folder in key for folder in _NOT_READ):
                boto3.client("s3").delete_object(Bucket=_PLACE, Key=key)
        self._objects = material.objects(_PLACE)
        self.network.touched.clear()
        self._items = _table().scan(ConsistentRead=True)["Items"]

    def restore(self) -> None:
        """Restore everything to the state before the first schedule."""
        os.environ |= {"BUCKET": _PLACE, "TABLE": _PLACE}
        self.network.service_faults = None
        client, table = boto3.client("s3"), _table()
        for path in list(self.network.touched):
            key = path.removeprefix(f"/{_PLACE}/")
            if key in self._objects:
                client.put_object(Bucket=_PLACE, Key=key, Body=self._objects[key])
            else:
                client.delete_object(Bucket=_PLACE, Key=key)
        self.network.touched.clear()
        was = {(item["pk"], item["version"]): item for item in self._items}
        now = {(item["pk"], item["version"]): item for item in table.scan(ConsistentRead=True)["Items"]}
        with table.batch_writer() as batch:
            for pk, version in now.keys() - was.keys():
                batch.delete_item(Key={"pk": pk, "version": version})
            for name, item in was.items():
                if now.get(name) != item:
                    batch.put_item(Item=item)


@dataclass(frozen=True)
class Verdict:
    """The result of one schedule."""

    seed: int
    losses: list[str]
    faults: int
    ends: list[str]  # for each run: published, refused, published after redrive
    loads: int  # invocations of the loader
    died: int  # invocations that ended with an error other than a refusal


def run_schedule(world: World, seed: int) -> Verdict:
    """Generate a schedule from ``seed``, run it, and check the result."""
    world.restore()
    chance = random.Random(seed)
    random.seed(seed)
    turns = Turns(random.Random(chance.random()))
    watcher = Watcher(_PLACE, {run.run_id: run for run in world.runs})
    service_faults = _service_faults(turns, chance, watcher)
    calls = Calls(
        turns, random.Random(chance.random()), chance.choice((0, 0, 0.05, 0.2)), chance.choice((0, 0.05, 0.3))
    )
    executions = [
        Execution(world.network, f"week-{week}", "", world.runs[week].data, calls=calls)
        for week in chance.choice(((1,), (1, 2), (1, 2), (2, 1)))
    ]
    world.network.service_faults = service_faults
    _answer_about(world, executions)
    for number, execution in enumerate(executions):
        offset = number * chance.choice((0.0, 0.5, 5.0, 200.0))
        turns.start(execution.name, _Operated(execution, service_faults, watcher, offset, chance.random() < 0.5))
    for number in range(chance.choice((0, 0, 0, 1, 1, 2))):
        turns.start(f"operator {number}", _RollBack(calls, watcher, world, chance.uniform(0, chance.choice((4, 40)))))
    with _quiet():
        turns.run()
    world.network.service_faults = None
    losses = [*watcher.losses, *_losses_at_the_end(world, executions, watcher)]
    loads = [task for task in calls.started if task.name.startswith("load_part")]
    died = [task for task in loads if task.error is not None and not isinstance(task.error, Refused)]
    return Verdict(seed, losses, service_faults.faults, [_end(one) for one in executions], len(loads), len(died))


def _service_faults(turns: Turns, chance: random.Random, watcher: Watcher) -> ServiceFaults:
    service_faults = ServiceFaults(
        turns, random.Random(chance.random()), watcher.wrote, rate=chance.choice(_RATES), until=chance.uniform(5, 1500)
    )
    for _ in range(chance.choice((0, 0, 1, 2))):
        begin = chance.uniform(0, 60)
        end = begin + chance.choice((1.0, 10.0, 60.0, 300.0, 600.0))
        service_faults.outages.append((begin, end, chance.choice(("s3", "dynamodb", "all"))))
        service_faults.until = max(service_faults.until, end)
    functions = (
        "load_part",
        "load_part",
        "publish_version",
        "write_outcome",
        "choose_retirement",
        "retire_part",
        "record_retirement",
    )
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        name = f"{chance.choice(functions)} {chance.randrange(1, 18)}"
        service_faults.kills[name] = (chance.randrange(1, 12), chance.random() < 0.5)
    return service_faults


@dataclass
class _Operated:
    """An execution with an operator: it is redriven after a failure, immediately or when the faults are over.

    A run that fails although its version is published counts as a loss, whatever happens later.
    """

    execution: Execution
    service_faults: ServiceFaults
    watcher: Watcher
    offset: float
    at_once: bool

    def __call__(self) -> None:
        turns, run = self.service_faults.turns, self.execution
        turns.give_way(seconds=self.offset)
        self._go()
        while run.ended and run.redriven < _MOST_REDRIVES and _may_be_redriven(run):
            patience = 1.0 if self.at_once and run.redriven < 3 else max(1.0, self.service_faults.until - turns.now)
            turns.give_way(seconds=patience)
            run.redriven += 1
            self._go()

    def _go(self) -> None:
        run = self.execution
        run.go()
        if run.ended and run.ended.state not in AFTER_PUBLISHING and self.watcher.has_published(run.run_id):
            self.watcher.losses.append(f"{run.name} failed although its version is published: {run.ended}")


def _may_be_redriven(run: Execution) -> bool:
    """A refusal is not redriven, unless its message says so."""
    assert run.ended is not None
    return not is_refusal(run.ended) or "redrive" in run.ended.cause


@dataclass
class _RollBack:
    """An operator who rolls back to an earlier version."""

    calls: Calls
    watcher: Watcher
    world: World
    offset: float

    def __call__(self) -> None:
        self.calls.turns.give_way(seconds=self.offset)
        # Usually to the version that is about to be retired.
        version = self.calls.chance.choice([self.world.runs[0], *self.world.runs]).run_id
        task = start(self.calls, ROLL_BACK, {"version": version, "by": "faults"})
        self.calls.turns.wait_for(task)


def _answer_about(world: World, executions: list[Execution]) -> None:
    listen(world.network, lambda: executions[0])
    status = {execution.arn: execution for execution in executions}

    def described(asked: dict[str, Any]) -> dict[str, Any]:
        run = status.get(asked["executionArn"])
        found = {"executionArn": asked["executionArn"], "stateMachineArn": "arn", "startDate": 0}
        over = {} if run is None or run.status == "RUNNING" else {"stopDate": 4e9}
        return {**found, "status": run.status if run else "RUNNING", **over}

    world.network.answers["DescribeExecution"] = described


def _losses_at_the_end(world: World, executions: list[Execution], watcher: Watcher) -> Iterator[str]:
    for run in world.runs:
        if watcher.status(run.run_id) == PUBLISHED and (fault := watcher.fault_of(run.run_id)):
            yield f"a published version is lost: {fault}"
    if fault := watcher.fault_of(watcher.pointer()):
        yield f"at the end: {fault}"
    for execution in executions:
        yield from _loss_of(execution, watcher)


def _loss_of(run: Execution, watcher: Watcher) -> Iterator[str]:
    version, status = run.run_id, watcher.status(run.run_id)
    published = watcher.has_published(version)
    if run.ended is None:
        if not published:
            yield f"{run.name} succeeded, but its version is {status or 'not recorded'}"
        elif version not in (to for _, to in watcher.moves):
            yield f"{run.name} succeeded, but its version was never current"
        elif _outcome(run).get("version") != version:
            yield f"{run.name} is published without outcome.json"
        return
    reported = f"{run.ended.state}: {run.ended.error}: {run.ended.cause}"
    if not is_refusal(run.ended):
        yield f"{run.name} did not end after the faults were over: {reported}"
    elif published:
        yield f"{run.name} had published, but was reported as refused: {reported}"
    elif watcher.item({"pk": "meta#current", "version": "pointer"})["newest"] <= version and not status:
        yield f"{run.name} was refused without a reason: {reported}"


def _outcome(run: Execution) -> dict[str, Any]:
    try:
        key = RunLayout(_PLACE, run.run_id).outcome
        found: dict[str, Any] = json.load(boto3.client("s3").get_object(Bucket=_PLACE, Key=key)["Body"])
    except boto3.client("s3").exceptions.NoSuchKey:
        return {}
    return found


def _end(run: Execution) -> str:
    if run.ended is not None:
        return "refused" if is_refusal(run.ended) else "failed"
    return "redriven" if run.redriven else "published"


def _calm(seed: int) -> Calls:
    return Calls(Turns(random.Random(seed)), random.Random(seed))


def _alone(execution: Execution) -> None:
    execution.calls.turns.start(execution.name, execution.go)
    execution.calls.turns.run()


def _table() -> Any:
    return boto3.resource("dynamodb").Table(_PLACE)


@contextmanager
def _quiet() -> Iterator[None]:
    """The functions log retries and lost parts; here there are thousands."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
