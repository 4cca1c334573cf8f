"""SageMaker's throttling, made to happen: a switch for tests of the workflow's retries."""

import re
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

THROTTLED = "Rate exceeded"
_UUID = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_NAMED = re.compile(r"\w+Name|NameContains")


class Throttle:
    """Turns away the first attempts of each call.

    Calls are told apart by their action and by the name that they give or ask for, without the UUID which makes each
    attempt's name a new one: so every state of every run is throttled, not only the first that uses an action.
    """

    def __init__(self, attempts: int = 0) -> None:
        """
        Args:
            attempts: how many of each call are turned away; 0 for none.
        """
        self._attempts = attempts
        self._seen: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def turns_away(self, action: str, request: Mapping[str, Any]) -> bool:
        """Whether this attempt is one too many."""
        name = next((str(value) for field, value in request.items() if _NAMED.fullmatch(field)), "")
        with self._lock:
            call = (action, _UUID.sub("", name))
            self._seen[call] += 1
            return self._seen[call] <= self._attempts
