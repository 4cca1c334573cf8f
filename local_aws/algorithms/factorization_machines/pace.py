"""Chooses the number of training threads by measured speed.

A batch of some hundred microseconds has two barriers: on idle cores, threads nearly double the speed; on busy ones, a
thread that waits for another's time slice makes it many times slower. The result is the same with any number.
"""

from math import inf

# The slower number is tried again, because a machine's load changes, but may take only a tenth of the time.
_SHARE_OF_TRIALS = 0.1


class Pace:
    """Chooses between one thread and ``most`` for each of many equal turns."""

    def __init__(self, most: int) -> None:
        # Not measured counts as infinitely fast, so that each number gets a first turn.
        self._speed = dict.fromkeys((most, 1), inf)
        self._until_trial = 0.0

    def threads(self) -> int:
        """The number of threads for the next turn."""
        fastest = max(self._speed, key=self._speed.__getitem__)
        if self._until_trial > 0 or inf in self._speed.values():
            return fastest
        return min(self._speed, key=self._speed.__getitem__)

    def saw(self, threads: int, work: int, seconds: float) -> None:
        """Record a turn: this much work (in any unit, always the same) in this many seconds."""
        self._speed[threads] = work / max(seconds, 1e-9)
        fast, slow = max(self._speed.values()), min(self._speed.values())
        if self._speed[threads] == slow:
            self._until_trial = fast / slow / _SHARE_OF_TRIALS if fast < inf else 0.0
        self._until_trial -= 1
