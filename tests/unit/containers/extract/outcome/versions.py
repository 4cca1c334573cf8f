"""Two versions' published lists as written by the loader, and the other inputs of the job."""

import gzip
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.evaluation.champion import ComparedWithChampion
from containers.extract.evaluation.model_evaluation import Evaluation, compare_with_popular
from containers.extract.lists.examples import examples
from containers.extract.lists.held_out_lists import held_out_lists
from containers.extract.lists.sample_lists import sample_lists
from containers.extract.model.spreading import spread
from containers.extract.model.vectors import Vectors
from contract import run_request
from contract.outcome_documents import Facts, Outcome
from sagemaker_contract.job_paths import JobPaths
from tests.unit.containers.extract.world import RUN_ID, World

Lists = Mapping[str, list[str]]
BEFORE = "20261116t030000120-0a1b2c"
FACTS: Facts = {
    "execution": "arn:aws:states:eu-west-1:111122223333:execution:topx:monday",
    "seconds": 4_000.25,
    "states": [
        {"name": "Plan the run", "seconds": 0.25, "visits": 1, "failed_attempts": 0},
        {"name": "Train factorization machines", "seconds": 4_000.0, "visits": 1, "failed_attempts": 1},
    ],
    "jobs": [
        {
            "state": "Train factorization machines",
            "kind": "Training",
            "name": "fm-1",
            "status": "Completed",
            "instance_type": "ml.c5.xlarge",
            "instance_count": 2,
            "seconds": 3_600.0,
            "usd": 0.408,
        }
    ],
    "expected": {"Train factorization machines": {"least": 900, "most": 7_380}},
    "cost": {"usd": 0.408, "region": "us-east-1", "as_of": "2025", "without_price": [], "without_time": []},
}
PUBLISHED: Outcome = {
    "status": "published",
    "run_id": RUN_ID,
    "version": RUN_ID,
    "users": 60,
    "items": 40,
    "interactions": 1_200,
    "rejected": 0,
    "filtered": 0,
    "side_rows": {},
    "request": run_request.parse({}),
    "times": {"earliest": None, "latest": None, "format": None, "decided": None},
    "metrics": {"model": None, "most_popular": None},
    "hold_out": {"kind": "latest", "because": None, "tied_users": 0},
    "trained_on": {"measured": 1_100, "published": 1_100, "because": "refit is false"},
    "gate": {"value": "off", "passed": True, "cause": "the gate is off"},
    "rules": {"servable": 40, "unknown": {}},
    "empty": 0,
    "warnings": [],
    "report": f"s3://topx-data/runs/{RUN_ID}/report.html",
    "data_hash": "5f" * 32,
    "code": {"version": "3f1c9d2+changes", "images": {}},
    "hyperparameters": {"factorization_machines": {"epochs": "2"}, "nearest_neighbours": {"k": "9"}},
    "seeds": {"prepare": 7},
    "published_at": "2026-11-23T04:07:00.000+00:00",
    "short": 3,
    "short_because": {"few_items": 0, "rules": 0, "seen": 3, "most_per_category": 0, "index": 0},
}


def write_lists(folder: Path, lists: Lists, parts: int = 2) -> None:
    """The lists in files for this many parts."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(parts):
        mine = list(lists.items())[part::parts]
        lines = [
            json.dumps({"user": user, "items": items, "scores": [1.0] * len(items)}) + "\n" for user, items in mine
        ]
        (folder / f"part-{part:05d}.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode()))


def write_job(world: World, vectors: Vectors, root: Path, before: Lists | None, **facts: Any) -> tuple[JobPaths, Lists]:
    """The job's inputs for the lists made from ``vectors``, and these lists.

    Args:
        before: the lists of the previous version.
        facts: merged over those of facts.json.
    """
    paths = world.write(root)
    run = read_run(paths)
    index = DataIndex(paths.processing_input("index"), run.users, run.items)
    catalogue = index.catalogue()
    everybody = sample_lists(run, index, vectors, spread(run.users, run.users))
    lists = {
        world.user_id(user): [catalogue.ids[label] for label in everybody.ranking.of(user)[0]]
        for user in range(run.users)
    }
    write_lists(paths.processing_input("lists"), lists)
    if before is not None:
        write_lists(paths.processing_input("champion"), before)
    shown = examples(run, index, catalogue, sample_lists(run, index, vectors, spread(run.users, 10)))
    beside = compare_with_popular(held_out_lists(index, vectors, catalogue.popularity), catalogue.popularity)
    evaluation = Evaluation(beside, ComparedWithChampion(BEFORE, reason="too few users"), head_items=3)
    for name, file, content in (
        ("evaluation", "examples.json", shown),
        ("evaluation", "metrics.json", evaluation.as_json()),
        ("outcome", "outcome.json", PUBLISHED),
        ("facts", "facts.json", FACTS | facts),
    ):
        folder = paths.processing_input(name)
        folder.mkdir(exist_ok=True)
        (folder / file).write_text(json.dumps(content), encoding="utf-8")
    paths.processing_input("items").mkdir()
    shutil.copy(paths.processing_input("index") / "items.parquet", paths.processing_input("items"))
    return paths, lists
