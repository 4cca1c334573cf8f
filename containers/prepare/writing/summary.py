"""summary.json: accounts for every row read, and has the numbers that later stages plan with."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from containers.prepare.features import side_features
from containers.prepare.features.list_rules import Applied
from containers.prepare.features.side_features import EncodedSide
from containers.prepare.features.side_tables import SideRows
from containers.prepare.reading.text_rows import Reading
from containers.prepare.validation.row_filter import Filtered
from containers.prepare.validation.time_column import may_pass_later
from containers.prepare.validation.time_order import TimeOrder
from containers.prepare.validation.verdicts import Verdict
from contract import hold_out
from contract.documents import Content, FileRows, HoldOut, RefusedSummary, Rows, Summary, TrainingFiles


@dataclass(frozen=True)
class Channel:
    """One channel of training files: ``pairs`` of users and items, and the examples and files made from them."""

    pairs: int
    examples: int
    files: int


NO_CHANNEL = Channel(0, 0, 0)


@dataclass(frozen=True)
class Channels:
    """The channels of both trainings; ``test`` and ``refit`` are empty if they are not needed."""

    train: Channel
    test: Channel
    refit: Channel


def refused(reading: Reading, filtered: Filtered, verdict: Verdict, reasons: list[str]) -> RefusedSummary:
    """The summary of unusable data, with the reasons."""
    return {
        "status": "refused",
        "reasons": reasons,
        "rows": _rows(reading, filtered, verdict),
        "rejected_by_reason": verdict.by_reason,
        "files": _files(reading, verdict),
    }


def ready(
    database: duckdb.DuckDBPyConnection,
    reading: Reading,
    filtered: Filtered,
    verdict: Verdict,
    *,
    warnings: list[str],
    duplicates: int,
    order: TimeOrder,
    tied_users: int,
    content: dict[str, Content],
    index: dict[str, Content],
    sides: dict[str, SideRows],
    encoded: list[EncodedSide],
    applied: Applied,
    channels: Channels,
) -> Summary:
    """The summary of prepared data.

    ``servable`` counts the items that lists may contain. ``seen_p95`` is the 95th percentile, rounded up, of how many
    of them a list leaves out as seen, over the users with interactions. ``unseen`` counts users and items without
    interactions, which are ranked by their features alone. ``earliest_time`` and ``latest_time`` are those of the
    interactions in epoch seconds, null if the data has no times: later interactions are new to this run's version.
    ``time_format`` is how times were read, and how that was decided; for ``hold_out`` see contract.hold_out. ``refit``
    is the second training, on everything; without one it has no pairs. ``choosing`` is the part of ``held_out`` that
    settings are chosen on. ``trimmed`` counts the rows with blanks around an id, ``rejected_for_now`` those rejected
    for a time in the future that a later run may accept.

    Args:
        warnings: sentences about things to check that do not stop the run; those about the hold-out are added.
        order: what the times can be used for.
        tied_users: the number of users for whom times alone do not decide which of their pairs are held out.
        content: of every file that was read.
        index: of every file of the index, by name; extract reads no others.
        sides: by side (users, items), the row counts of its files.
        encoded: the side features.
        applied: the result of the list rules.
    """
    users = _row(
        database,
        """
        SELECT count(*) AS users, max(strlen(user_id)) AS longest, quantile_cont(seen, 0.95) AS seen_p95,
               count(*) - count(seen) AS unseen
        FROM users LEFT JOIN (
            SELECT user_index, count(*) FILTER (left_out) AS seen FROM pairs GROUP BY user_index
        ) USING (user_index)
        """,
    )
    items = _row(
        database,
        """
        SELECT count(*) AS items, max(strlen(item_id)) AS longest, sum(strlen(item_id))::BIGINT AS id_bytes,
               count(*) FILTER (item_index NOT IN (SELECT item_index FROM pairs)) AS unseen
        FROM items
        """,
    )
    pairs = _row(
        database,
        """
        SELECT count(*) AS pairs, count(*) FILTER (held_out) AS held_out,
               count(DISTINCT user_index) FILTER (held_out) AS held_out_users,
               count(*) FILTER (chooses) AS choosing, count(DISTINCT user_index) FILTER (chooses) AS choosing_users
        FROM pairs
        """,
    )
    held_out: HoldOut = {"kind": order.kind, "because": order.because, "tied_users": tied_users}
    return {
        "status": "ready",
        "reasons": [],
        "warnings": [*warnings, *hold_out.warnings(held_out, pairs["held_out_users"])],
        "rows": _rows(reading, filtered, verdict, duplicates),
        "rejected_by_reason": verdict.by_reason,
        "rejected_for_now": sum(rows for reason, rows in verdict.by_reason.items() if may_pass_later(reason)),
        "files": _files(reading, verdict),
        "trimmed": {"interactions": verdict.padded, **{side: rows.verdict.padded for side, rows in sides.items()}},
        "users": users["users"],
        "items": items["items"],
        "servable": applied.servable,
        "rules": {"unknown": applied.unknown},
        "interactions": pairs["pairs"],
        "earliest_time": order.earliest,
        "latest_time": order.latest,
        "time_format": {"format": order.column.format, "decided": order.column.decided} if order.column else None,
        "hold_out": held_out,
        "training": _channel(channels.train),
        "held_out": {"users": pairs["held_out_users"], "pairs": pairs["held_out"]},
        "choosing": {"users": pairs["choosing_users"], "pairs": pairs["choosing"]},
        "test": {"examples": channels.test.examples, "files": channels.test.files},
        "refit": _channel(channels.refit),
        "unseen": {"users": users["unseen"], "items": items["unseen"]},
        "feature_dim": users["users"] + items["items"] + sum(side.width for side in encoded),
        "seen_p95": math.ceil(users["seen_p95"]),
        "longest_id_bytes": {"user": users["longest"], "item": items["longest"]},
        "item_id_bytes": items["id_bytes"],
        "side_rows": {side: rows.counts() for side, rows in sides.items()},
        "content": content,
        "index": index,
        "features": {
            f"{side.side}s": [side_features.summarized(field, side.rows) for field in side.fields] for side in encoded
        },
    }


def write(summary: Summary | RefusedSummary, folder: Path) -> None:
    """Write ``summary`` to ``folder/summary.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _rows(reading: Reading, filtered: Filtered, verdict: Verdict, duplicates: int = 0) -> Rows:
    read = sum(reading.rows)
    found: Rows = {
        "read": read,
        "rejected": verdict.rejected,
        "duplicates": duplicates,
        "interactions": read - filtered.left_out - verdict.rejected - duplicates,
    }
    if filtered.forgotten is not None:
        found["forgotten"] = filtered.forgotten
    if filtered.asked:
        found["filtered"] = filtered.rows
    return found


def _files(reading: Reading, verdict: Verdict) -> list[FileRows]:
    return [
        {"file": file.key, "rows": rows, "rejected": verdict.by_file.get(number, 0)}
        for number, (file, rows) in enumerate(zip(reading.files, reading.rows, strict=True))
    ]


def _channel(channel: Channel) -> TrainingFiles:
    return {"pairs": channel.pairs, "examples": channel.examples, "files": channel.files}


def _row(database: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    return {name: column[0].item() for name, column in database.execute(query).fetchnumpy().items()}
