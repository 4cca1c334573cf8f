"""Saves the engine's state while it runs, and restores it when it starts.

ministack's own persistence is not used: it only saves when it stops, one file after another, merely logs a full disk,
and starts without state if a file is damaged.
"""

import hashlib
import json
import threading
from collections.abc import Callable
from contextlib import nullcontext
from types import FunctionType
from typing import Any

from ministack import app
from ministack.core import persistence

from local_aws import items_on_disk
from local_aws.item_log import ItemLog
from local_aws.state_generations import StateGenerations
from local_aws.table_items import TableItems

_ATTEMPTS = 20
_FORMAT = "__ministack_format__"
# Replaces a table's items in the state: which log has them, and its length.
_LOG, _LENGTH = "__item_log__", "length"
# Services with a growing state whose ``get_state`` only copies: if it is written at once, no copy is needed.
_ONLY_COPIED = frozenset({"cloudformation", "cloudwatch", "cloudwatch_logs", "stepfunctions"})


class StateSaver:
    """Saves and restores ministack's services, one save at a time."""

    def __init__(self, generations: StateGenerations) -> None:
        self._generations = generations
        self._lock = threading.Lock()
        # By service, the SHA-256 of its saved file.
        self._saved: dict[str, bytes] = {}

    def restore(self) -> None:
        """Restore every service's saved state.

        Raises:
            StateUnreadable: if there is a state that a service cannot restore.
        """
        items_on_disk.forget_unsaved()
        for service, content in self._generations.read().items():
            try:
                app._get_module(app._state_map[service]).load_persisted_state(self._decoded(service, content))
            except Exception as error:
                raise self._generations.unreadable(service, f"{type(error).__name__}: {error}") from error
            self._saved[service] = hashlib.sha256(content).digest()

    def save(self) -> None:
        """Save the state of every service that has changed since the last time.

        Raises:
            OSError: if the disk rejects it, or a service's state kept changing. What was saved before is unchanged.
        """
        with self._lock:
            # A service that was not used this time keeps its state.
            files: dict[str, bytes | None] = dict.fromkeys(self._saved)
            saved = dict(self._saved)
            logs: dict[str, ItemLog] = {}
            for service, get_state in app._build_persistence_save_dict().items():
                content = _encoded(service, get_state, logs)
                digest = hashlib.sha256(content).digest() if content is not None else None
                if content is not None and digest is not None and digest != saved.get(service):
                    files[service], saved[service] = content, digest
            if saved != self._saved:
                for log in logs.values():
                    log.sync()
                self._generations.write(files, [log.path for log in logs.values()])
                self._saved = saved

    def save_at_the_end(self) -> None:
        """The last save: no other save starts after it.

        Raises:
            OSError: like ``save``.
        """
        self.save()
        self._lock.acquire()

    def _decoded(self, service: str, content: bytes) -> Any:
        """The state in a saved file.

        Raises:
            ValueError: if it is not JSON, or from a newer ministack.
            OSError: if a log that it names is missing.
        """

        def revive(found: dict[str, Any]) -> Any:
            if _LOG in found and self._generations.newest:
                return TableItems.restored(self._generations.newest / found[_LOG], found[_LENGTH])
            return persistence._json_object_hook(found)

        document = json.loads(content.decode("utf-8"), object_hook=revive)
        if document[_FORMAT] > persistence._state_format_version(service):
            raise ValueError(f"its format {document[_FORMAT]} is newer than this ministack's")
        return document["payload"]


def _encoded(service: str, get_state: Callable[[], Any], logs: dict[str, ItemLog]) -> bytes | None:
    """A service's state in the saved format, None if there is none; the logs that it names are added to ``logs``.

    Other threads may modify it meanwhile; if a dictionary changes its size, it is read again.

    Raises:
        OSError: if it changed in every attempt, or the disk rejects a table's items.
    """

    def in_its_place(value: Any) -> Any:
        if not isinstance(value, TableItems):
            return persistence._json_default(value)
        log, length = value.settle()
        logs[log.path.name] = log
        return {_LOG: log.path.name, _LENGTH: length}

    for _ in range(_ATTEMPTS):
        try:
            with items_on_disk.between_requests if service == "dynamodb" else nullcontext():
                state = _uncopied(get_state)() if service in _ONLY_COPIED else get_state()
                if state is None:
                    return None
                document = {_FORMAT: persistence._state_format_version(service), "payload": state}
                return json.dumps(document, default=in_its_place).encode("utf-8")
        except RuntimeError as error:
            if "changed size during iteration" not in str(error):
                raise
    raise OSError(f"the state of {service} changed during each of {_ATTEMPTS} attempts to save it")


class _NoCopy:
    """Replaces the module ``copy``."""

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value


def _uncopied(get_state: Callable[[], Any]) -> Callable[[], Any]:
    """``get_state``, with copies replaced by the objects themselves."""
    if not isinstance(get_state, FunctionType):
        raise TypeError(f"get_state must be a function of a module, got {get_state!r}")
    return FunctionType(get_state.__code__, {**get_state.__globals__, "copy": _NoCopy})
