"""How many threads to train with, by what was seen to be faster.

A batch of some hundred microseconds has two barriers: on idle cores threads nearly double the speed, on busy ones
a thread that waits for the other's time slice makes it ten times slower. The result is the same with any number.
"""

from math import inf

# One turn in so many is given to the number that was slower, because a machine's load changes.
_EXPLORE_EVERY = 16


class Pace:
    """Chooses between one thread and ``most`` for each turn."""

    def __init__(self, most: int) -> None:
        # Unseen is as good as infinitely fast: each number gets a first turn.
        self._speed = dict.fromkeys((most, 1), inf)
        self._turns = 0

    def threads(self) -> int:
        """The number for the next turn."""
        self._turns += 1
        fastest = max(self._speed, key=self._speed.__getitem__)
        if self._turns % _EXPLORE_EVERY == 0:
            return min(self._speed, key=self._speed.__getitem__)
        return fastest

    def saw(self, threads: int, work: int, seconds: float) -> None:
        """Take note of a turn: so much work (any unit, always the same) in so many seconds."""
        self._speed[threads] = work / max(seconds, 1e-9)
