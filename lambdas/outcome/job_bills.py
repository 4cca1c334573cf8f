"""The SageMaker jobs that an execution ran, as its history tells of them, and what their instances cost."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.outcome_documents import Bill
from workflow.failure_cause import document

# Per kind of job, where its Describe document and its request have the instances.
_INSTANCES = {
    "Training": ("ResourceConfig",),
    "Processing": ("ProcessingResources", "ClusterConfig"),
    "Transform": ("TransformResources",),
}
_JOB_RESOURCE = re.compile(r"create(?:Training|Processing|Transform)Job\.sync")
_LOST = "unknown"


@dataclass(frozen=True)
class JobBill:
    """One job: ``seconds`` of each of its instances that SageMaker bills, None when the history has no end of it."""

    state: str
    kind: str
    name: str
    status: str
    instance_type: str
    instance_count: int
    seconds: float | None

    @classmethod
    def of(cls, state: str, described: Mapping[str, Any], *, lost: bool = False) -> "JobBill | None":
        """The job that a document describes, None when it is none.

        Args:
            described: the job's Describe document, times in milliseconds since 1970 as ``.sync`` has them.
            lost: when it is only the job's request, because no end of it is told.
        """
        for kind, way in _INSTANCES.items():
            if f"{kind}JobName" not in described:
                continue
            instances: Any = described
            for name in way:
                instances = instances[name]
            return cls(
                state=state,
                kind=kind,
                name=described[f"{kind}JobName"],
                status=_LOST if lost else described.get(f"{kind}JobStatus", _LOST),
                instance_type=instances["InstanceType"],
                instance_count=instances["InstanceCount"],
                seconds=None if lost else _billed(kind, described),
            )
        return None

    def as_json(self, usd: float | None) -> Bill:
        """As facts.json has it, with what it cost."""
        return {
            "state": self.state,
            "kind": self.kind,
            "name": self.name,
            "status": self.status,
            "instance_type": self.instance_type,
            "instance_count": self.instance_count,
            "seconds": self.seconds,
            "usd": usd,
        }


def _billed(kind: str, described: Mapping[str, Any]) -> float | None:
    """``BillableTimeInSeconds`` where there is one: for spot it is less than the time. Otherwise from start to end."""
    if "BillableTimeInSeconds" in described:
        return float(described["BillableTimeInSeconds"])
    start, end = described.get(f"{kind}StartTime"), described.get(f"{kind}EndTime")
    return None if start is None or end is None else round((end - start) / 1000, 3)


def jobs_of(events: Iterable[Mapping[str, Any]]) -> Iterator[JobBill]:
    """Every job that was begun, failed attempts too, in the order in which they ended.

    An attempt whose job failed has the job's description for its cause. Of one that timed out, or went on when its
    execution was stopped, only the request is known, and on an engine that tells less not even that.

    Args:
        events: of the history, oldest first.
    """
    state = ""
    asked: Mapping[str, Any] = {}
    submitted = False
    for event in events:
        kind = event["type"]
        details: Mapping[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
        if kind.endswith("StateEntered"):
            state = details["name"]
        elif kind == "TaskScheduled":
            is_job = _JOB_RESOURCE.search(details.get("resource", ""))
            asked = document(details.get("parameters")) if is_job else {}
        elif kind == "TaskSubmitted":
            submitted = bool(asked)
        elif kind in ("TaskSucceeded", "TaskFailed", "TaskTimedOut", "ExecutionRedriven"):
            told = document(details.get("output") or details.get("cause"))
            bill = JobBill.of(state, told)
            if bill is None and submitted:
                bill = JobBill.of(state, asked, lost=True)
            if bill is not None:
                yield bill
            submitted = False


@dataclass(frozen=True)
class Prices:
    """What an hour of an instance costs in USD, on demand, by type; where, and when that was so."""

    region: str
    as_of: str
    usd_an_hour: Mapping[str, float]

    @classmethod
    def known(cls) -> "Prices":
        """The table beside this module."""
        table = json.loads(Path(__file__).with_name("instance_prices.json").read_text(encoding="utf-8"))
        return cls(table["region"], table["as_of"], table["usd_an_hour"])

    def cost(self, bill: JobBill) -> float | None:
        """USD for all instances of a job; None when its time or its price is not known."""
        price = self.usd_an_hour.get(bill.instance_type)
        if price is None or bill.seconds is None:
            return None
        return round(bill.seconds * bill.instance_count * price / 3600, 6)
