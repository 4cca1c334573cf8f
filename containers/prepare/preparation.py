"""The whole job, from the interactions to the training files."""

# Table and column names are constants of this code; names and texts from the data are bound or quoted.
# ruff: noqa: S608

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from containers.contents import content
from containers.feature_space import FeatureSpace
from containers.prepare.features import feature_verdicts, list_rules, side_coverage, side_features, side_tables
from containers.prepare.features.side_features import EncodedSide
from containers.prepare.features.side_tables import SideRows
from containers.prepare.indexing import holding_out, index_files, pairs
from containers.prepare.indexing.pairs import GroupedPairs
from containers.prepare.interactions import Engine, Source
from containers.prepare.reading.input_files import DatabaseLost, InputFile, data_files
from containers.prepare.reading.text_rows import Reading
from containers.prepare.sampling.design_matrix import DesignMatrix
from containers.prepare.sampling.examples import Examples, ExplicitExamples, ImplicitExamples
from containers.prepare.sampling.negative_sampling import NegativeSampler
from containers.prepare.single_machine import SingleMachine
from containers.prepare.validation import (
    data_warnings,
    forgotten_rows,
    id_warnings,
    rejected_rows,
    time_advice,
    time_column,
    usability,
)
from containers.prepare.validation.row_filter import Filtered
from containers.prepare.validation.verdicts import Verdict
from containers.prepare.workspace import Workspace, workspace
from containers.prepare.writing import summary, training_files
from containers.prepare.writing.summary import NO_CHANNEL, Channel, Channels
from contract import dataset as dataset_json
from contract import job_progress
from contract.dataset import Dataset
from contract.documents import Content, Plan, RefusedSummary, Summary
from contract.forgotten_users import ForgottenUsers
from contract.list_rules import ListRules
from contract.list_rules import warnings as unknown_name_warnings
from contract.request_document import Request
from contract.run_layout import INTERACTIONS_PREFIX, ITEMS_PREFIX, RUNS_PREFIX, USERS_PREFIX
from contract.run_plan import negative_passes, wants_refit
from sagemaker_contract.job_paths import JobPaths

FEWEST_TRAINING_FILES = 2  # FM training splits data over hosts by file, and a single file would hide a misalignment


@dataclass(frozen=True)
class _Outputs:
    prepared: Path
    run: Path

    @property
    def rejected(self) -> Path:
        return self.run / "rejected"


def prepare(paths: JobPaths, engine: Engine = SingleMachine) -> Summary | RefusedSummary:
    """Read the inputs below ``paths``, write prepared/ and run/, and return the content of summary.json.

    Unusable data raises no error: the summary has the status ``refused`` with every reason, and only the summary and
    the rejected rows are written.

    Args:
        engine: reads, validates and indexes the interactions. The output does not depend on it.
    """
    plan: Plan = json.loads((paths.processing_input("plan") / "plan.json").read_text(encoding="utf-8"))
    outputs = _Outputs(paths.processing_output("prepared"), paths.processing_output("run"))
    with workspace(paths.processing_output("run").parent.parent, _input_bytes(paths)) as space:
        found: Summary | RefusedSummary
        try:
            found = _prepare(plan, paths, outputs, space, engine)
        except DatabaseLost as lost:
            found = summary.refused(Reading([]), Filtered(), Verdict(0, {}, {}, 0), [str(lost)])
    summary.write(found, outputs.run)
    return found


def _input_bytes(paths: JobPaths) -> int:
    folders = (paths.processing_input(name) for name in ("interactions", "items", "users"))
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


def _prepare(
    plan: Plan, paths: JobPaths, outputs: _Outputs, space: Workspace, engine: Engine
) -> Summary | RefusedSummary:
    dataset = dataset_json.parse(json.dumps(plan["dataset"]))
    database = space.database
    files = data_files(paths.processing_input("interactions"), INTERACTIONS_PREFIX)
    forgotten = forgotten_rows.read(plan, paths.processing_input("forgotten"))
    until = time_column.latest_possible(plan["execution"]["started"])
    interactions = engine(space, Source(files, dataset, forgotten, until))
    validated = interactions.validate()
    reading, filtered, verdict = validated.reading, validated.filtered, validated.verdict
    rejected_rows.write(database, "rejected", files, outputs.rejected)
    sides = _read_sides(database, dataset, paths, outputs, forgotten)
    rejected = f"{RUNS_PREFIX}{plan['run_id']}/rejected/"
    reasons = [
        *usability.faults_of_request(dataset, plan["request"]["feedback"]),
        *usability.faults_of_change(
            [entry for name in ("objects", "items", "users") for entry in plan["input"][name]],
            [*files, *(file for side in sides.values() for file in side.files)],
        ),
        *reading.faults,
        *(
            fault
            for name, side in sides.items()
            for fault in usability.faults_of_side(side, dataset.reject_limit, f"{rejected}{name}/")
        ),
        *time_advice.advice(database, dataset, verdict, sum(reading.rows) - filtered.left_out, until),
        *usability.faults_of_rows(
            reading,
            filtered,
            verdict,
            dataset.reject_limit,
            examples=rejected_rows.examples(database, "rejected", files),
            rejected=rejected,
        ),
    ]
    if reasons:
        return summary.refused(reading, filtered, verdict, reasons)
    job_progress.begin("numbering users and items")
    order = interactions.settle(verdict.times)
    duplicates = interactions.index()
    encoded = _encode_sides(database, dataset, sides)
    applied = list_rules.apply(database, ListRules.of(plan["request"]["rules"]), encoded[1])
    coverage = [side_coverage.measure(database, side) for side in ("user", "item")]
    reasons = [
        *usability.faults_of_size(
            _count(database, "pairs", "DISTINCT user_index"), _count(database, "pairs", "DISTINCT item_index")
        ),
        *(fault for each in coverage for fault in each.faults()),
        *(fault for side in encoded for fault in feature_verdicts.faults(side, dataset.reject_limit)),
        *applied.faults(),
        *order.faults(plan["request"]["exclude_seen"]),
    ]
    if reasons:
        return summary.refused(reading, filtered, verdict, reasons)
    warnings = [
        *forgotten_rows.warnings(filtered.forgotten or 0),
        *filtered.warnings,
        *usability.warnings_of_rows("rows", sum(reading.rows) - filtered.left_out, verdict),
        *(warning for side in sides.values() for warning in usability.warnings_of_side(side)),
        *(warning for each in coverage for warning in each.warnings()),
        *(warning for side in encoded for warning in feature_verdicts.warnings(side)),
        *unknown_name_warnings(applied.unknown),
        *data_warnings.warnings(database, plan["request"]),
        *id_warnings.warnings(database),
    ]
    tied = holding_out.hold_out(database, order.kind)
    pairs.mark(database, list_rules.left_out(plan["request"]["exclude_seen"]))
    index = index_files.write(database, encoded, outputs.prepared / "index")
    job_progress.begin("grouping the interactions by user")
    channels = _write_channels(plan["request"], _design_matrix(encoded), outputs.prepared, space)
    return summary.ready(
        database,
        reading,
        filtered,
        verdict,
        warnings=warnings,
        duplicates=duplicates,
        order=order,
        tied_users=tied,
        content=_contents([*files, *(file for side in sides.values() for file in side.files)]),
        index=index,
        sides=sides,
        encoded=encoded,
        applied=applied,
        channels=channels,
    )


def _contents(files: list[InputFile]) -> dict[str, Content]:
    return {file.key: content(file.path) for file in files}


def _read_sides(
    database: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    paths: JobPaths,
    outputs: _Outputs,
    forgotten: ForgottenUsers | None,
) -> dict[str, SideRows]:
    found = {}
    for side, table, prefix in (("user", dataset.users, USERS_PREFIX), ("item", dataset.items, ITEMS_PREFIX)):
        found[f"{side}s"] = side_tables.load(
            database,
            side,
            table,
            dataset.null_values,
            folder=paths.processing_input(f"{side}s"),
            prefix=prefix,
            rejected=outputs.rejected / f"{side}s",
            forgotten=forgotten if side == "user" else None,
        )
    return found


def _encode_sides(
    database: duckdb.DuckDBPyConnection, dataset: Dataset, sides: dict[str, SideRows]
) -> list[EncodedSide]:
    """Encode the users' side features, then the items', in the columns after all users and items."""
    first = _count(database, "users") + _count(database, "items")
    users = side_features.encode(database, "user", dataset.users, first, sides["users"].files)
    items = side_features.encode(database, "item", dataset.items, first + users.width, sides["items"].files)
    return [users, items]


def _design_matrix(encoded: list[EncodedSide]) -> DesignMatrix:
    users, items = encoded
    space = FeatureSpace(users.rows, items.rows, users.width + items.width)
    return DesignMatrix(space, users.matrix, items.matrix)


def _write_channels(request: Request, matrix: DesignMatrix, folder: Path, space: Workspace) -> Channels:
    """Write train/, test/ if there are held-out interactions, and refit/ if a second training is requested."""
    divided = pairs.divided(space.database, matrix.space.users)
    training, held_out, everything = divided.training, divided.held_out, divided.everything
    seeds = iter(np.random.SeedSequence(request["seed"]).spawn(6))

    def examples(labelled: GroupedPairs, catalogue: GroupedPairs, excluded: GroupedPairs, passes: int) -> Examples:
        if request["feedback"] == "explicit":
            return ExplicitExamples(labelled)
        popularity = np.bincount(catalogue.items, minlength=matrix.space.items)
        return ImplicitExamples(labelled, NegativeSampler.over(popularity, excluded), passes, next(seeds))

    def write(found: Examples, name: str, fewest: int) -> Channel:
        return _write_channel(found, matrix=matrix, folder=folder / name, fewest=fewest, seed=next(seeds), space=space)

    passes = negative_passes(len(everything))
    train = examples(training, training, training, passes)
    test = examples(held_out, training, everything, 1)
    written = write(train, "train", FEWEST_TRAINING_FILES), write(test, "test", 1)
    if not wants_refit(request, len(held_out), len(everything)):
        return Channels(*written, refit=NO_CHANNEL)
    # As if nothing were held out: popularity and unseen items are computed from all pairs.
    refit = examples(everything, everything, everything, passes)
    return Channels(*written, refit=write(refit, "refit", FEWEST_TRAINING_FILES))


def _write_channel(
    examples: Examples,
    *,
    matrix: DesignMatrix,
    folder: Path,
    fewest: int,
    seed: np.random.SeedSequence,
    space: Workspace,
) -> Channel:
    if not len(examples):
        return NO_CHANNEL
    scratch = space.folder / f"shuffle-{folder.name}"
    files = training_files.write(examples, matrix, folder, fewest=fewest, seed=seed, scratch=scratch)
    return Channel(len(examples.pairs), len(examples), files)


def _count(database: duckdb.DuckDBPyConnection, table: str, what: str = "*") -> int:
    return int(database.execute(f"SELECT count({what}) FROM {table}").fetchall()[0][0])
