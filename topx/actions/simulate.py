"""``topx simulate``: runs week after week on growing historical data, and shows what would have been published."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.status import Status

from contract.visible_text import visible
from topx import outcome
from topx.actions.run import INTERRUPTED, Data
from topx.deployment import Deployment
from topx.local_deployment import connect
from topx.progress import RUNNING, Row
from topx.simulation.own_home import clear, folder_of, name_of, own_home
from topx.simulation.record import DRAWING, Record
from topx.simulation.week import Week
from topx.simulation.week_run import WeekRunner
from topx.simulation.week_slices import Slice, cut_into_weeks
from topx.simulation.week_table import NOTE, week_table
from topx.terminal import Terminal, styled

# These reasons would stop the next week, too: the input is the same.
_HOPELESS = "request"


def simulate(console: Terminal, data: Data, *, weeks: int, days: int, given: str) -> int:
    """Cut the data, run the weeks one after another on a separate engine, and write table and page."""
    source = data.written()
    assert source is not None  # the command line requires one
    name = data.sample or name_of(source)
    folder = folder_of(name)
    with own_home(folder):
        console.print(f"Cutting {visible(str(source))} into weeks", soft_wrap=True)
        slices = cut_into_weeks(source, folder / "weeks", weeks=weeks, days=days)
        clear(
            folder
        )  # not earlier: a previous simulation took hours, and should not be replaced by data that cannot be cut
        deployment = connect(console.print)
        record = Record(name, weeks, days, json.loads(given))
        return run_weeks(console, deployment, slices, record, folder)


def run_weeks(console: Terminal, deployment: Deployment, slices: Sequence[Slice], record: Record, folder: Path) -> int:
    """Run the workflow on each slice; save the results so far in ``folder`` after each, and print them at the end.

    Returns:
        The exit code: of a failed week, or of a week refused for a reason that would apply to the next one too; else 0.
    """
    runner = WeekRunner(deployment, json.dumps(record.given), folder / "reports")
    try:
        for number, added in enumerate(slices, 1):
            title = f"week {number} of {len(slices)}, until {added.until}"
            with console.status(styled(title, "")) as status:
                week = runner.run(added, partial(_report, status, title))
            record.weeks.append(week)
            record.write(folder)
            console.print(f"{title}: {_line(week)}")
            if week.status == outcome.FAILED or week.why == _HOPELESS:
                console.print(week.cause, soft_wrap=True)
                return outcome.EXIT_CODES[week.status]
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        _show(console, record, folder)
    return 0


def _report(status: Status, title: str, rows: Sequence[Row]) -> None:
    running = next((f"{row.state} {row.detail}" for row in reversed(rows) if row.status == RUNNING), "")
    status.update(styled(f"{title}: {running}", ""))


def _line(week: Week) -> str:
    why = f" ({week.why})" if week.why else ""
    return f"{week.status}{why} in {week.seconds:.0f} s" if week.seconds is not None else f"{week.status}{why}"


def _show(console: Terminal, record: Record, folder: Path) -> None:
    if not record.weeks:
        console.print("No week was completed.")
        return
    console.print()
    console.print(week_table(record.weeks))
    console.print(f"\n{NOTE}")
    if len(record.weeks) < record.asked:
        console.print(f"{len(record.weeks)} of {record.asked} weeks were run.")
    console.print(f"\nDrawing: {folder / DRAWING}", soft_wrap=True)
