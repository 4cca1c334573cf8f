"""Damage to the files and documents of a run between its states: a function for each kind."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from faults.small_run import LAYOUT, SmallRun

Chance = np.random.Generator
Manifest = list[dict[str, Any]]
_FILES: dict[str, Callable[[str], str]] = {
    "part file": LAYOUT.part,
    "user vectors": LAYOUT.row_proofs,
    "item vectors": lambda _: LAYOUT.item_proofs,
    "item_ids": lambda _: LAYOUT.item_ids,
    "default_lists.json": lambda _: LAYOUT.default_lists,
    "plan.json": lambda _: LAYOUT.plan,
    "summary.json": lambda _: LAYOUT.summary,
    "metrics.json": lambda _: LAYOUT.metrics,
    "parts.json": lambda _: LAYOUT.manifest,
}


def _twice_and_not_at_all(parts: Manifest, chance: Chance) -> None:
    one, other = chance.choice(len(parts), 2, replace=False).tolist()
    parts[one] = dict(parts[other])


def _twice_under_its_own_rows(parts: Manifest, chance: Chance) -> None:
    one, other = chance.choice(len(parts), 2, replace=False).tolist()
    parts[one] = {**parts[other], "first": parts[one]["first"], "users": parts[one]["users"]}


def _dropped(parts: Manifest, chance: Chance) -> None:
    del parts[int(chance.integers(len(parts)))]


def _added(parts: Manifest, chance: Chance) -> None:
    parts.insert(int(chance.integers(len(parts) + 1)), dict(parts[int(chance.integers(len(parts)))]))


def _reordered(parts: Manifest, chance: Chance) -> None:
    one, other = chance.choice(len(parts), 2, replace=False).tolist()
    parts[one], parts[other] = parts[other], parts[one]


def _names_exchanged(parts: Manifest, chance: Chance) -> None:
    one, other = chance.choice(len(parts), 2, replace=False).tolist()
    parts[one]["part"], parts[other]["part"] = parts[other]["part"], parts[one]["part"]


def _users_moved(parts: Manifest, chance: Chance) -> None:
    place = int(chance.integers(len(parts) - 1))
    parts[place]["users"] += 1
    parts[place + 1]["first"] += 1
    parts[place + 1]["users"] -= 1


def _number_changed(parts: Manifest, chance: Chance) -> None:
    entry = parts[int(chance.integers(len(parts)))]
    entry[str(chance.choice(["first", "users"]))] += int(chance.choice([-1, 1, 10]))


def _hash_changed(parts: Manifest, chance: Chance) -> None:
    hashes = parts[int(chance.integers(len(parts)))]["sha256"]
    hashes[str(chance.choice(sorted(hashes)))] = f"{int(chance.integers(2**60)):064x}"


def _field_lost(parts: Manifest, chance: Chance) -> None:
    entry = parts[int(chance.integers(len(parts)))]
    del entry[str(chance.choice(sorted(entry)))]


CHANGES: dict[str, Callable[[Manifest, Chance], None]] = {
    "a part twice, another not at all": _twice_and_not_at_all,
    "a part's files twice under another's rows": _twice_under_its_own_rows,
    "an entry dropped": _dropped,
    "an entry added": _added,
    "two entries reordered": _reordered,
    "two names exchanged": _names_exchanged,
    "users moved between two parts": _users_moved,
    "a number changed": _number_changed,
    "a hash changed": _hash_changed,
    "a field lost": _field_lost,
}


def change_manifest(run: SmallRun, change: Callable[[Manifest, Chance], None], chance: Chance) -> None:
    """Change parts.json in the bucket."""
    parts = run.document(LAYOUT.manifest)
    change(parts, chance)
    run.bucket.objects[LAYOUT.manifest] = json.dumps(parts).encode()


def damaged(body: bytes, chance: Chance) -> bytes:
    """Truncated, one bit flipped, emptied, or replaced by something else."""
    match int(chance.integers(4)):
        case 0:
            return body[: int(chance.integers(len(body)))]
        case 1:
            changed = bytearray(body)
            changed[int(chance.integers(len(body)))] ^= 1 << int(chance.integers(8))
            return bytes(changed)
        case 2:
            return b""
        case _:
            return bytes(chance.choice([b"[]", b"{}", b"null", b"\xff\xfe{\x00}\x00", gzip.compress(b"{}\n", mtime=0)]))


def _damage_file(name: str) -> Callable[[SmallRun, Chance], None]:
    def damage(run: SmallRun, chance: Chance) -> None:
        key = _FILES[name](str(chance.choice(run.parts)))
        run.bucket.overwrite(key, damaged(run.bucket.objects[key], chance))

    return damage


def _edit_lines(key: str, change: Callable[[list[Any], Chance], None], run: SmallRun, chance: Chance) -> None:
    lines = [json.loads(line) for line in gzip.decompress(run.bucket.objects[key]).splitlines()]
    change(lines, chance)
    run.bucket.overwrite(key, gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode(), mtime=0))


def _users_exchanged(lines: list[Any], chance: Chance) -> None:
    one, other = (1 + chance.choice(len(lines) - 1, 2, replace=False)).tolist()
    lines[one]["user"], lines[other]["user"] = lines[other]["user"], lines[one]["user"]


def _seen_lost(lines: list[Any], chance: Chance) -> None:
    having = [line for line in lines[1:] if line["seen"]]
    having[int(chance.integers(len(having)))]["seen"].pop()


def _ids_exchanged(lines: list[Any], chance: Chance) -> None:
    one, other = chance.choice(len(lines), 2, replace=False).tolist()
    lines[one], lines[other] = lines[other], lines[one]


def _archive_edited(lines: list[Any], chance: Chance) -> None:
    lines[int(chance.integers(len(lines)))]["items"].reverse()


def _edit_receipt(run: SmallRun, chance: Chance) -> None:
    key = LAYOUT.receipt(str(chance.choice(run.parts)))
    receipt = run.document(key)
    change: dict[str, Any] = {
        "users": receipt["users"] + 1,
        "part": "part-00009",
        "recommendations": "0" * 64,
        "entry": {**receipt["entry"], "first": receipt["entry"]["first"] + 1},
    }
    name = str(chance.choice(sorted(change)))
    run.bucket.objects[key] = json.dumps({**receipt, name: change[name]}).encode()


def _receipt_of_another(run: SmallRun, chance: Chance) -> None:
    one, other = (LAYOUT.receipt(str(part)) for part in chance.choice(run.parts, 2, replace=False))
    run.bucket.objects[one] = run.bucket.objects[other]


def _receipt_lost(run: SmallRun, chance: Chance) -> None:
    del run.bucket.objects[LAYOUT.receipt(str(chance.choice(run.parts)))]


def _archive_of_another(run: SmallRun, chance: Chance) -> None:
    one, other = (LAYOUT.recommendations(str(part)) for part in chance.choice(run.parts, 2, replace=False))
    run.bucket.objects[one], run.bucket.checksums[one] = run.bucket.objects[other], run.bucket.checksums[other]


def before_loading() -> Iterator[tuple[str, Callable[[SmallRun, Chance], None]]]:
    """Kinds of damage to the output of extract."""
    for name in _FILES:
        yield f"{name}: damaged before loading", _damage_file(name)
    yield (
        "part file: two users exchanged",
        lambda run, chance: _edit_lines(LAYOUT.part(str(chance.choice(run.parts))), _users_exchanged, run, chance),
    )
    yield (
        "part file: a seen item lost",
        lambda run, chance: _edit_lines(LAYOUT.part(str(chance.choice(run.parts))), _seen_lost, run, chance),
    )
    yield "item_ids: two exchanged", lambda run, chance: _edit_lines(LAYOUT.item_ids, _ids_exchanged, run, chance)


def after_loading() -> Iterator[tuple[str, Callable[[SmallRun, Chance], None]]]:
    """Kinds of damage to the output of the loader or of extract, before it is published."""
    for name in ("default_lists.json", "plan.json", "summary.json", "metrics.json", "parts.json"):
        yield f"{name}: damaged before publishing", _damage_file(name)
    yield "receipt: edited", _edit_receipt
    yield "receipt: another part's", _receipt_of_another
    yield "receipt: lost", _receipt_lost
    yield "receipt: damaged", lambda run, chance: _damage(LAYOUT.receipt(str(chance.choice(run.parts))), run, chance)
    yield (
        "archive: damaged",
        lambda run, chance: _damage(LAYOUT.recommendations(str(chance.choice(run.parts))), run, chance),
    )
    yield "archive: another part's", _archive_of_another
    yield (
        "archive: a list edited",
        lambda run, chance: _edit_lines(
            LAYOUT.recommendations(str(chance.choice(run.parts))), _archive_edited, run, chance
        ),
    )


def _damage(key: str, run: SmallRun, chance: Chance) -> None:
    run.bucket.overwrite(key, damaged(run.bucket.objects[key], chance))
