"""The extract job, from its inputs to its outputs."""

import json
import time
from dataclasses import replace
from pathlib import Path

from containers.extract.data.data_index import Catalogue, DataIndex
from containers.extract.data.index_hashes import require_untouched
from containers.extract.data.run_inputs import RunInputs, read_metrics, read_run, read_training
from containers.extract.data.settings import Settings, given, of_metrics
from containers.extract.evaluation.choosing import Choice, choose
from containers.extract.evaluation.dial import turn
from containers.extract.evaluation.model_evaluation import evaluate
from containers.extract.lists import examples as example_lists
from containers.extract.lists.evaluated_lists import write_evaluated_lists
from containers.extract.lists.explanation import write_explanation
from containers.extract.lists.publishable import write_lists
from containers.extract.lists.sample_lists import sample_lists
from containers.extract.model.artifact import ARCHIVE, open_artifact, size_limit
from containers.extract.model.history import History
from containers.extract.model.parameters import FactorizationMachine, read_parameters
from containers.extract.model.spreading import spread
from containers.extract.model.trained_model import require_finite, require_trained
from containers.extract.model.vectors import Side, Terms, Vectors, vector_terms
from containers.extract.pages.report import report
from containers.extract.passes import Pass
from containers.extract.scratch import scratch_folder
from contract import job_progress
from contract.measured_documents import DialCurve, Metrics, ModelQuality, TrainingLosses
from sagemaker_contract.job_paths import JobPaths

# Enough for a smooth distribution, few enough for any catalogue.
_REPORTED_USERS = 2_000


def extract(paths: JobPaths, which: Pass, mxnet_python: str | None, metrics_sha256: str | None = None) -> None:
    """Read a model, the index, the plan and the summary; write its report, and the lists if it is to be published.

    If a second model is trained on everything, the first one's extraction measures and reports, and the second one's
    writes the lists, and the report again: there is nothing left to measure it on, so the metrics are those of the
    first.

    Args:
        paths: inputs ``model``, ``index``, ``plan``, ``summary``, ``evaluation``, and ``champion`` to evaluate; outputs
            ``vectors``, ``run``.
        which: which of the run's extractions.
        mxnet_python: the interpreter with MXNet.
        metrics_sha256: SHA-256 of the metrics that the gate checked, for the extraction that only reads them.

    Raises:
        ArtifactError, ParametersError, ModelLearnedNothing, IndexFileError, RunInputError, DamagedObject: an input is
            invalid.
    """
    run, training = read_run(paths), read_training(paths)
    on_everything = which is Pass.PUBLISH
    require_untouched(paths.processing_input("index"), run.index_files)
    index = DataIndex(paths.processing_input("index"), run.users, run.items, nothing_held_out=on_everything)
    catalogue = index.catalogue()
    model = _model(run, paths, mxnet_python)
    users = Side(run.space.user_columns, index.side_features("user"), index.trained_users())
    items = Side(run.space.item_columns, index.side_features("item"), catalogue.popularity > 0)
    terms = vector_terms(model, users, items, index.recent_popularity())
    _require_trained(run, index, terms, read_training(paths, "refit_training") if on_everything else training)
    if run.history_rank:
        history = History(index.training_sets(), catalogue.popularity, run.history_rank, items.features)
        terms = replace(terms, history=history)
    if on_everything:
        metrics = read_metrics(paths, metrics_sha256)
        vectors = terms.at(of_metrics(metrics))
    else:
        choice = _choose(run, index, terms)
        vectors = terms.at(choice.settings)
        metrics = _measure(run, index, catalogue, terms, choice, vectors=vectors, paths=paths)
    if on_everything or not run.refits:
        started = _begin("writing the items' vectors")
        features = model.rows(run.space.feature_columns)
        popularity = of_metrics(metrics).popularity * terms.log_popularity
        write_explanation(paths.processing_output("vectors") / "explanation.npz", features, popularity, vectors.part)
        parts, heavy = write_lists(run, index, catalogue, vectors, paths)
        _say(f"wrote {run.items:,} items, {run.users:,} users in {parts:,} parts, {heavy:,} exact lists", started)
    folder = _evaluation(paths)
    _write_report(run, index, catalogue, vectors, which=which, metrics=metrics, training=training, folder=folder)


def _evaluation(paths: JobPaths) -> Path:
    folder = paths.processing_output("run") / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _measure(
    run: RunInputs,
    index: DataIndex,
    catalogue: Catalogue,
    terms: Terms,
    choice: Choice,
    *,
    vectors: Vectors,
    paths: JobPaths,
) -> Metrics:
    """Write metrics.json, and the lists with which the next run's model is compared."""
    metrics: Metrics = {
        **_evaluate(run, index, catalogue, vectors, paths.processing_input("champion")),
        **_turn_dial(run, index, catalogue, terms, choice.settings),
        "settings": choice.as_json(),
        "hold_out": run.summary["hold_out"],
    }
    folder = _evaluation(paths)
    if run.refits or run.holds_out_at_random:
        write_evaluated_lists(run, index, catalogue, vectors, folder / "lists")
    (folder / "metrics.json").write_text(json.dumps(metrics, ensure_ascii=False), encoding="utf-8")
    return metrics


def _model(run: RunInputs, paths: JobPaths, mxnet_python: str | None) -> FactorizationMachine:
    started = _begin("reading the model")
    archive = paths.processing_input("model") / ARCHIVE
    with scratch_folder(paths.processing_output("run").parent.parent) as folder:
        artifact = open_artifact(archive, folder, size_limit(run.shape.feature_dim, run.shape.factors))
        model = read_parameters(artifact, run.shape, mxnet_python)
    _say(f"read the model: {run.shape.feature_dim:,} features, {run.shape.factors} factors", started)
    return model


def _require_trained(run: RunInputs, index: DataIndex, terms: Terms, training: TrainingLosses) -> None:
    started = _begin("checking what the model has learned")
    require_finite(terms.at(given(run)))
    _say(require_trained(run, index, terms, training["epochs"]), started)


def _evaluate(
    run: RunInputs, index: DataIndex, catalogue: Catalogue, vectors: Vectors, champions_lists: Path
) -> ModelQuality:
    started = _begin("evaluating the model")
    metrics = evaluate(run, index, catalogue, vectors, champions_lists).as_json()
    _say(f"evaluated {metrics['users']:,} users: {metrics['model']}, popular {metrics['most_popular']}", started)
    champion = metrics["champion"]
    print(f"champion {champion['version']}: {champion['reason'] or champion}", flush=True)
    return metrics


def _choose(run: RunInputs, index: DataIndex, terms: Terms) -> Choice:
    started = _begin("choosing the settings of the score")
    choice = choose(run, index, terms)
    _say(f"tried {len(choice.trials)} settings on {choice.users:,} users: {choice.reason}", started)
    return choice


def _turn_dial(run: RunInputs, index: DataIndex, catalogue: Catalogue, terms: Terms, settings: Settings) -> DialCurve:
    started = _begin("measuring the dial")
    found = turn(run, index, terms, catalogue.popularity, settings)
    _say(f"tried {len(found.points)} values of popularity for {found.users:,} users", started)
    return found.as_json()


def _write_report(
    run: RunInputs,
    index: DataIndex,
    catalogue: Catalogue,
    vectors: Vectors,
    *,
    which: Pass,
    metrics: Metrics,
    training: TrainingLosses,
    folder: Path,
) -> None:
    started = _begin("writing the report")
    chosen = sample_lists(run, index, vectors, spread(run.users, example_lists.USERS))
    examples = example_lists.examples(run, index, catalogue, chosen)
    (folder / "examples.json").write_text(json.dumps(examples, ensure_ascii=False), encoding="utf-8")
    sample = sample_lists(run, index, vectors, spread(run.users, _REPORTED_USERS))
    page = report(
        run, which, metrics, training, popularity=catalogue.popularity, sample=sample.ranking, examples=examples
    )
    (folder / "report.html").write_text(page, encoding="utf-8")
    _say("wrote the report", started)


def _begin(step: str) -> float:
    job_progress.begin(step)
    return time.monotonic()


def _say(what: str, started: float) -> None:
    print(f"{what} ({time.monotonic() - started:.1f} s)", flush=True)
