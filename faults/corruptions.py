"""Damages the objects between the states of a run, hundreds of times in each way, and reports what happened to the
lists.

``python -m faults.corruptions [TIMES]`` prints a table: how often a kind was tried, was caught, changed no list, and
was published wrong. Exits with 1 if a kind that must be caught was published wrong, or was caught by an error that does
not name the object.
"""

import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from contract.refusal import Refused
from contract.stored_object import DamagedObject
from faults import corrupted_answers, corrupted_documents, corrupted_models
from faults.memory import MemoryTable
from faults.small_run import LAYOUT, Lists, SmallRun, alike, lists, load, publish, small_run
from faults.tally import HEADER, Tally
from lambdas.s3_json import MissingDocument

_TIMES = 200
_NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
# The errors whose message names the damaged object.
_TOLD = (Refused, DamagedObject, MissingDocument)

Damage = Callable[[SmallRun, np.random.Generator], None]


@dataclass(frozen=True)
class Kind:
    """A way to damage a run: before loading, after it, or in the entries that only the map reads."""

    name: str
    before: Damage | None = None
    after: Damage | None = None
    map_only: Callable[[list[dict[str, object]], np.random.Generator], None] | None = None
    promised: bool = True


def kinds() -> Iterator[Kind]:
    """All of them except those of models."""
    for name, damage, promised in corrupted_answers.kinds():
        yield Kind(name, before=damage, promised=promised)
    for name, change in corrupted_documents.CHANGES.items():
        yield Kind(f"parts.json before loading: {name}", before=_of_manifest(change))
        yield Kind(f"parts.json after loading: {name}", after=_of_manifest(change))
        yield Kind(f"parts.json as the map got it: {name}", map_only=change)
    for name, damage in corrupted_documents.before_loading():
        yield Kind(name, before=damage)
    for name, damage in corrupted_documents.after_loading():
        yield Kind(name, after=damage)


def trials(kind: Kind, times: int, whole: SmallRun) -> Tally:
    """Damage ``whole`` this many times in this way; seeded by the kind's name."""
    tally = Tally(kind.name, kind.promised)
    due = _published(whole, None, np.random.default_rng(0))
    for seed in np.random.SeedSequence(zlib.crc32(kind.name.encode())).spawn(times):
        try:
            found = _published(whole, kind, np.random.default_rng(seed))
        except _TOLD:
            tally.counts["caught"] += 1
        except Exception as error:
            tally.counts["caught"] += 1
            tally.untold.append(f"{kind.name}: {type(error).__name__}: {error}")
        else:
            tally.counts["harmless" if alike(found, due) else "wrong"] += 1
    return tally


def _published(whole: SmallRun, kind: Kind | None, chance: np.random.Generator) -> Lists:
    run, table = whole.copy(), MemoryTable()
    if kind and kind.before:
        kind.before(run, chance)
    # The map accepts any JSON array, and fails on anything else before a part is loaded.
    manifest = _as_the_map_reads(run)
    if kind and kind.map_only:
        kind.map_only(manifest, chance)
    load(run, table, manifest)
    if kind and kind.after:
        kind.after(run, chance)
    publish(run, table, _NOW)
    return lists(table)


def _as_the_map_reads(run: SmallRun) -> list[dict[str, object]]:
    try:
        found = run.document(LAYOUT.manifest)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise DamagedObject("parts.json", "is no JSON array (States.ItemReaderFailed)")
    return found


def _of_manifest(change: Callable[[list[dict[str, object]], np.random.Generator], None]) -> Damage:
    return lambda run, chance: corrupted_documents.change_manifest(run, change, chance)


def main(arguments: Sequence[str]) -> int:
    """Print the table, with this many trials of each kind."""
    times = int(arguments[0]) if arguments else _TIMES
    whole = small_run()
    print(HEADER)
    tallies = []
    for kind in kinds():
        tallies.append(trials(kind, times, whole))
        print(tallies[-1].row(), flush=True)
    for tally in corrupted_models.trials(times):
        tallies.append(tally)
        print(tally.row(), flush=True)
    for untold in (line for tally in tallies for line in tally.untold[:3]):
        print(untold)
    tried, wrong = sum(tally.tried for tally in tallies), sum(tally.counts["wrong"] for tally in tallies)
    print(f"{tried:,} tried, {wrong:,} published wrong, {sum(tally.lost for tally in tallies)} kinds lost")
    return int(any(tally.lost for tally in tallies))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
