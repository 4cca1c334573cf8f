"""A small run's inputs: interactions with known ids, as written by prepare, in a temporary /opt/ml."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from contract import run_request
from contract.dataset_document import DatasetDocument
from contract.documents import ChampionNote, FeatureColumns, FieldSummary, HoldOut, Summary
from contract.measured_documents import TrainingLosses
from contract.request_document import Request
from sagemaker_contract.job_paths import JobPaths
from tests.unit.containers.extract import artifacts
from tests.unit.contract import made_plan

RUN_ID = "20261123t030000120-a9711f"
# As written by lambdas/handlers/read_training_log.py.
TRAINING: TrainingLosses = {
    "job": "fm-20261123t030000-a9711f-1",
    "metric": "binary_classification_cross_entropy",
    "asked": 2,
    "complete": True,
    "epochs": [{"epoch": 1, "loss": 0.36}, {"epoch": 2, "loss": 0.25}],
    "untrained_loss": 0.69,
    "test_loss": 0.44,
}


@dataclass
class World:
    """The interactions: (user, item, held_out, value) for each distinct pair, in order of time."""

    users: int
    items: int
    pairs: list[tuple[int, int, bool, float]]
    titles: Sequence[str | None] | None = None
    user_features: list[dict[int, float]] = field(default_factory=list)
    item_features: list[dict[int, float]] = field(default_factory=list)
    features: int = 0
    factors: int = 4
    request: dict[str, Any] = field(default_factory=dict)
    champion: ChampionNote | None = None
    repeated: frozenset[int] = frozenset()  # positions of pairs whose time is a repetition's, long after they began
    choosing: frozenset[int] = frozenset()  # positions of held-out pairs on which settings are chosen
    hidden: frozenset[int] = frozenset()  # items that lists may not contain
    fields: dict[str, list[FeatureColumns]] = field(default_factory=dict)  # features.json
    hold_out: HoldOut = field(default_factory=lambda: HoldOut(kind="latest", because=None, tied_users=0))
    dataset: DatasetDocument = field(default_factory=lambda: DatasetDocument(user="u", item="i"))

    @classmethod
    def random(cls, users: int, items: int, seed: int = 1, **others: Any) -> "World":
        draw = np.random.default_rng(seed)
        pairs = []
        for user in range(users):
            known = draw.choice(items, size=draw.integers(1, max(2, items // 2)), replace=False)
            kept_back = max(1, len(known) // 5) if len(known) >= 5 else 0
            for place, item in enumerate(known):
                pairs.append((user, int(item), place >= len(known) - kept_back, float(draw.integers(1, 6))))
        return cls(users, items, pairs, **others)

    @classmethod
    def checkerboard(cls, users: int, items: int, **others: Any) -> "World":
        """Users and items of two colors, by parity. Each user knows all items of the user's color except four.

        Two of the four are held out. So a model that knows the colors has those four in its first four places.
        """
        pairs = []
        for user in range(users):
            own = [item for item in range(items) if item % 2 == user % 2]
            hidden = {own[(user // 2 + step) % len(own)] for step in range(4)}
            pairs += [(user, item, False, 1.0) for item in own if item not in hidden]
            pairs += [(user, item, True, 1.0) for item in sorted(hidden)[:2]]
        return cls(users, items, pairs, **others)

    def time(self, place: int) -> float:
        """When the pair at that position began."""
        return 1000.0 + place

    def user_id(self, user: int) -> str:
        return f"user {user} ü"

    def item_id(self, item: int) -> str:
        return f"item/{item}"

    def seen(self, user: int) -> list[int]:
        return sorted(item for owner, item, _, _ in self.pairs if owner == user)

    def left_out(self, user: int) -> list[int]:
        """The seen items that the user's list leaves out."""
        return (
            [item for item in self.seen(user) if item not in self.hidden] if self.full_request["exclude_seen"] else []
        )

    def trained(self, user: int) -> list[int]:
        return [item for owner, item, held_out, _ in self.pairs if owner == user and not held_out]

    def choosing_items(self, user: int) -> list[int]:
        return [self.pairs[place][1] for place in sorted(self.choosing) if self.pairs[place][0] == user]

    def measured_items(self, user: int) -> list[int]:
        chosen = self.choosing_items(user)
        return [item for item in self.held_out(user) if item not in chosen]

    def with_choosing(self) -> "World":
        """The same, with settings chosen on the earlier half of each user's held-out pairs."""
        places: dict[int, list[int]] = {}
        for place, (user, _, held_out, _) in enumerate(self.pairs):
            if held_out:
                places.setdefault(user, []).append(place)
        return replace(self, choosing=frozenset(p for own in places.values() for p in own[: len(own) // 2]))

    def held_out(self, user: int) -> list[int]:
        return [item for owner, item, held_out, _ in self.pairs if owner == user and held_out]

    @property
    def popularity(self) -> list[int]:
        counts = [0] * self.items
        for _, item, held_out, _ in self.pairs:
            counts[item] += not held_out
        return counts

    @property
    def recent_popularity(self) -> list[float]:
        """A training pair's weight halves for every half of the data's time span that it is older; the total is
        unchanged.
        """
        times = [(item, self.time(place)) for place, (_, item, held_out, _) in enumerate(self.pairs) if not held_out]
        latest, span = max(time for _, time in times), max(time for _, time in times) - min(time for _, time in times)
        weights = [0.0] * self.items
        for item, time in times:
            weights[item] += 0.5 ** ((latest - time) / (span / 2)) if span else 1
        return [weight * len(times) / sum(weights) for weight in weights]

    @property
    def full_request(self) -> Request:
        """The factorization machine alone, unless ``request`` says otherwise."""
        alone = {"popularity": 0.5, "history_rank": 0}
        return run_request.parse({"factors": self.factors, "top_x": 5, **alone, **self.request})

    @property
    def predictor(self) -> str:
        return "regressor" if self.full_request["feedback"] == "explicit" else "binary_classifier"

    @property
    def dimension(self) -> int:
        return self.users + self.items + self.features

    def user_part(self, user: int) -> dict[int, float]:
        """The input's weights by column: the user, if training has seen the user, and the user's side features."""
        own = {user: 1.0} if self.trained(user) else {}
        return own | self._known(self.user_features, user)

    def item_part(self, item: int) -> dict[int, float]:
        """The same for an item."""
        own = {self.users + item: 1.0} if self.popularity[item] else {}
        return own | self._known(self.item_features, item)

    def with_features(self, seed: int = 2) -> "World":
        """The same interactions, and up to two random features for each user and three for each item."""
        draw = np.random.default_rng(seed)

        def known(first: int, width: int) -> dict[int, float]:
            columns = draw.choice(width, size=draw.integers(0, width + 1), replace=False)
            return {first + int(column): 1 / len(columns) for column in sorted(columns)}

        users, items = [known(0, 2) for _ in range(self.users)], [known(2, 3) for _ in range(self.items)]
        return replace(self, user_features=users, item_features=items, features=5)

    def _known(self, features: list[dict[int, float]], row: int) -> dict[int, float]:
        """``features`` count their columns from 0, for users and items together."""
        first = self.users + self.items
        return {first + column: weight for column, weight in features[row].items()} if features else {}

    def summary(self) -> Summary:
        seen = [len(self.left_out(user)) for user in range(self.users)]
        kept_back = [pair for pair in self.pairs if pair[2]]
        return {
            "status": "ready",
            "reasons": [],
            "warnings": ["2 of 99 rows were refused: missing user (2)."],
            "rows": {
                "read": len(self.pairs) + 5,
                "rejected": 2,
                "duplicates": 3,
                "interactions": len(self.pairs),
            },
            "rejected_by_reason": {"missing user": 2},
            "rejected_for_now": 0,
            "files": [{"file": "a.csv", "rows": len(self.pairs) + 5, "rejected": 2}],
            "users": self.users,
            "items": self.items,
            "servable": self.items - len(self.hidden),
            "rules": {"unknown": {}},
            "interactions": len(self.pairs),
            "earliest_time": self.time(0),
            "latest_time": self.time(len(self.pairs) - 1),
            "time_format": {"format": "seconds", "decided": "timestamp_format in input/dataset.json"},
            "hold_out": self.hold_out,
            "training": {"pairs": len(self.pairs) - len(kept_back), "examples": 99, "files": 2},
            "held_out": {"users": len({pair[0] for pair in kept_back}), "pairs": len(kept_back)},
            "choosing": {
                "users": len({self.pairs[place][0] for place in self.choosing}),
                "pairs": len(self.choosing),
            },
            "trimmed": {"interactions": 0},
            "unseen": {"users": 0, "items": 0},
            "side_rows": {},
            "content": {},
            "index": {},  # the folder's, where it is written
            "test": {"examples": 9, "files": 1},
            "refit": {"pairs": len(self.pairs), "examples": 123, "files": 2}
            if self.full_request["refit"] and kept_back
            else {"pairs": 0, "examples": 0, "files": 0},
            "feature_dim": self.dimension,
            "features": {"users": [], "items": self._summarized()},
            "seen_p95": ceil(np.percentile(seen, 95)),
            "longest_id_bytes": {"user": 10, "item": 10},
            "item_id_bytes": 100,
        }

    def _summarized(self) -> list[FieldSummary]:
        known: FieldSummary = {
            "column": "known",
            "type": "categories",
            "cardinality": self.features,
            "missing": 0.125,
            "invalid": 0,
        }
        return [known] if self.features else []

    def write(self, root: Path) -> JobPaths:
        """Write everything except the model."""
        paths = JobPaths(root)
        for name in ("model", "index", "plan", "summary", "evaluation"):
            paths.processing_input(name).mkdir(parents=True)
        plan = made_plan.plan(RUN_ID, self.full_request, self.dataset, champion=self.champion)
        (paths.processing_input("plan") / "plan.json").write_text(json.dumps(plan))
        for name in ("training", "refit_training"):
            (paths.processing_input("evaluation") / f"{name}.json").write_text(json.dumps(TRAINING))
        folder = paths.processing_input("index")
        self._write_index(folder)
        index = {file.name: {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()} for file in folder.iterdir()}
        (paths.processing_input("summary") / "summary.json").write_text(json.dumps(self.summary() | {"index": index}))
        return paths

    def write_model(self, paths: JobPaths, params: bytes, **described: Any) -> None:
        reported = artifacts.meta(self.dimension, self.factors, self.predictor)
        reported["training_parameters"] |= described
        artifacts.artifact(paths.processing_input("model") / "model.tar.gz", params, reported)

    def _write_index(self, folder: Path) -> None:
        database = duckdb.connect()
        database.execute('CREATE TABLE users (user_index INT, "user" VARCHAR, seen INT, interactions INT)')
        rows = [[u, self.user_id(u), len(self.seen(u)), len(self.trained(u))] for u in range(self.users)]
        database.executemany("INSERT INTO users VALUES (?, ?, ?, ?)", rows)
        database.execute(
            "CREATE TABLE items "
            "(item_index INT, item VARCHAR, seen BIGINT, popularity BIGINT, title VARCHAR, servable BOOL)"
        )
        titles = self.titles or [None] * self.items
        popularity, seen = self.popularity, Counter(item for _, item, _, _ in self.pairs)
        rows = [
            [i, self.item_id(i), seen[i], popularity[i], titles[i], i not in self.hidden] for i in range(self.items)
        ]
        database.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.execute(
            "CREATE TABLE pairs "
            "(user_index INT, item_index INT, held_out BOOL, value DOUBLE, time DOUBLE, "
            "first_time DOUBLE, chooses BOOL)"
        )
        began = [self.time(place) for place in range(len(self.pairs))]
        times = [time + 1e6 * (place in self.repeated) for place, time in enumerate(began)]
        chooses = [place in self.choosing for place in range(len(self.pairs))]
        columns = [*(list(column) for column in zip(*self.pairs, strict=True)), times, began, chooses]
        # One statement with whole columns: a thousand with one row each take seconds.
        database.execute(f"INSERT INTO pairs SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)
        database.execute("ALTER TABLE pairs ADD COLUMN left_out BOOL")
        hidden = [*self.hidden] if self.full_request["exclude_seen"] else [*range(self.items)]
        database.execute("UPDATE pairs SET left_out = item_index NOT IN (SELECT unnest(?::INT[]))", [hidden])
        if self.fields:
            (folder / "features.json").write_text(json.dumps(self.fields))
        for side, known in (("user", self.user_features), ("item", self.item_features)):
            database.execute(f"CREATE TABLE {side}_features ({side}_index INT, feature INT, weight FLOAT)")
            rows = [[n, self.users + self.items + f, w] for n, each in enumerate(known) for f, w in each.items()]
            if rows:
                database.executemany(f"INSERT INTO {side}_features VALUES (?, ?, ?)", rows)
            order = f"{side}_index, feature"
            database.execute(f"COPY (FROM {side}_features ORDER BY {order}) TO '{folder}/{side}_features.parquet'")
        orders = {"users": "user_index", "items": "item_index", "pairs": "user_index, time, item_index"}
        for name, order in orders.items():
            database.execute(
                f"COPY (SELECT * FROM {name} ORDER BY {order}) TO '{folder}/{name}.parquet' (FORMAT parquet)"
            )
