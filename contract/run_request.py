"""The input of an execution: one table of fields, and the one place that checks it.

``{}`` is a complete input. ``parse`` refuses a bad one with every fault in one message; the
documentation's table is printed from ``FIELDS`` (``python -m contract.run_request``).
"""

import copy
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from contract import list_rules, quality_gate
from contract.refusal import RequestRefused
from sagemaker_contract import fm_hyperparameters

FEEDBACK = ("implicit", "explicit")
# Rows of k-NN with so many columns are 4 KB: more are no use to lists of 100, and dear.
MOST_HISTORY_RANK = 1024
INDEX_TYPES = ("faiss.Flat", "faiss.IVFFlat")
# Hyperparameters that topx sets itself, and from what: an input may not set them a second time.
_OWNED = {"feature_dim": "the data", "num_factors": "factors", "predictor_type": "feedback", "epochs": "epochs"}
_INSTANCE_TYPE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+")


@dataclass(frozen=True)
class Field:
    """One field of the input: how to check and complete a value, the value without being given, and what it means."""

    name: str
    type: str
    range: str
    default: Any
    meaning: str
    fault: Callable[[Any], str | None]
    completed: Callable[[Any], Any] = copy.deepcopy


def _whole(low: int, high: int) -> Callable[[Any], str | None]:
    def fault(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if good else f"must be a whole number {low}..{high}, got {value!r}"

    return fault


def _number(low: float, high: float) -> Callable[[Any], str | None]:
    def fault(value: Any) -> str | None:
        good = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        return None if good else f"must be a number {low:g}..{high:g}, got {value!r}"

    return fault


def _choice(choices: tuple[str, ...], hint: str = "") -> Callable[[Any], str | None]:
    def fault(value: Any) -> str | None:
        return None if value in choices else f"must be one of {', '.join(choices)}, got {value!r}{hint}"

    return fault


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"must be true or false, got {value!r}"


def _or_null(fault: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    def of_given(value: Any) -> str | None:
        return None if value is None else fault(value)

    return of_given


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


_IVFPQ = " (faiss.IVFPQ has no inner product on SageMaker)"
_TYPE = "ml.FAMILY.SIZE"

FIELDS: tuple[Field, ...] = (
    Field("top_x", "whole number", "1..500", 100, "items in each user's list", _whole(1, 500)),
    Field("factors", "whole number", "1..1000", 64, "latent factors of the model", _whole(1, 1000)),
    Field(
        "epochs",
        "whole number or null",
        "1..1000",
        None,
        "passes of the training job over the prepared files; null takes the recipe's number for the kind of feedback",
        _or_null(_whole(1, 1000)),
    ),
    Field(
        "feedback",
        "text",
        ", ".join(FEEDBACK),
        "implicit",
        "implicit: every interaction is a positive, negatives are sampled; explicit: the value is predicted",
        _choice(FEEDBACK),
    ),
    Field(
        "hyperparameters",
        "object",
        "any other factorization-machines hyperparameter",
        {},
        "laid over the recipe's",
        _hyperparameters,
    ),
    Field(
        "popularity",
        "number or null",
        "0..1",
        None,
        "weight of log(recent popularity + 1) in the served score; null lets the data choose",
        _or_null(_number(0, 1)),
    ),
    Field(
        "history_rank",
        "whole number or null",
        f"0..{MOST_HISTORY_RANK}",
        None,
        "columns of the history block, which ranks by what users with the same items have had (implicit feedback "
        "only); 0 is no block, null takes as many as the size of the data makes cheap",
        _or_null(_whole(0, MOST_HISTORY_RANK)),
    ),
    Field(
        "history_weight",
        "number or null",
        "0..1",
        None,
        "the history block's share of the served score: 0 is the factorization machine alone, 1 the block alone; null "
        "lets the data choose",
        _or_null(_number(0, 1)),
    ),
    Field(
        "index_type",
        "text",
        ", ".join(INDEX_TYPES),
        "faiss.Flat",
        "k-NN index; only faiss.Flat is exact",
        _choice(INDEX_TYPES, _IVFPQ),
    ),
    Field(
        "exclude_seen",
        "true, false or object",
        'true, false, {"days": 1..36500}',
        True,
        "leave out what the user has interacted with; with days only what the user had in the last n days before the "
        "data's latest interaction. Without this field, that of the rules counts",
        list_rules.seen_fault,
    ),
    Field(
        "rules",
        "object",
        ", ".join(list_rules.FIELDS),
        {},
        "which items lists may hold: each field takes the place of that of input/rules.json, null takes it away",
        _rules,
    ),
    Field(
        "gate",
        "object, number or text",
        '{"baseline": 0..100, "champion": 0..100}, 0..100 or "off"',
        quality_gate.DEFAULT,
        "publish only if NDCG@10 is more than 0 and, chance allowed for, at least baseline times most-popular's and, "
        "where they can be compared, champion times the published version's; a number is the baseline",
        quality_gate.fault,
        quality_gate.completed,
    ),
    Field(
        "refit",
        "true or false",
        "",
        True,
        "once the gate is passed, train again with the held-out interactions and publish that model's lists",
        _flag,
    ),
    Field("dry_run", "true or false", "", False, "check the input and the data's place, show the plan, stop", _flag),
    Field("seed", "whole number", "0..2147483647", 0, "of the sampled negatives and the shuffle", _whole(0, 2**31 - 1)),
    Field("prepare_instance_type", "text", _TYPE, "ml.m5.xlarge", "prepares the training data", _instance_type),
    Field("training_instance_type", "text", _TYPE, "ml.c5.xlarge", "trains the model", _instance_type),
    Field(
        "training_instance_count",
        "whole number",
        "1..20",
        1,
        "several hosts train asynchronously and rank worse",
        _whole(1, 20),
    ),
    Field("extract_instance_type", "text", _TYPE, "ml.m5.xlarge", "extracts and evaluates the vectors", _instance_type),
    Field("index_instance_type", "text", _TYPE, "ml.m5.xlarge", "trains the k-NN index", _instance_type),
    Field("transform_instance_type", "text", _TYPE, "ml.c5.xlarge", "finds each user's neighbours", _instance_type),
    Field("transform_instance_count", "whole number", "1..20", 1, "hosts that find neighbours", _whole(1, 20)),
    Field(
        "spot",
        "true or false",
        "",
        False,
        "train the models on spare capacity: cheaper, but each training has an hour, waiting for an instance included",
        _flag,
    ),
)


def parse(given: object, *, instance_types: Mapping[str, Collection[str]] | None = None) -> dict[str, Any]:
    """Every field with its value: the given one, or the default.

    Args:
        instance_types: by field, the instance types that SageMaker has for that job. Without them
            only the shape of an instance type is checked.

    Raises:
        RequestRefused: with all faults of the input in one message.
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
        fault = field.fault(value) or _unknown_type(field.name, value, instance_types)
        if fault:
            faults.append(f"{field.name} {fault}")
        else:
            values[field.name] = field.completed(value)
    if faults:
        raise RequestRefused("; ".join(faults))
    return values


def _unknown_type(field: str, value: Any, instance_types: Mapping[str, Collection[str]] | None) -> str | None:
    if instance_types is None or field not in instance_types or value in instance_types[field]:
        return None
    alike = sorted(name for name in instance_types[field] if name.split(".")[1] == value.split(".")[1])
    hint = f"; of this family there are {', '.join(alike)}" if alike else "; this family has none"
    return f"must be an instance type that SageMaker has for this job, got {value!r}{hint}"


def documentation_table() -> str:
    """The fields as a Markdown table."""
    rows = ["| field | type | range | default | meaning |", "|---|---|---|---|---|"]
    for field in FIELDS:
        default = field.default if isinstance(field.default, str) else json.dumps(field.default)
        rows.append(f"| `{field.name}` | {field.type} | {field.range} | `{default}` | {field.meaning} |")
    return "\n".join(rows)
