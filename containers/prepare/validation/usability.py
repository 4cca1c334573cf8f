"""Whether the data as a whole, including its rejected rows, is good enough to train on."""

import posixpath
from collections.abc import Iterable

from containers.prepare.features.side_tables import SideRows
from containers.prepare.reading.input_files import InputFile
from containers.prepare.reading.text_rows import Reading
from containers.prepare.validation import refusal_fixes
from containers.prepare.validation.row_filter import Filtered
from containers.prepare.validation.verdicts import Verdict
from contract import input_changes
from contract.dataset import Dataset
from contract.documents import ObjectSize
from contract.run_layout import INTERACTIONS_PREFIX

FEWEST = 2  # users and items: with one of either, there is nothing to rank


def faults_of_request(dataset: Dataset, feedback: str) -> list[str]:
    """What the run requires of the data that ``dataset.json`` does not provide."""
    if feedback == "explicit" and dataset.value is None:
        return [
            'feedback "explicit" needs a value to predict, and input/dataset.json names no value column; '
            'name one, or run with feedback "implicit"'
        ]
    return []


def faults_of_change(planned: Iterable[ObjectSize], files: Iterable[InputFile]) -> list[str]:
    """Whether the files are those that the run was planned with. ETags are compared by the next state: local files have
    none.

    Args:
        planned: the objects of plan.json.
    """
    # A path cannot have empty folder names, but a key can.
    wanted = {posixpath.normpath(entry["key"]): entry["size"] for entry in planned}
    fault = input_changes.fault(wanted, {file.key: file.path.stat().st_size for file in files})
    return [fault] if fault else []


def faults_of_rows(
    reading: Reading, filtered: Filtered, verdict: Verdict, limit: float, *, examples: str, rejected: str
) -> list[str]:
    """Errors about the rows of the interactions as a whole.

    Args:
        filtered: the rows left out by ``where``, which count neither as rejected nor as read here.
        limit: the largest share of rejected rows.
        examples: the most frequent rejected values as text.
        rejected: the location of all rejected rows.
    """
    read = sum(reading.rows) - filtered.left_out
    if not reading.files:
        return [f"{INTERACTIONS_PREFIX} holds no data file; upload the interactions there"]
    if not sum(reading.rows):
        return [] if reading.faults else [f"{INTERACTIONS_PREFIX} holds no row, only headers"]
    faults = [*filtered.faults, *_beyond(f"{read:,} rows", read, verdict, limit, examples=examples, rejected=rejected)]
    if verdict.rejected == read and not filtered.faults:
        faults.append(f"not one of {read:,} rows is left")
    return faults


def faults_of_side(side: SideRows, limit: float, rejected: str) -> list[str]:
    """Errors about the rows of the user or item files; ``limit`` is that of the interactions."""
    if not side.files or side.reading.faults:
        return list(side.reading.faults)
    if not side.rows:
        return [
            f"{side.prefix} holds no row, only headers; upload the file again, or take it out of input/dataset.json"
        ]
    what = f"{side.rows:,} rows under {side.prefix}"
    faults = _beyond(what, side.rows, side.verdict, limit, examples=side.examples, rejected=rejected)
    if side.verdict.rejected == side.rows:
        faults.append(f"not one of {what} is left")
    return faults


def warnings_of_rows(what: str, read: int, verdict: Verdict) -> list[str]:
    """Warnings about rejected rows; ``what`` is the text for all rows."""
    if not verdict.rejected:
        return []
    reasons = ", ".join(f"{reason} ({rows:,})" for reason, rows in verdict.by_reason.items())
    return [f"{verdict.rejected:,} of {read:,} {what} were rejected: {reasons}."]


def warnings_of_side(side: SideRows) -> list[str]:
    """Warnings about rows of a side's files that were rejected or not read."""
    return [*warnings_of_rows(f"rows under {side.prefix}", side.rows, side.verdict), *side.reading.warnings]


def _beyond(what: str, rows: int, verdict: Verdict, limit: float, *, examples: str, rejected: str) -> list[str]:
    """The error that more of ``rows`` were rejected than allowed; ``what`` is the text with their number."""
    if verdict.rejected <= limit * rows:
        return []
    counts = ", ".join(f"{reason} {rows:,}" for reason, rows in verdict.by_reason.items())
    return [
        f"{verdict.rejected:,} of {what} ({verdict.rejected / rows:.2%}) were rejected, more than the reject_limit of "
        f"{limit:g} allows: {counts}; the most frequent: {examples}; all of them are under {rejected}; "
        f"{refusal_fixes.fixes(verdict.by_reason) or 'fix them'}, or raise reject_limit in input/dataset.json"
    ]


def faults_of_size(users: int, items: int) -> list[str]:
    """Whether there are items to recommend, and users to learn from."""
    return [
        f"the interactions must have at least {FEWEST} {name}, got {found}"
        for name, found in (("users", users), ("items", items))
        if found < FEWEST
    ]
