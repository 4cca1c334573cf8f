"""Tasks that take turns by a seeded choice, with a simulated clock: only one runs at a time, until it yields.

Each is a thread, so that the code under test is unchanged; it yields wherever it calls AWS or sleeps. A schedule can be
reproduced exactly by its seed.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_here = threading.local()
_real_sleep, _real_monotonic = time.sleep, time.monotonic


class Killed(BaseException):
    """The task's process was killed. Not an Exception, so that no code under test continues after it."""


@dataclass(eq=False)
class Task:
    """A thread that runs ``work`` when it is its turn. ``result`` or ``error`` is set once it is ``done``."""

    name: str
    work: Callable[[], Any]
    wakes: float = 0.0
    awaits: Callable[[], bool] | None = None
    done: bool = False
    dead: bool = False
    result: Any = None
    error: BaseException | None = None
    calls: int = 0  # number of AWS calls so far
    ends: float | None = None  # for an invocation: when its function times out
    _turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class Turns:
    """Gives turns to tasks until all are done."""

    def __init__(self, chance: random.Random) -> None:
        self.now = 0.0
        self.tasks: list[Task] = []
        self._chance = chance
        self._back = threading.Semaphore(0)

    def start(self, name: str, work: Callable[[], Any]) -> Task:
        """A new task, which begins when it is chosen."""
        task = Task(name, work)
        self.tasks.append(task)
        threading.Thread(target=self._body, args=(task,), daemon=True, name=name).start()
        return task

    def run(self) -> None:
        """Let tasks take turns until none is left.

        Raises:
            AssertionError: if the remaining tasks all wait for each other.
        """
        while self.tasks:
            ready = [task for task in self.tasks if task.wakes <= self.now and not (task.awaits and not task.awaits())]
            if not ready:
                sleeping = [task.wakes for task in self.tasks if task.wakes > self.now]
                assert sleeping, f"{[task.name for task in self.tasks]} wait for each other"
                self.now = min(sleeping)
                continue
            task = self._chance.choice(ready)
            task._turn.release()
            self._back.acquire()
            if task.done:
                self.tasks.remove(task)

    def give_way(self, *, seconds: float = 0.0, awaits: Callable[[], bool] | None = None) -> None:
        """Let others take their turns, at least until ``seconds`` have passed and ``awaits`` returns true.

        Raises:
            Killed: if the task was killed meanwhile.
        """
        task = current()
        assert task is not None
        task.wakes, task.awaits = self.now + seconds, awaits
        self._back.release()
        task._turn.acquire()
        task.awaits = None
        if task.dead:
            raise Killed(task.name)

    def wait_for(self, *tasks: Task) -> None:
        """Yield until all of ``tasks`` are done."""
        if not all(task.done for task in tasks):
            self.give_way(awaits=lambda: all(task.done for task in tasks))

    def _body(self, task: Task) -> None:
        _here.task, _here.turns = task, self
        task._turn.acquire()
        try:
            if not task.dead:
                task.result = task.work()
        except BaseException as error:
            task.error = error
        task.done = True
        self._back.release()


def current() -> Task | None:
    """The task whose turn it is, None outside of all tasks."""
    return getattr(_here, "task", None)


def _sleep(seconds: Any, /) -> None:
    if current() is None:
        _real_sleep(seconds)
    else:
        _here.turns.give_way(seconds=seconds)


def _monotonic() -> float:
    return _real_monotonic() if current() is None else float(_here.turns.now)


def take_over_time() -> None:
    """From now on, tasks sleep on the simulated clock, and so do defaults such as ``pause=time.sleep`` of later
    imports.
    """
    time.sleep, time.monotonic = _sleep, _monotonic
