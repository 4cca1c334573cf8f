"""Saves the engine's state while it runs, and brings it back when it starts.

ministack's own persistence is not used: it writes only when it is stopped, one file after the other, takes a full disk
for a line in its log, and begins anew where a file is damaged.
"""

import copy
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import persistence

from local_aws.state_generations import StateGenerations

_ATTEMPTS = 20
_FORMAT = "__ministack_format__"

logger = logging.getLogger("local_aws.engine")


class StateSaver:
    """ministack's services to and from the saved state, one save at a time."""

    def __init__(self, generations: StateGenerations) -> None:
        self._generations = generations
        self._lock = threading.Lock()
        self._saved: dict[str, bytes] = {}

    def restore(self) -> None:
        """Give every service its saved state.

        Raises:
            StateUnreadable: when there is a state that a service cannot be given.
        """
        self._saved = self._generations.read()
        for service, content in self._saved.items():
            try:
                app._get_module(app._state_map[service]).load_persisted_state(_decoded(service, content))
            except Exception as error:
                raise self._generations.unreadable(service, f"{type(error).__name__}: {error}") from error

    def save(self) -> None:
        """Write every service's state, unless nothing has changed since the last time.

        Raises:
            OSError: when the disk does not take it, or a service's state would not hold still. What was saved before
                is still there.
        """
        with self._lock:
            services = dict(self._saved)  # a service that was not needed this time keeps what it had
            for service, get_state in app._build_persistence_save_dict().items():
                state = _settled(service, get_state)
                if state is not None:
                    services[service] = _encoded(service, state)
            if services != self._saved:
                self._generations.write(services)
                self._saved = services

    def save_at_the_end(self) -> None:
        """Save for the last time: no other save begins after this one.

        Raises:
            OSError: as ``save`` does.
        """
        self.save()
        self._lock.acquire()


def _encoded(service: str, state: Any) -> bytes:
    document = {_FORMAT: persistence._state_format_version(service), "payload": state}
    return json.dumps(document, default=persistence._json_default).encode("utf-8")


def _decoded(service: str, content: bytes) -> Any:
    """The state in a saved file.

    Raises:
        ValueError: when it is no JSON, or of a newer ministack.
    """
    document = json.loads(content.decode("utf-8"), object_hook=persistence._json_object_hook)
    if document[_FORMAT] > persistence._state_format_version(service):
        raise ValueError(f"its format {document[_FORMAT]} is newer than this ministack's")
    return document["payload"]


def _settled(service: str, get_state: Callable[[], Any]) -> Any:
    """A copy that nobody changes while it is written.

    Other threads write to these dictionaries; a copy during which one grew or shrank is taken again.
    """
    for _ in range(_ATTEMPTS):
        try:
            return copy.deepcopy(get_state())
        except RuntimeError as error:
            if "changed size during iteration" not in str(error):
                raise
    raise OSError(f"the state of {service} changed during each of {_ATTEMPTS} attempts to save it")
