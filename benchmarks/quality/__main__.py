"""Metrics on different data sets, ours compared with other models and common recipes: python -m benchmarks.quality

The other models are tuned on the interactions on which ours chooses its settings; ours runs with its defaults. For
MovieLens, the error of predicted ratings is measured as well. Takes many hours on two cores; name single sets to run
less. Exits with 1 if a threshold is missed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality import rating_error, stages
from benchmarks.quality.rating_error import RatingErrors
from benchmarks.quality.sets import SETS
from benchmarks.quality.variants import liked, without_features
from containers.extract.data.data_index import DataIndex
from containers.extract.evaluation import metrics
from local_aws.door import interpreter
from sagemaker_contract.job_paths import JobPaths

_SEEDS = (0, 1, 2)
_SHOWN = ("ndcg@10", "recall@20", "coverage")
_PLAIN, _WHOLE = "ours, without features", "ours, with features"
_REGRESSOR, _CLASSIFIER = "the blog: regressor on the value", "AWS's example: classifier, rating >= 4"
# Ours compared with EASE, on each set and on average; with the best of these; with most-popular.
_EASE, _MEAN_OF_EASE, _POPULAR = 0.92, 0.97, 1.2
_RIVALS = ("als", "bpr", "warp")
# The results of common recipes are shown for the samples only.
_RECIPES_ON = ("movielens", "complete-journey")

Found = dict[str, list[dict[str, float]]]
"""By model, the metrics with each training seed."""


def main() -> int:
    """Measure the samples, print a table for each, and list the missed thresholds."""
    parser = argparse.ArgumentParser(description="ours compared with other models, on the test split")
    parser.add_argument("set", nargs="*", default=list(SETS), help=f"of {', '.join(SETS)}; by default all")
    missed: list[str] = []
    measured: dict[str, Found] = {}
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        for name in parser.parse_args().set:
            work, rated = Path(folder) / name, name == "movielens"
            work.mkdir()
            data = SETS[name](work / "data")
            found = measured[name] = _measure(data, work, rated=rated, recipes=name in _RECIPES_ON)
            _print(name, found)
            missed += _missed(name, found)
            if rated:
                errors = rating_error.measure(work / "plain", work / "ratings")
                _print_errors(errors)
                missed += ["movielens: RMSE is above Surprise's SVD"] if errors.worse else []
            shutil.rmtree(work)
    missed += _summarize(measured)
    for line in missed:
        print(f"MISSED: {line}")
    return int(bool(missed))


def _measure(data: Path, work: Path, *, rated: bool, recipes: bool) -> Found:
    plain = without_features(data, work / "plain")
    found: Found = {_PLAIN: [], _WHOLE: []}
    for seed in _SEEDS:
        for label, source in ((_PLAIN, plain), (_WHOLE, data)):
            measured, prepared = _run(source, {"seed": seed}, work / f"{label}-{seed}")
            found[label].append(measured["model"])
            _progress(f"{label}, seed {seed}", measured["model"])
            if label == _PLAIN and not seed:
                found["most popular"] = [measured["most_popular"]]
                found |= _libraries(prepared, work / "lists.npz")
    if recipes:
        found[_REGRESSOR] = [_run(plain, {"feedback": "explicit"}, work / "regressor")[0]["model"]]
    if rated:
        binary = _run(liked(plain, work / "liked"), {"feedback": "explicit"}, work / "classifier", classifier=True)
        found[_CLASSIFIER] = [binary[0]["model"]]
    return found


def _run(
    data: Path, request: Mapping[str, Any], work: Path, *, classifier: bool = False
) -> tuple[dict[str, Any], JobPaths]:
    """metrics.json of a run's first half, and the tree written by prepare; large files are deleted.

    Args:
        classifier: train one on the values, which are 0 and 1, instead of what the request says.
    """
    request = {**request, "refit": False}  # this measures the model that the gate checks
    prepared = stages.prepare(data, request, work / "prepare")
    archive = stages.train(prepared, work / "train", {"predictor_type": "binary_classifier"} if classifier else {})
    shutil.rmtree(prepared.processing_output("prepared") / "train")
    ranked = request | {"feedback": "implicit", "popularity": 0, "history_rank": 0} if classifier else request
    extracted = stages.extract(prepared, archive, ranked, work / "extract")
    shutil.rmtree(extracted.processing_output("vectors"))
    return stages.metrics_of(extracted), prepared


def _libraries(prepared: JobPaths, lists: Path) -> Found:
    """The libraries' models, made in their own environment and measured with the same functions as ours."""
    folder = prepared.processing_output("prepared") / "index"
    summary = stages.summary_of(prepared)
    script = Path(__file__).with_name("baselines.py")
    # Both libraries warn that a multi-threaded BLAS interferes with their own threads.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run(
        [str(interpreter("benchmarks/quality")), str(script), str(folder), str(lists)], check=True, env=environment
    )
    ranked, index = np.load(lists), DataIndex(folder, summary["users"], summary["items"])
    pairs, popularity = index.interactions_of(ranked["users"]), metrics.Popularity.of(index.catalogue().popularity)
    found: Found = {}
    for name in sorted(set(ranked.files) - {"users"}):
        each = metrics.of_each_user(ranked[name], pairs.relevant(), popularity)
        means = dict(zip(metrics.MEANS, each.mean(axis=0).tolist(), strict=True))
        listed = ranked[name][:, : metrics.LIST_LENGTH]
        found[name] = [means | {"coverage": metrics.coverage(listed, len(popularity))}]
    return found


def _progress(what: str, metrics: Mapping[str, float]) -> None:
    print(f"{what}: {', '.join(f'{name} {metrics[name]:.4f}' for name in _SHOWN)}", file=sys.stderr, flush=True)


def _mean(found: Found, label: str, metric: str = "ndcg@10") -> float:
    return statistics.mean(seed[metric] for seed in found[label])


def _print(name: str, found: Found) -> None:
    print(f"\n{name}, test split; ours over seeds {', '.join(map(str, _SEEDS))}")
    print(f"{'':40}" + "".join(f"{metric:>12}" for metric in _SHOWN))
    for label in sorted(found, key=lambda label: _mean(found, label)):
        print(f"{label:40}" + "".join(f"{_mean(found, label, metric):12.4f}" for metric in _SHOWN), flush=True)


def _print_errors(errors: RatingErrors) -> None:
    print("\nmovielens, RMSE of a random tenth of the ratings; mean and each seed")
    for label, found in (
        (_REGRESSOR, errors.ours),
        (f"Surprise's SVD {errors.setting or 'with its defaults'}", errors.svd),
    ):
        print(f"{label:70}{statistics.mean(found):.4f}  {', '.join(f'{error:.4f}' for error in found)}", flush=True)


def _ratios(found: Found) -> tuple[float, float]:
    """Ours divided by EASE, and by the best of the others."""
    ours = _mean(found, _WHOLE)
    return ours / _mean(found, "ease"), ours / max(_mean(found, rival) for rival in _RIVALS)


def _missed(name: str, found: Found) -> list[str]:
    of_ease, of_rivals = _ratios(found)
    ours = _mean(found, _WHOLE)
    bars = {
        f"{_EASE} of EASE": of_ease >= _EASE,
        "the best of ALS, BPR and WARP": of_rivals >= 1,
        f"{_POPULAR} x most popular": ours >= _POPULAR * _mean(found, "most popular"),
    }
    return [f"{name}: NDCG@10 {ours:.4f} is below {bar}" for bar, reached in bars.items() if not reached]


def _summarize(measured: Mapping[str, Found]) -> list[str]:
    """Print each set's ratios and their means; return the thresholds that the means miss."""
    print(f"\n{'NDCG@10 and coverage of ours over':40}{'EASE':>12}{'best rival':>12}{'ALS coverage':>14}")
    rows = {
        name: (*_ratios(found), _mean(found, _WHOLE, "coverage") / _mean(found, "als", "coverage"))
        for name, found in measured.items()
    }
    means = tuple(statistics.mean(column) for column in zip(*rows.values(), strict=True))
    for name, (ease, rival, coverage) in [*rows.items(), ("mean", means)]:
        print(f"{name:40}{ease:12.3f}{rival:12.3f}{coverage:14.2f}")
    return [
        f"mean: {value:.3f} is below {bar} {words}"
        for value, bar, words in ((means[0], _MEAN_OF_EASE, "of EASE"), (means[2], 1, "of ALS's coverage"))
        if value < bar
    ]


if __name__ == "__main__":
    sys.exit(main())
