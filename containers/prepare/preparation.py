"""The whole job, from the interactions to the training files."""

# Tables and columns have names of our own; the data's names and texts are bound or quoted.
# ruff: noqa: S608

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from containers.feature_space import FeatureSpace
from containers.job_paths import JobPaths
from containers.prepare import (
    holding_out,
    index_files,
    indexing,
    rejected_rows,
    row_rules,
    summary,
    text_rows,
    titles,
    training_files,
    usability,
)
from containers.prepare.examples import Examples, ExplicitExamples, ImplicitExamples
from containers.prepare.input_files import data_files
from containers.prepare.negative_sampling import NegativeSampler
from containers.prepare.pairs import grouped
from containers.prepare.summary import Channel
from containers.prepare.workspace import Workspace, workspace
from contract import dataset as dataset_json
from contract.run_layout import INTERACTIONS_PREFIX, RUNS_PREFIX
from contract.run_plan import NEGATIVE_PASSES

FEWEST_TRAINING_FILES = 2  # FM training shards by file, and one file would hide a misalignment


@dataclass(frozen=True)
class _Outputs:
    prepared: Path
    run: Path

    @property
    def rejected(self) -> Path:
        return self.run / "rejected"


def prepare(paths: JobPaths) -> dict[str, Any]:
    """Read the inputs below ``paths``, write prepared/ and run/, and return what summary.json says.

    Data that cannot be used is no error: its summary has the status ``refused`` with every reason, and nothing
    but that and the refused rows is written.
    """
    plan = json.loads((paths.processing_input("plan") / "plan.json").read_text(encoding="utf-8"))
    outputs = _Outputs(paths.processing_output("prepared"), paths.processing_output("run"))
    with workspace(paths.processing_output("run").parent.parent) as space:
        found = _prepare(plan, paths, outputs, space)
    summary.write(found, outputs.run)
    return found


def _prepare(plan: dict[str, Any], paths: JobPaths, outputs: _Outputs, space: Workspace) -> dict[str, Any]:
    dataset = dataset_json.parse(json.dumps(plan["dataset"]))
    database = space.database
    files = data_files(paths.processing_input("interactions"), INTERACTIONS_PREFIX)
    reading = text_rows.load(database, files, row_rules.text_columns(dataset), "interaction_rows", dataset.format)
    verdict = row_rules.judge(database, "interaction_rows", dataset)
    rejected_rows.write(database, "rejected", files, outputs.rejected)
    named = titles.load(database, dataset, paths.processing_input("items"), outputs.rejected / "items")
    reasons = [
        *usability.faults_of_request(dataset, plan["request"]["feedback"]),
        *usability.faults_of_change(plan["input"]["objects"] + plan["input"]["items"], [*files, *named.files]),
        *reading.faults,
        *named.faults,
        *usability.faults_of_rows(
            reading,
            verdict,
            dataset.reject_limit,
            rejected_rows.examples(database, files),
            f"{RUNS_PREFIX}{plan['run_id']}/rejected/",
        ),
    ]
    if reasons:
        return summary.refused(reading, verdict, reasons)
    duplicates = indexing.index(database)
    features = FeatureSpace(_count(database, "users"), _count(database, "items"))
    reasons = usability.faults_of_size(features.users, features.items)
    if reasons:
        return summary.refused(reading, verdict, reasons)
    holding_out.hold_out(database)
    index_files.write(database, outputs.prepared / "index")
    train, test = _write_channels(plan["request"], features, outputs.prepared, space)
    return summary.ready(
        database, reading, verdict, duplicates=duplicates, titles=named.counts(), train=train, test=test
    )


def _write_channels(
    request: dict[str, Any], features: FeatureSpace, folder: Path, space: Workspace
) -> tuple[Channel, Channel]:
    """Write train/ and, if anyone is held out, test/."""
    training = grouped(space.database, features.users, "NOT held_out")
    held_out = grouped(space.database, features.users, "held_out")
    everything = grouped(space.database, features.users, "true")
    seeds = iter(np.random.SeedSequence(request["seed"]).spawn(4))
    if request["feedback"] == "explicit":
        train: Examples = ExplicitExamples(training)
        test: Examples = ExplicitExamples(held_out)
    else:
        popularity = np.bincount(training.items, minlength=features.items)
        train = ImplicitExamples(training, NegativeSampler.over(popularity, training), NEGATIVE_PASSES, next(seeds))
        test = ImplicitExamples(held_out, NegativeSampler.over(popularity, everything), 1, next(seeds))
    return (
        _write_channel(
            train,
            features=features,
            folder=folder / "train",
            fewest=FEWEST_TRAINING_FILES,
            seed=next(seeds),
            space=space,
        ),
        _write_channel(test, features=features, folder=folder / "test", fewest=1, seed=next(seeds), space=space),
    )


def _write_channel(
    examples: Examples,
    *,
    features: FeatureSpace,
    folder: Path,
    fewest: int,
    seed: np.random.SeedSequence,
    space: Workspace,
) -> Channel:
    if not len(examples):
        return Channel(examples=0, files=0)
    scratch = space.folder / f"shuffle-{folder.name}"
    files = training_files.write(examples, features, folder, fewest=fewest, seed=seed, scratch=scratch)
    return Channel(len(examples), files)


def _count(database: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
