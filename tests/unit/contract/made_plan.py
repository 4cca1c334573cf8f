"""A made-up plan.json, as written by the planner."""

from collections.abc import Mapping, Sequence

from contract.dataset_document import DatasetDocument
from contract.documents import ChampionNote, ObjectVersion, Plan
from contract.forgotten_users import note_of
from contract.request_document import Request
from contract.run_layout import RunLayout
from lambdas.planning import job_requests
from lambdas.planning.job_volumes import JobVolumes
from workflow import instance_sizes


def plan(
    run_id: str,
    request: Request,
    dataset: DatasetDocument,
    *,
    files: Mapping[str, list[ObjectVersion]] | None = None,
    champion: ChampionNote | None = None,
    forgotten: Sequence[str] = (),
    started: str = "2026-11-23T03:00:00Z",
) -> Plan:
    """The plan of the first execution on a Monday.

    Args:
        files: by objects, items, users, rules, if there are any.
        forgotten: hashes.
    """
    found: dict[str, list[ObjectVersion]] = {"objects": [], "items": [], "users": [], "rules": [], **(files or {})}
    instances = instance_sizes.fitting(request, 0)
    return {
        "run_id": run_id,
        "execution": {"arn": "arn:aws:states:eu-west-1:1:execution:topx:monday", "started": started},
        "request": request,
        "dataset": dataset,
        "input": found,
        "champion": champion,
        "forgotten": note_of(forgotten),
        "code": {"version": "3f1c9d2", "images": {}},
        "unchanged": None,
        "keep_versions": 3,
        "instances": instances,
        "stages": job_requests.stages(
            RunLayout("bucket", run_id),
            instance_sizes.sized(request, instances),
            JobVolumes(prepare=30, training=30, extract=30, index=30),
            found,
            {"prepare": "any"},
            forgotten=bool(forgotten),
        ),
    }
