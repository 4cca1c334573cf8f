"""The objects under ``input/`` when a run is planned."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from contract import dataset, input_changes, list_rules, run_layout, table_formats
from contract.dataset_document import DatasetDocument
from contract.documents import ObjectVersion, Plan
from contract.marker_files import is_marker
from contract.refusal import InputRefused
from contract.request_document import Rules
from lambdas.s3_json import JsonDocuments, ListedObject

ObjectList = list[ObjectVersion]
"""Objects as in plan.json: key, size in bytes, ETag."""


@dataclass(frozen=True)
class InputSnapshot:
    """dataset.json and the data objects, without marker files."""

    description: DatasetDocument
    interactions: ObjectList
    items: ObjectList  # empty if the data set has no item files
    users: ObjectList  # empty if the data set has no user files
    rules_file: ObjectList  # rules.json, empty if there is none
    rules: Rules  # the content of rules.json

    def objects(self) -> dict[str, ObjectList]:
        """As in plan.json."""
        return {"objects": self.interactions, "items": self.items, "users": self.users, "rules": self.rules_file}


_SIDES = {"items": run_layout.ITEMS_PREFIX, "users": run_layout.USERS_PREFIX}


def take(documents: JsonDocuments, feedback: str) -> InputSnapshot:
    """Read dataset.json and rules.json, and list the data.

    Args:
        documents: in the bucket.
        feedback: the run's; explicit feedback requires a value column.

    Raises:
        InputRefused: with everything that is missing or wrong in one message.
    """
    faults = []
    described = cast(DatasetDocument, {})  # refused below unless it is read successfully
    text = documents.find_bytes(run_layout.DATASET_KEY)
    if text is None:
        faults.append(
            f"{run_layout.DATASET_KEY} is missing in bucket {documents.bucket}: it says which columns are the user and "
            'the item; upload it after the data; the minimum is {"user": "user_id", "item": "item_id"}'
        )
    else:
        try:
            parsed = dataset.parse(text)
            described = json.loads(text)
            if feedback == "explicit" and parsed.value is None:
                faults.append(f"feedback explicit predicts a value, and {run_layout.DATASET_KEY} names no value column")
        except InputRefused as refusal:
            faults.append(str(refusal.args[0]))
    # Listed before it is read: objects replaced in between show up when the listings are compared.
    rules_file = _rules_file(documents)
    rules: Rules = {}
    rules_text = documents.find_bytes(run_layout.RULES_KEY)
    if rules_text is not None:
        try:
            rules = list_rules.parse_file(rules_text)
        except InputRefused as refusal:
            faults.append(str(refusal.args[0]))
    interactions = data_files(documents, run_layout.INTERACTIONS_PREFIX)
    sides = {side: data_files(documents, prefix) if side in described else [] for side, prefix in _SIDES.items()}
    if not interactions:
        fix = "upload at least one file there"
        faults.append(_nothing_under(documents.bucket, run_layout.INTERACTIONS_PREFIX, fix))
    faults += _table_faults(
        documents, [run_layout.INTERACTIONS_PREFIX, *(_SIDES[side] for side in sides if sides[side])]
    )
    for side, prefix in _SIDES.items():
        if side in described and not sides[side]:
            fix = f"put the {side}' file there, or remove {side} from {run_layout.DATASET_KEY}"
            faults.append(_nothing_under(documents.bucket, prefix, fix))
    if faults:
        raise InputRefused("; ".join(faults))
    return InputSnapshot(described, interactions, sides["items"], sides["users"], rules_file, rules)


def refuse_changed(documents: JsonDocuments, plan: Plan) -> None:
    """Check that the objects under ``input/`` are those that the run was planned with.

    A job downloads objects one after another and does not know their ETags: without this check, a replacement in
    between could lead to a mixture.

    Raises:
        InputRefused: if an object was replaced, deleted or added.
    """
    planned = plan["input"]
    found = [*data_files(documents, run_layout.INTERACTIONS_PREFIX), *_rules_file(documents)]
    for side, prefix in _SIDES.items():
        found += data_files(documents, prefix) if planned[side] else []
    wanted = [entry for objects in planned.values() for entry in objects]
    fault = input_changes.fault(_fingerprints(wanted), _fingerprints(found))
    if fault:
        raise InputRefused(fault)


def _fingerprints(objects: ObjectList) -> dict[str, tuple[int, str]]:
    return {entry["key"]: (entry["size"], entry["etag"]) for entry in objects}


def data_files(documents: JsonDocuments, prefix: str) -> ObjectList:
    """The objects under ``prefix`` that contain data, in key order.

    Excluded: folder markers, empty objects, and files that other programs leave among the data (contract.marker_files).
    """
    return [
        _described(entry)
        for entry in documents.objects(prefix)
        if entry["Size"] and not entry["Key"].endswith("/") and not is_marker(entry["Key"].removeprefix(prefix))
    ]


def _rules_file(documents: JsonDocuments) -> ObjectList:
    entries = documents.objects(run_layout.RULES_KEY)
    return [_described(entry) for entry in entries if entry["Key"] == run_layout.RULES_KEY]


def _described(entry: ListedObject) -> ObjectVersion:
    return {"key": entry["Key"], "size": entry["Size"], "etag": entry["ETag"].strip('"')}


def _table_faults(documents: JsonDocuments, prefixes: Iterable[str]) -> list[str]:
    found = (
        table_formats.fault(prefix, (entry["Key"].removeprefix(prefix) for entry in documents.objects(prefix)))
        for prefix in prefixes
    )
    return [fault for fault in found if fault]


def _nothing_under(bucket: str, prefix: str, fix: str) -> str:
    ignored = "empty objects and names beginning with _ or . do not count"
    return f"there is no data under {prefix} in bucket {bucket} ({ignored}): {fix}"
