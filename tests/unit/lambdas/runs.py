"""Documents of a run as written by its other stages, to change and put into a bucket."""

import copy
import gzip
import hashlib
import json
from decimal import Decimal
from typing import Any, cast

from contract import forgotten_users, recommendation_table, run_request
from contract.default_lists_document import DefaultLists
from contract.documents import Plan, Summary
from contract.outcome_documents import Hyperparameters
from contract.part_manifest import Hashes, PartEntry, PublishedList, Receipt
from contract.run_layout import RunLayout, run_id_of
from lambdas.handlers import publish_version, write_outcome
from lambdas.planning import job_requests, job_volumes
from tests.unit.contract.made_metrics import metrics
from tests.unit.lambdas.conftest import CODE, Aws
from workflow import instance_sizes

MACHINE = "arn:aws:states:eu-west-1:000000000000:execution:topx"

SUMMARY: Summary = {
    "status": "ready",
    "reasons": [],
    "warnings": ["5 of 1,010 rows were refused: missing user (5)."],
    "side_rows": {"users": {"rows": 0, "rejected": 0}, "items": {"rows": 40, "rejected": 1}},
    "rows": {"read": 1010, "rejected": 5, "duplicates": 5, "interactions": 1000},
    "rejected_by_reason": {"missing user": 5},
    "rejected_for_now": 0,
    "files": [{"file": "a.csv", "rows": 1010, "rejected": 5}],
    "users": 6,
    "items": 40,
    "servable": 40,
    "rules": {"unknown": {}},
    "interactions": 1000,
    "earliest_time": 1_700_000_000,
    "latest_time": 1_763_900_000.5,
    "time_format": {"format": "seconds", "decided": "1,005 of 1,005 numbers are times from 1995 on as epoch seconds"},
    "hold_out": {"kind": "latest", "because": None, "tied_users": 0},
    "training": {"pairs": 990, "examples": 19_800, "files": 2},
    "held_out": {"users": 5, "pairs": 10},
    "choosing": {"users": 3, "pairs": 4},
    "trimmed": {"interactions": 0, "users": 0, "items": 0},
    "unseen": {"users": 0, "items": 0},
    "features": {"users": [], "items": []},
    "index": {"pairs.parquet": {"size": 3, "sha256": "cd" * 32}},
    "test": {"examples": 50, "files": 1},
    "refit": {"pairs": 1000, "examples": 20_000, "files": 2},
    "feature_dim": 46,
    "seen_p95": 12,
    "longest_id_bytes": {"user": 6, "item": 8},
    "item_id_bytes": 700,
    "content": {"input/interactions/a.csv": {"size": 3, "sha256": "ab" * 32}},
}
METRICS = metrics(
    {"ndcg@10": 0.127, "recall@20": 0.2, "coverage": 0.5},
    {"ndcg@10": 0.081, "recall@20": 0.1, "coverage": 0.01},
)


DEFAULT_LISTS: DefaultLists = {
    "by": "country",
    "lists": [
        {"value": None, "users": 6, "items": ["b", "a"], "scores": [0.5, 1 / 3]},
        {"value": "火", "users": 4, "items": ["a"], "scores": [0.75]},
    ],
}


HYPERPARAMETERS: Hyperparameters = {"factorization_machines": {"epochs": "2"}, "nearest_neighbours": {"k": "9"}}


def publishing(day: int, **statuses: str) -> publish_version.Event:
    """The event for publishing that day's run."""
    completed = dict.fromkeys(publish_version.Statuses.__annotations__, "Completed")
    metrics_sha256 = hashlib.sha256(json.dumps(METRICS).encode()).hexdigest()
    ended = cast("publish_version.Statuses", completed | statuses)
    return {"run_id": run_id(day), "execution": execution(day), "statuses": ended, "metrics_sha256": metrics_sha256}


def written(day: int) -> write_outcome.Event:
    """The event for writing the outcome of that day's run."""
    return {"run_id": run_id(day), "hyperparameters": HYPERPARAMETERS}


def changed(document: Any, **changes: Any) -> Any:
    """A copy of a document with some fields replaced."""
    return {**copy.deepcopy(document), **changes}


def run_id(day: int) -> str:
    """The id of the run that started on that day of the month."""
    return run_id_of(execution(day), f"2026-11-{day:02d}T03:00:00Z")


def execution(day: int) -> str:
    """The ARN of that run's execution."""
    return f"{MACHINE}:day-{day}"


def plan(day: int, keep_versions: int = 3, **request: Any) -> Plan:
    """That run's plan.json."""
    layout = RunLayout("bucket", run_id(day))
    values = run_request.parse(request)
    instances = instance_sizes.fitting(values, 0)
    volumes = job_volumes.estimate(
        [],
        values["feedback"],
        values["factors"],
        refit=values["refit"] is not False,
        history_rank=values["history_rank"],
    )
    return {
        "run_id": layout.run_id,
        "execution": {"arn": execution(day), "started": f"2026-11-{day:02d}T03:00:00Z"},
        "request": values,
        "dataset": {"user": "u", "item": "i"},
        "input": {"objects": [], "items": [], "users": []},
        "champion": None,
        "forgotten": forgotten_users.note_of(()),
        "code": CODE,
        "unchanged": None,
        "keep_versions": keep_versions,
        "instances": instances,
        "stages": job_requests.stages(
            layout, instance_sizes.sized(values, instances), volumes, {"items": [], "users": []}, CODE["images"]
        ),
    }


def loaded(
    aws: Aws,
    day: int,
    users: int = 6,
    parts: int = 2,
    *,
    default_lists: DefaultLists = DEFAULT_LISTS,
    planned: Plan | None = None,
    summarized: dict[str, Any] | None = None,
    without_list: frozenset[int] = frozenset(),
    **request: Any,
) -> RunLayout:
    """A run with all parts loaded, as "Publish version" finds it; the users of ``without_list`` have no items left."""
    layout = RunLayout(aws.bucket, run_id(day))
    aws.put_json(layout.plan, planned or plan(day, **request))
    aws.put_json(layout.summary, changed(SUMMARY, users=users, **(summarized or {})))
    aws.put_json(layout.metrics, METRICS)
    aws.put_json(layout.default_lists, default_lists)
    nothing = hashlib.sha256(b"").hexdigest()
    of_lists, of_plan, of_summary = (
        hashlib.sha256(aws.get(key)).hexdigest() for key in (layout.default_lists, layout.plan, layout.summary)
    )
    manifest: list[PartEntry] = []
    for n in range(parts):
        first = sum(part["users"] for part in manifest)
        hashes: Hashes = {
            "part": f"{n:064x}",
            "rows": f"{n:064x}",
            "item_ids": nothing,
            "item_rows": nothing,
            "default_lists": of_lists,
            "plan": of_plan,
            "summary": of_summary,
        }
        size = users // parts + (n < users % parts)
        manifest.append({"part": f"part-{n:05d}", "first": first, "users": size, "sha256": hashes})
    aws.put_json(layout.manifest, manifest)
    for part in manifest:
        lines: list[PublishedList] = [
            {"user": f"ü {number}", "items": [], "scores": []}
            if number in without_list
            else {"user": f"ü {number}", "items": ["a", "b"], "scores": [2.5 + number, 1 / 3]}
            for number in range(part["first"], part["first"] + part["users"])
        ]
        for line in (line for line in lines if line["items"]):
            item = recommendation_table.user_item(line["user"], layout.run_id, line["items"], line["scores"])
            aws.table.put_item(Item=item)
        packed = gzip.compress("\n".join(json.dumps(line) for line in lines).encode())
        aws.put_archive(layout.recommendations(part["part"]), packed)
        receipt: Receipt = {
            "part": part["part"],
            "users": part["users"],
            "entry": part,
            "recommendations": hashlib.sha256(packed).hexdigest(),
            "short": 1,
            "short_because": {"seen": 1},
            "empty": sum(not line["items"] for line in lines),
        }
        aws.put_json(layout.receipt(part["part"]), receipt)
    return layout


def plain(value: Any) -> Any:
    """A table's value with floats instead of decimals."""
    return json.loads(json.dumps(value, default=lambda number: float(number) if isinstance(number, Decimal) else None))
