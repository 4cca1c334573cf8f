"""The input of an execution: the table of its fields, and their only validation.

``{}`` is a complete input. ``parse`` refuses an invalid one with all errors in one message; the table in the
documentation is generated from ``FIELDS`` (``python -m contract.run_request``).
"""

import copy
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from contract import list_rules, list_scores, quality_gate, run_plan
from contract.refusal import RequestRefused
from contract.request_document import Request
from contract.value_rules import Checked, Flag, Number, OneOf, OrNull, Rule, Whole
from sagemaker_contract import fm_hyperparameters

FEEDBACK = ("implicit", "explicit")
SINGLE, SPARK = "single", "spark"
ENGINES = (SINGLE, SPARK)
# k-NN's rows with this many columns take 4 KB: more columns cost a lot and do not improve lists of 100.
MOST_HISTORY_RANK = 1024
INDEX_TYPES = ("faiss.Flat", "faiss.IVFFlat")
# Hyperparameters that topx sets itself, and the field each is derived from: an input may not set them again.
_OWNED = {"feature_dim": "the data", "num_factors": "factors", "predictor_type": "feedback", "epochs": "epochs"}
_INSTANCE_TYPE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+")


@dataclass(frozen=True)
class Field:
    """One field of the input: its rule, default, meaning and normalization."""

    name: str
    rule: Rule
    default: Any
    meaning: str
    completed: Callable[[Any], Any] = copy.deepcopy


def _hyperparameters(value: Any) -> str | None:
    if not isinstance(value, dict):
        return f"must be an object of factorization-machines hyperparameters, got {value!r}"
    owned = [f"{name} is set by {source}; leave it out" for name, source in _OWNED.items() if name in value]
    others = {name: given for name, given in value.items() if name not in _OWNED}
    found = owned + fm_hyperparameters.faults(others, complete=False)
    return "; ".join(found) or None


def _rules(value: Any) -> str | None:
    found = list_rules.faults(value)
    return f"cannot be used: {'; '.join(found)}" if found else None


def _instance_type(value: Any) -> str | None:
    good = isinstance(value, str) and _INSTANCE_TYPE.fullmatch(value)
    return None if good else f"must be an instance type such as ml.m5.xlarge, got {value!r}"


_INSTANCES = Whole(1, 20)
_INSTANCE = Checked("text", "ml.FAMILY.SIZE", _instance_type)
_BY_SIZE = "; null: by the size of the interactions"
_IVFPQ = " (faiss.IVFPQ has no inner product on SageMaker)"

FIELDS: tuple[Field, ...] = (
    Field("top_x", list_rules.LISTED, 100, "items in each user's list"),
    Field("factors", Whole(1, 1000), 64, "latent factors of the model"),
    Field(
        "epochs",
        OrNull(Whole(1, 1000)),
        None,
        "passes of the training job over the prepared files; null uses the recipe's number for the kind of feedback",
    ),
    Field(
        "feedback",
        OneOf(FEEDBACK),
        "implicit",
        "implicit: every interaction is a positive, negatives are sampled; explicit: the value is predicted",
    ),
    Field(
        "hyperparameters",
        Checked("object", "any other factorization-machines hyperparameter", _hyperparameters),
        {},
        "override the recipe's",
    ),
    Field(
        "popularity",
        OrNull(Number(0, 1)),
        None,
        "weight of log(recent popularity + 1) in the score; null chooses it from the data",
    ),
    Field(
        "history_rank",
        OrNull(Whole(0, MOST_HISTORY_RANK)),
        None,
        "columns of the history block, which ranks by what users with the same items have had (implicit feedback "
        "only); 0 is no block, null uses as many as are cheap for the size of the data",
    ),
    Field(
        "history_weight",
        OrNull(Number(0, 1)),
        None,
        "the history block's share of the score of users with a long history: 0 is only the factorization machine, 1 "
        "only the block; users with short ones get less of it; null chooses it from the data",
    ),
    Field(
        "scores",
        OneOf(list_scores.FORMS),
        list_scores.LIST,
        "how the table stores a list's scores: as a list of numbers, packed into two bytes each, or not at all",
    ),
    Field("index_type", OneOf(INDEX_TYPES, _IVFPQ), "faiss.Flat", "k-NN index; only faiss.Flat is exact"),
    Field(
        "exclude_seen",
        Checked("true, false or object", f'true, false, {{"days": {list_rules.DAYS.range}}}', list_rules.seen_fault),
        True,
        "leave out what the user has interacted with; with days, only what the user had in the last n days before the "
        "data's latest interaction. Overrides the field in input/rules.json",
    ),
    Field(
        "rules",
        Checked("object", ", ".join(list_rules.FIELDS), _rules),
        {},
        "which items lists may contain: each field replaces that of input/rules.json, null removes it",
    ),
    Field(
        "gate",
        Checked(
            "object, number or text",
            f'{{"baseline": {quality_gate.FACTOR.range}, "champion": {quality_gate.FACTOR.range}}}, '
            f'{quality_gate.FACTOR.range} or "{quality_gate.OFF}"',
            quality_gate.fault,
        ),
        quality_gate.DEFAULT,
        "publish only if NDCG@10 is above 0 and, allowing for chance, at least baseline times most-popular's and, if "
        "they can be compared, champion times the current version's; a number sets the baseline",
        quality_gate.completed,
    ),
    Field(
        "refit",
        OrNull(Flag()),
        None,
        "once the gate is passed, train again with the held-out interactions and publish that model's lists; null does "
        f"so if at least {run_plan.REFIT_FROM:.1%} of the interactions are held out",
    ),
    Field(
        "force",
        Flag(),
        False,
        "run even if data, settings and code are those of the current version; otherwise such a run ends at once",
    ),
    Field(
        "newest_within_days",
        OrNull(Whole(1, 36_500)),
        None,
        "refuse data whose latest interaction is more than this many days before the run's start; null accepts any",
    ),
    Field("dry_run", Flag(), False, "check the input and find the data, show the plan, stop"),
    Field("seed", Whole(0, 2**31 - 1), 0, "seed of negative sampling and shuffling"),
    Field("prepare_instance_type", OrNull(_INSTANCE), None, f"for preparing the training data{_BY_SIZE}"),
    Field(
        "prepare_engine",
        OrNull(OneOf(ENGINES)),
        None,
        "what reads, checks and indexes the interactions: one instance, or Spark on several, which needs the setting "
        "spark_base_image; the result is the same. null: Spark where it is set and one instance would take too long",
    ),
    Field("prepare_instance_count", _INSTANCES, 4, "instances of Spark; without it, one prepares"),
    Field("training_instance_type", OrNull(_INSTANCE), None, f"for training the model{_BY_SIZE}"),
    Field(
        "training_instance_count",
        _INSTANCES,
        1,
        "hosts that train the model; several hosts train asynchronously, and the model ranks worse",
    ),
    Field("extract_instance_type", OrNull(_INSTANCE), None, f"for extracting and evaluating the vectors{_BY_SIZE}"),
    Field("index_instance_type", _INSTANCE, "ml.m5.xlarge", "for training the k-NN index"),
    Field("transform_instance_type", _INSTANCE, "ml.c5.xlarge", "for finding each user's neighbours"),
    Field("transform_instance_count", _INSTANCES, 1, "hosts that find neighbours"),
    Field(
        "spot",
        Flag(),
        False,
        "train the models on spot instances: cheaper, but each training has one hour, including the wait for an "
        "instance",
    ),
)


def parse(given: object, *, instance_types: Mapping[str, Collection[str]] | None = None) -> Request:
    """Every field with its value: the given one, or the default.

    Args:
        instance_types: by field, the instance types that SageMaker has for that job. Without them, only the format of
            an instance type is checked.

    Raises:
        RequestRefused: with all errors of the input in one message.
    """
    if not isinstance(given, Mapping):
        raise RequestRefused(f"the input must be a JSON object such as {{}}, got {given!r}")
    known = {field.name for field in FIELDS}
    faults = [
        f"{name} is not a field of the input (the fields: {', '.join(sorted(known))})"
        for name in given
        if name not in known
    ]
    values = {}
    for field in FIELDS:
        value = given.get(field.name, field.default)
        fault = field.rule.fault(value) or _unknown_type(field.name, value, instance_types)
        if fault:
            faults.append(f"{field.name} {fault}")
        else:
            values[field.name] = field.completed(value)
    if faults:
        raise RequestRefused("; ".join(faults))
    return cast(Request, values)


# These decide whether a run starts or publishes, not what it publishes.
_NOT_OF_LISTS = ("force", "newest_within_days", "dry_run")


def asks_for_the_same(one: Request, other: Request) -> bool:
    """Whether two complete requests ask for the same lists, made in the same way.

    A request written by an older topx lacks newer fields, so it counts as different.
    """
    names = [field.name for field in FIELDS if field.name not in _NOT_OF_LISTS]
    mine, theirs = dict(one), dict(other)
    return all(name in mine and name in theirs and mine[name] == theirs[name] for name in names)


def _unknown_type(field: str, value: Any, instance_types: Mapping[str, Collection[str]] | None) -> str | None:
    if value is None or instance_types is None or value in instance_types.get(field, (value,)):
        return None
    alike = sorted(name for name in instance_types[field] if name.split(".")[1] == value.split(".")[1])
    hint = f"; this family has {', '.join(alike)}" if alike else "; this family has no such types"
    return f"must be an instance type that SageMaker has for this job, got {value!r}{hint}"


def documentation_table() -> str:
    """The fields as a Markdown table."""
    rows = ["| field | type | range | default | meaning |", "|---|---|---|---|---|"]
    for field in FIELDS:
        default = field.default if isinstance(field.default, str) else json.dumps(field.default)
        rows.append(f"| `{field.name}` | {field.rule.type} | {field.rule.range} | `{default}` | {field.meaning} |")
    return "\n".join(rows)
