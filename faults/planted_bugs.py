"""Checks that schedules find bugs: known bugs, planted one at a time in the functions under test, must be caught."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from contract.recommendation_table import PUBLISHED, RETIRING
from contract.version_record import VersionRecord
from faults.network import connect
from faults.results import Result
from faults.schedule import World, run_schedule
from lambdas.handlers import retire_part
from lambdas.loading import batch_write
from lambdas.loading.batch_write import WriteRequest
from lambdas.publishing import publish_checks, version_pointer
from lambdas.publishing.version_pointer import Action, VersionPointer

# Maximum schedules for a bug; those below were caught within 60.
_MOST_SCHEDULES = 300


@contextmanager
def _current_version_is_retired() -> Iterator[None]:
    """Neither the state that chooses nor the one that deletes checks the pointer."""

    def mark_retiring(self: VersionPointer, version: str) -> bool:
        return self._transact(self._set_status(version, PUBLISHED, RETIRING))

    nowhere = SimpleNamespace(get_item=lambda **_: {"Item": {}})
    known = retire_part.retire_part

    def retire(documents: Any, client: Any, *rest: Any, **named: Any) -> retire_part.Answer:
        blind = mock.Mock(wraps=client, get_item=nowhere.get_item)
        return known(documents, blind, *rest, **named)

    with (
        mock.patch.object(VersionPointer, "mark_retiring", mark_retiring),
        mock.patch.object(retire_part, "retire_part", retire),
    ):
        yield


@contextmanager
def _older_version_is_published() -> Iterator[None]:
    known = VersionPointer._move

    def move(self: VersionPointer, move: Any, left: str | None, change: str, condition: str) -> Action:
        del condition
        return known(self, move, left, change, "")

    with (
        mock.patch.object(version_pointer, "refuse_older", return_value=None),
        mock.patch.object(VersionPointer, "_move", move),
    ):
        yield


@contextmanager
def _transaction_is_two_writes() -> Iterator[None]:
    known = VersionPointer._transact

    def one_by_one(self: VersionPointer, *actions: Action) -> bool:
        return all(known(self, action) for action in actions)

    with mock.patch.object(VersionPointer, "_transact", one_by_one):
        yield


@contextmanager
def _unprocessed_items_are_dropped() -> Iterator[None]:
    known = batch_write._send

    def send(*call: Any) -> list[WriteRequest]:
        known(*call)
        return []

    with mock.patch.object(batch_write, "_send", send):
        yield


@contextmanager
def _lost_lists_are_published() -> Iterator[None]:
    """Neither the loader nor the check before publishing verifies that the table has the lists."""
    with _unprocessed_items_are_dropped(), mock.patch.object(publish_checks, "require_lists", return_value=None):
        yield


@contextmanager
def _second_publish_is_refused() -> Iterator[None]:
    with mock.patch.object(VersionPointer, "published_by", return_value={}), _nobody_is_recorded():
        yield


@contextmanager
def _nobody_is_recorded() -> Iterator[None]:
    known = VersionPointer.record

    def record(self: VersionPointer, version: str) -> VersionRecord:
        return {**found, "published_by": "somebody"} if (found := known(self, version)) else found

    with mock.patch.object(VersionPointer, "record", record):
        yield


_BUGS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "the current version is retired": _current_version_is_retired,
    "an older version is published over a newer": _older_version_is_published,
    "a transaction is two writes": _transaction_is_two_writes,
    "unprocessed items are dropped": _unprocessed_items_are_dropped,
    "lost lists are published": _lost_lists_are_published,
    "a second publish is refused": _second_publish_is_refused,
}


def part(seed: int, scale: float) -> Result:
    """Every bug at any scale: each takes only as many schedules as needed to catch it."""
    del scale
    world = World.make(connect(), seed)
    result = Result("planted_bugs", tried=len(_BUGS))
    for name, planted in _BUGS.items():
        with planted():
            caught = next((number for number in range(_MOST_SCHEDULES) if run_schedule(world, number).losses), None)
        if caught is None:
            result.losses.append(f"{name}: not noticed in {_MOST_SCHEDULES} schedules")
        else:
            result.held += 1
            result.measurements.append(f"{name}: caught by schedule {caught}")
    return result
