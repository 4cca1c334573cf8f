"""A version whose model is known by construction, as written by "Extract vectors", in a bucket and a table in
memory.
"""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from botocore.exceptions import ClientError

from containers.extract.data.data_index import DataIndex
from containers.extract.data.run_inputs import read_run
from containers.extract.data.settings import DEFAULT
from containers.extract.lists.explanation import write_explanation
from containers.extract.lists.publishable import write_lists
from containers.extract.model.history import History
from containers.extract.model.parameters import FactorizationMachine
from containers.extract.model.vectors import Side, Vectors, vector_terms
from contract.recommendation_table import POINTER_KEY, VERSION_PARTITION, user_item, user_key
from contract.run_layout import RunLayout
from tests.unit.containers.extract.artifacts import Numbers
from tests.unit.containers.extract.world import RUN_ID, World

LAYOUT = RunLayout("bucket", RUN_ID)


class Bucket:
    """The part of S3 that topx uses."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"ContentLength": len(self._found(Key))}

    def get_object(self, Bucket: str, Key: str, Range: str | None = None) -> dict[str, Any]:
        body = self._found(Key)
        if Range is not None:
            first, last = Range.removeprefix("bytes=").split("-")
            body = body[int(first) : int(last) + 1]
        return {"Body": io.BytesIO(body)}

    def _found(self, key: str) -> bytes:
        if key not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": ""}}, "HeadObject")
        return self.objects[key]


class Table:
    """The part of DynamoDB that topx uses: items by key, and those of one partition."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = {(item["pk"], item["version"]): item for item in items}

    def get_item(self, Key: dict[str, str], **_: Any) -> dict[str, Any]:
        found = self.items.get((Key["pk"], Key["version"]))
        return {"Item": found} if found else {}

    def query(self, **_: Any) -> dict[str, Any]:
        """All versions' records, newest first."""
        found = [item for (key, _), item in self.items.items() if key == VERSION_PARTITION]
        return {"Items": sorted(found, key=lambda item: item["version"], reverse=True)}


@dataclass
class StoredWorld:
    world: World
    numbers: Numbers
    vectors: Vectors
    deployment: Any

    @property
    def version(self) -> str:
        return RUN_ID

    def score(self, user: int, item: int) -> float:
        return float(self.vectors.of_users(slice(user, user + 1))[0].astype(float) @ self.vectors.items[item])


def stored_world(folder: Path, world: World, **settings: float) -> StoredWorld:
    """``world`` with random parameters and these settings; each user's published list has the items not seen."""
    paths = world.write(folder / "opt")
    run = read_run(paths)
    index = DataIndex(paths.processing_input("index"), run.users, run.items, nothing_held_out=run.refits)
    catalogue = index.catalogue()
    numbers = Numbers.random(world.dimension, world.factors)
    model = FactorizationMachine(numbers.v.astype(np.float32), numbers.w.astype(np.float32), numbers.w0)
    users = Side(run.space.user_columns, index.side_features("user"), index.trained_users())
    items = Side(run.space.item_columns, index.side_features("item"), catalogue.popularity > 0)
    terms = vector_terms(model, users, items, index.recent_popularity())
    if run.history_rank:
        history = History(index.training_sets(), catalogue.popularity, run.history_rank, items.features)
        terms = replace(terms, history=history)
    chosen = replace(DEFAULT, **settings)
    vectors = terms.at(chosen)
    features = model.rows(run.space.feature_columns)
    file = paths.processing_output("vectors") / "explanation.npz"
    write_explanation(file, features, chosen.popularity * terms.log_popularity, vectors.part)
    write_lists(run, index, catalogue, vectors, paths)
    objects = {LAYOUT.plan: (paths.processing_input("plan") / "plan.json").read_bytes()}
    objects[LAYOUT.summary] = (paths.processing_input("summary") / "summary.json").read_bytes()
    for root, prefix in (
        (paths.processing_input("index"), LAYOUT.index),
        (paths.processing_output("vectors"), LAYOUT.vectors),
        (paths.processing_output("run"), LAYOUT.run),
    ):
        files = [file for file in root.rglob("*") if file.is_file()]
        objects |= {f"{prefix}{file.relative_to(root)}": file.read_bytes() for file in files}
    table = Table({**POINTER_KEY, "current": RUN_ID})
    deployment = SimpleNamespace(bucket="bucket", s3=Bucket(objects), table=table)
    found = StoredWorld(world, numbers, vectors, deployment)
    for user in range(world.users):
        scores = {item: found.score(user, item) for item in range(world.items) if item not in world.left_out(user)}
        best = sorted((item for item in scores if item not in world.hidden), key=lambda item: -scores[item])[:5]
        item = user_item(world.user_id(user), RUN_ID, [world.item_id(i) for i in best], [scores[i] for i in best])
        table.items[user_key(world.user_id(user), RUN_ID)["pk"], RUN_ID] = item
    return found


def described(world: World) -> World:
    """``world`` with features, and features.json with their names."""
    made = world.with_features()
    first = made.users + made.items
    fields = {
        "users": [{"column": "country", "first": first, "values": ["NL", "BE"]}],
        "items": [{"column": "genre", "first": first + 2, "values": ["drama", "[b]\x1b]0;x\x07", "war"]}],
    }
    return replace(made, fields=json.loads(json.dumps(fields)))
