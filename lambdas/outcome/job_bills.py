"""The SageMaker jobs that an execution ran, from its history, and what their instances cost."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.outcome_documents import Bill
from workflow.failure_cause import document

# By kind of job, where its Describe document and its request have the instances.
_INSTANCES = {
    "Training": ("ResourceConfig",),
    "Processing": ("ProcessingResources", "ClusterConfig"),
    "Transform": ("TransformResources",),
}
_JOB_RESOURCE = re.compile(r"create(?:Training|Processing|Transform)Job\.sync")
_LOST = "unknown"


@dataclass(frozen=True)
class JobBill:
    """One job: ``seconds`` are billed for each of its instances; None if the history does not have its end."""

    state: str
    kind: str
    name: str
    status: str
    instance_type: str
    instance_count: int
    seconds: float | None

    @classmethod
    def of(cls, state: str, described: Mapping[str, Any], *, lost: bool = False) -> "JobBill | None":
        """The job that a document describes, None if it describes none.

        Args:
            described: the job's Describe document, with times in milliseconds since 1970 as in ``.sync`` results.
            lost: whether this is only the job's request, because its end is unknown.
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
        """As in facts.json, including its cost."""
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
    """``BillableTimeInSeconds`` if present: for spot it is less than the elapsed time. Otherwise from start to end."""
    if "BillableTimeInSeconds" in described:
        return float(described["BillableTimeInSeconds"])
    start, end = described.get(f"{kind}StartTime"), described.get(f"{kind}EndTime")
    return None if start is None or end is None else round((end - start) / 1000, 3)


def jobs_of(events: Iterable[Mapping[str, Any]]) -> Iterator[JobBill]:
    """Every job that was started, including failed attempts, in the order in which they ended.

    The cause of a failed attempt has the job's description. If an attempt timed out, or its job continued after the
    execution was stopped, only its request is known; on an engine with a shorter history, not even that.

    Args:
        events: from the history, oldest first.
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
            text = document(details.get("output") or details.get("cause"))
            bill = JobBill.of(state, text)
            if bill is None and submitted:
                bill = JobBill.of(state, asked, lost=True)
            if bill is not None:
                yield bill
            submitted = False


@dataclass(frozen=True)
class Prices:
    """On-demand prices in USD per instance hour, by type; the region and date they are from."""

    region: str
    as_of: str
    usd_an_hour: Mapping[str, float]

    @classmethod
    def known(cls) -> "Prices":
        """The table in this folder."""
        table = json.loads(Path(__file__).with_name("instance_prices.json").read_text(encoding="utf-8"))
        return cls(table["region"], table["as_of"], table["usd_an_hour"])

    def cost(self, bill: JobBill) -> float | None:
        """USD for all instances of a job; None if its time or its price is unknown."""
        price = self.usd_an_hour.get(bill.instance_type)
        if price is None or bill.seconds is None:
            return None
        return round(bill.seconds * bill.instance_count * price / 3600, 6)
