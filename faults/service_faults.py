"""The faults of one schedule: which AWS calls fail and how, and where a process is killed."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from botocore import exceptions as aws
from botocore.awsrequest import AWSPreparedRequest

from faults.aws_double import Answer
from faults.network import Deliver
from faults.turns import Killed, Task, Turns, current

_LATENCY = 0.02
_OUT = ("throttled", "broken", "unavailable", "reset", "timeout", "unreachable")
# Some occur after the call has had its effect, so that only its answer is lost.
_KINDS = ("throttled", "broken", "unavailable", "reset", "timeout", "after broken", "after reset", "after timeout")
# botocore's read timeout.
_READ_TIMEOUT = 60.0
_WRITES = ("PutItem", "BatchWriteItem", "TransactWriteItems", "UpdateItem", "DeleteItem", "PutObject", "DeleteObject")


@dataclass
class ServiceFaults:
    """Seeded faults: a share of all calls, outages, and kills at certain calls of certain invocations.

    Faults occur before the effect or after it (the answer is lost). ``on_effect`` is called with each effect.
    """

    turns: Turns
    chance: random.Random
    on_effect: Callable[[str, str, AWSPreparedRequest], None]
    rate: float = 0.0
    until: float = float("inf")  # from then on there are no faults
    outages: list[tuple[float, float, str]] = field(default_factory=list)
    kills: dict[str, tuple[int, bool]] = field(default_factory=dict)  # by invocation: at which call, after its effect?
    faults: int = 0

    @property
    def clear(self) -> bool:
        return self.turns.now >= self.until

    def call(self, service: str, operation: str, request: AWSPreparedRequest, deliver: Deliver) -> Answer:
        """One call of the code under test; other tasks may run before it has its effect."""
        task = current()
        if task is None or task.ends is None:  # calls outside a Lambda are not under test
            return deliver()
        task.calls += 1
        self.turns.give_way(seconds=_LATENCY)
        if self.turns.now >= task.ends:
            self._kill(task, "late")
        kill = self.kills.get(task.name)
        dies = bool(kill and task.calls == kill[0])
        if dies and kill and not kill[1]:
            self._kill(task)
        trouble = self._trouble(service, operation)
        if trouble == "partly":
            done = self._partly(request, deliver)
        elif trouble and not trouble.startswith("after"):
            return self._fault(trouble, service, request)
        else:
            done = deliver()
        if operation in _WRITES:
            self.on_effect(service, operation, request)
        if dies:
            self._kill(task)
        if trouble and trouble.startswith("after"):
            return self._fault(trouble, service, request)
        return self._cut(done) if service == "s3" and operation == "GetObject" and self._drawn(0.3) else done

    def _kill(self, task: Task, why: str = "killed") -> None:
        self.faults += 1
        task.dead = True
        raise Killed(why)

    def _drawn(self, factor: float = 1.0) -> bool:
        return not self.clear and self.chance.random() < self.rate * factor

    def _trouble(self, service: str, operation: str) -> str | None:
        out = any(begin <= self.turns.now < end and what in (service, "all") for begin, end, what in self.outages)
        if not out and not self._drawn():
            return None
        self.faults += 1
        if out:
            return self.chance.choice(_OUT)
        kinds = [
            "throttled",
            "broken",
            "unavailable",
            "reset",
            "timeout",
            "after broken",
            "after reset",
            "after timeout",
        ]
        return self.chance.choice(kinds + ["partly"] * 3 * (operation == "BatchWriteItem"))

    def _fault(self, trouble: str, service: str, request: AWSPreparedRequest) -> Answer:
        kind = trouble.removeprefix("after ")
        if kind == "timeout":
            self.turns.give_way(seconds=_READ_TIMEOUT)
            raise aws.ReadTimeoutError(endpoint_url=request.url)
        if kind == "reset":
            raise aws.ConnectionClosedError(endpoint_url=request.url)
        if kind == "unreachable":
            raise aws.EndpointConnectionError(endpoint_url=request.url)
        return _refusal(service, kind)

    def _partly(self, request: AWSPreparedRequest, deliver: Deliver) -> Answer:
        """DynamoDB processes some of a batch, and returns the others as unprocessed."""
        asked = json.loads(request.body)
        (table, wanted), *_ = asked["RequestItems"].items()
        taken = [entry for entry in wanted if self.chance.random() < 0.5]
        left = [entry for entry in wanted if entry not in taken]
        if taken:
            request.body = json.dumps({**asked, "RequestItems": {table: taken}}).encode()
            deliver()
        return Answer(200, {}, json.dumps({"UnprocessedItems": {table: left} if left else {}}).encode())

    def _cut(self, done: Answer) -> Answer:
        """The connection breaks in the middle of the body, before the length given in the header is reached."""
        if len(done.body) < 2:
            return done
        self.faults += 1
        return Answer(
            done.status, {**done.headers, "Content-Length": str(len(done.body))}, done.body[: len(done.body) // 2]
        )


def _refusal(service: str, kind: str) -> Answer:
    names = {
        "dynamodb": {
            "throttled": (400, "ThrottlingException"),
            "broken": (500, "InternalServerError"),
            "unavailable": (503, "ServiceUnavailable"),
        },
        "s3": {
            "throttled": (503, "SlowDown"),
            "broken": (500, "InternalError"),
            "unavailable": (503, "ServiceUnavailable"),
        },
    }
    status, name = names.get(service, names["dynamodb"])[kind]
    if service == "s3":
        body = f"<Error><Code>{name}</Code><Message>drawn by faults</Message></Error>"
        return Answer(status, {"Content-Type": "application/xml"}, body.encode())
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": "drawn by faults"})
    return Answer(status, {}, body.encode())
