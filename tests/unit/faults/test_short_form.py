"""The short version of ``make faults``, and tests of its clock and its double."""

import doctest
import random
import subprocess
import sys
import time
from functools import partial

from faults import definition
from faults.turns import Killed, Turns
from topx.home import REPOSITORY


def test_nothing_is_lost_in_the_short_form() -> None:
    # A separate process: it replaces boto3's network layer.
    finished = subprocess.run(
        [sys.executable, "-m", "faults", "--scale", "0", "schedules", "damaged_objects"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "schedules" in finished.stdout


def order_of(seed: int) -> list[str]:
    """The order of the turns of three tasks that yield and sleep."""
    turns, seen = Turns(random.Random(seed)), list[str]()

    def task(name: str) -> None:
        for _ in range(3):
            seen.append(name)
            turns.give_way()
        time.sleep(1_000)
        seen.append(f"{name} {turns.now:g}")

    for name in "abc":
        turns.start(name, partial(task, name))
    turns.run()
    return seen


def test_a_seed_repeats_a_schedule_and_others_differ() -> None:
    assert order_of(1) == order_of(1)
    assert len({tuple(order_of(seed)) for seed in range(9)}) > 5


def test_tasks_sleep_on_their_own_clock() -> None:
    begun = time.monotonic()
    assert all(name.endswith(" 1000") for name in order_of(0)[-3:])
    assert time.monotonic() - begun < 5


def test_a_killed_task_does_nothing_more() -> None:
    turns, done = Turns(random.Random(0)), list[str]()

    def work() -> None:
        try:
            done.append("begun")
            turns.give_way()
            done.append("after its death")
        except Exception:
            done.append("caught")

    victim = turns.start("victim", work)

    def killer() -> None:
        victim.dead = True

    turns.start("killer", killer)
    turns.run()
    assert done in (["begun"], [])
    assert victim.error is None or isinstance(victim.error, Killed)


def test_what_is_read_of_the_definition_is_so() -> None:
    assert doctest.testmod(definition).failed == 0
    tasks = {name for name, state in definition.states().items() if definition.function_of(state)}
    assert {"Plan the run", "Publish version", "Record retirement"} <= tasks
