"""Chooses the number of training threads by measured speed.

A batch of some hundred microseconds has two barriers: on idle cores, threads nearly double the speed; on busy ones, a
thread that waits for another's time slice makes it many times slower. The result is the same with any number.
"""

# A single turn may have competed with the thread that decodes the next records. So a mean of the latest turns is used,
# in which faster turns weigh more: only other work makes a turn slower.
_WEIGHT_OF_SLOWER, _WEIGHT_OF_FASTER = 0.1, 0.7
# The slower number is tried again, because a machine's load changes, but may take only a tenth of the time.
_SHARE_OF_TRIALS = 0.1


class Pace:
    """Chooses between one thread and ``most`` for each of many equal turns."""

    def __init__(self, most: int) -> None:
        # Not measured counts as infinitely fast, so that each number gets a first turn.
        self._cost = dict.fromkeys((most, 1), 0.0)  # seconds for a unit of work
        self._until_trial = 0.0

    def threads(self) -> int:
        """The number of threads for the next turn."""
        fastest = min(self._cost, key=self._cost.__getitem__)
        if self._until_trial > 0 or not all(self._cost.values()):
            return fastest
        return max(self._cost, key=self._cost.__getitem__)

    def saw(self, threads: int, work: int, seconds: float) -> None:
        """Record a turn: this much work (in any unit, always the same) in this many seconds."""
        cost, before = max(seconds, 1e-9) / work, self._cost[threads]
        weight = _WEIGHT_OF_SLOWER if cost > before else _WEIGHT_OF_FASTER
        self._cost[threads] = before + weight * (cost - before) if before else cost
        fast, slow = min(self._cost.values()), max(self._cost.values())
        if self._cost[threads] == slow:
            self._until_trial = slow / fast / _SHARE_OF_TRIALS if fast else 0.0
        self._until_trial -= 1
