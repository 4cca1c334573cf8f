"""A small part as extract and batch transform write it to a bucket, with right lists known by brute force."""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from contract import run_plan, run_request
from contract.part_manifest import PartEntry, PartHeader, PartUser, Probe
from contract.run_layout import RunLayout
from lambdas.handlers import load_part
from tests.unit.contract import made_plan
from tests.unit.lambdas.conftest import Aws

RUN_ID = "20261123t030000000-abcdef"
PART = "part-00002"
FIRST = 60

LAYOUT = RunLayout("", RUN_ID)

Answers = list[dict[str, Any]]


def packed(*documents: Any) -> bytes:
    """Gzipped JSON lines."""
    return gzip.compress(
        "".join(f"{json.dumps(document, ensure_ascii=False)}\n" for document in documents).encode(), mtime=0
    )


@dataclass
class SmallPart:
    """Users with known vectors and a known catalogue.

    User n has seen n % 7 items, except user 3, who has seen so many that the list must be exact.
    """

    users: int = 30
    items: int = 80
    top_x: int = 10
    k: int = 16
    exclude_seen: bool = True
    index_type: str = "faiss.Flat"
    score_form: str = "list"
    names: Callable[[int], str] = lambda row: f"user {row}"
    item_ids: list[str] = field(default_factory=list)
    hidden: frozenset[int] = frozenset()  # items that lists may not contain

    def __post_init__(self) -> None:
        source = np.random.default_rng(11)
        self.item_ids = self.item_ids or [f"item {label}" for label in range(self.items)]
        self.item_rows = source.normal(size=(self.items, 6)).astype(np.float32)
        self.user_rows = source.normal(size=(self.users, 6)).astype(np.float32)
        self.products = self.user_rows @ self.item_rows.T
        counts = [50 if row == 3 else row % 7 for row in range(self.users)]
        # Seen items are liked ones, so that leaving them out matters.
        self.seen = [sorted(self.ranked(row)[:count]) if self.exclude_seen else [] for row, count in enumerate(counts)]

    @property
    def servable(self) -> int:
        """How many items lists may contain."""
        return self.items - len(self.hidden)

    def ranked(self, row: int) -> list[int]:
        """All items that lists may contain, best first."""
        order: list[int] = np.argsort(-self.products[row], kind="stable").tolist()
        return [label for label in order if label not in self.hidden]

    def due(self, row: int) -> list[int]:
        """The right list, by brute force."""
        return [label for label in self.ranked(row) if label not in self.seen[row]][: self.top_x]

    def scores(self, row: int, labels: list[int]) -> list[float]:
        """The user's products with those items."""
        scores: list[float] = self.products[row, labels].tolist()
        return scores

    def answers(self) -> Answers:
        """k-NN's normal answer for each row: ascending."""
        lists = [self.ranked(row)[: self.k][::-1] for row in range(self.users)]
        return [
            {"predicted_label": 0.0, "labels": [float(n) for n in labels], "distances": self.scores(row, labels)}
            for row, labels in enumerate(lists)
        ]

    def header(self) -> PartHeader:
        """The first line of the part's file."""
        probes: list[Probe] = [
            {"row": row, "labels": (labels := self.ranked(row)[: self.k]), "scores": self.scores(row, labels)}
            for row in (0, 5, self.users - 1)
        ]
        width = self.user_rows.shape[1]
        return {
            "part": PART,
            "run_id": RUN_ID,
            "first": FIRST,
            "users": self.users,
            "items": self.items,
            "servable": self.servable,
            "limited": False,
            "k": self.k,
            "width": width,
            "probes": probes,
        }

    def user_lines(self) -> list[PartUser]:
        """The other lines."""
        lines = []
        for row, seen in enumerate(self.seen):
            line: PartUser = {"user": self.names(row), "seen": seen}
            if run_plan.is_heavy(len(seen), self.k, self.servable, self.top_x):
                line["exact"] = {"labels": self.due(row), "scores": self.scores(row, self.due(row))}
            lines.append(line)
        return lines

    def item_proofs(self) -> bytes:
        """Labels and rows, NaN for items that lists may not contain."""
        rows = self.item_rows.copy()
        rows[sorted(self.hidden)] = np.nan
        return np.arange(self.items, dtype="<i4").tobytes() + rows.astype("<f4").tobytes()

    def files(self) -> dict[str, tuple[str, bytes]]:
        """Key and bytes of what extract read and wrote, by name in parts.json."""
        request = {
            "top_x": self.top_x,
            "index_type": self.index_type,
            "exclude_seen": self.exclude_seen,
            "scores": self.score_form,
        }
        plan = made_plan.plan(RUN_ID, run_request.parse(request), {"user": "u", "item": "i"})
        return {
            "part": (LAYOUT.part(PART), packed(self.header(), *self.user_lines())),
            "rows": (LAYOUT.row_proofs(PART), self.user_rows.astype("<f4").tobytes()),
            "item_ids": (LAYOUT.item_ids, packed(*self.item_ids)),
            "item_rows": (LAYOUT.item_proofs, self.item_proofs()),
            "default_lists": (LAYOUT.default_lists, b'{"by": null, "lists": []}'),
            "plan": (LAYOUT.plan, json.dumps(plan).encode()),
            "summary": (LAYOUT.summary, b"{}"),
        }

    def put(self, aws: Aws, answers: Answers | bytes | None = None) -> None:
        """Put the run's files, with ``answers`` as the transform output."""
        if not isinstance(answers, bytes):
            answers = "\n".join(map(json.dumps, answers or self.answers())).encode()
        for key, body in self.files().values():
            aws.put(key, body)
        aws.put(f"{LAYOUT.neighbours}{PART}.pbr.out", answers)

    def entry(self, **other_files: bytes) -> PartEntry:
        """The part's entry of parts.json; with ``other_files`` as if extract had written those."""
        bodies = {name: body for name, (_, body) in self.files().items()} | other_files
        hashes: Any = {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}
        return {"part": PART, "first": FIRST, "users": self.users, "sha256": hashes}

    def event(self, **other_files: bytes) -> load_part.Event:
        """What the Map's child passes to the loader."""
        return {"run_id": RUN_ID, "part": self.entry(**other_files)}
