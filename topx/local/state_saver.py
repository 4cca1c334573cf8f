"""Writes the engine's state while it runs; ministack alone does so only when it is stopped."""

import copy
import threading
from typing import Any

from ministack import app
from ministack.core import persistence

_ATTEMPTS = 20


class StateSaver:
    """Saves ministack's services to its state folder, one save at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def save(self) -> None:
        """Write every service's state. A file that cannot be written is ministack's to report, in the engine's log.

        Raises:
            OSError: when a service's state would not hold still.
        """
        with self._lock:
            for service, get_state in app._build_persistence_save_dict().items():
                state = _settled(service, get_state)
                if state is not None:
                    persistence.save_state(service, state)

    def give_way(self) -> None:
        """Let a save that is going on end, and begin no other: ministack is about to write the same files."""
        self._lock.acquire()


def _settled(service: str, get_state: Any) -> Any:
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
