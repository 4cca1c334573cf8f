"""Whether the data, row faults and all, is good enough to train on."""

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from containers.prepare import refusal_fixes
from containers.prepare.input_files import InputFile
from containers.prepare.row_rules import Verdict
from containers.prepare.text_rows import Reading
from contract import input_changes
from contract.dataset import Dataset
from contract.run_layout import INTERACTIONS_PREFIX

FEWEST = 2  # users and items: with one, there is nothing to rank


def faults_of_request(dataset: Dataset, feedback: str) -> list[str]:
    """What the run wants of the data that ``dataset.json`` does not offer."""
    if feedback == "explicit" and dataset.value is None:
        return [
            'feedback "explicit" needs a value to predict, and input/dataset.json names no value column; '
            'name one, or run with feedback "implicit"'
        ]
    return []


def faults_of_change(planned: Iterable[Mapping[str, Any]], files: Iterable[InputFile]) -> list[str]:
    """Whether these are the files that the run was planned for. ETags are for the next state: files have none.

    Args:
        planned: the objects of plan.json: key, size in bytes.
    """
    # A path has no empty folder names; a key may have.
    wanted = {posixpath.normpath(entry["key"]): entry["size"] for entry in planned}
    fault = input_changes.fault(wanted, {file.key: file.path.stat().st_size for file in files})
    return [fault] if fault else []


def faults_of_rows(reading: Reading, verdict: Verdict, limit: float, examples: str, rejected: str) -> list[str]:
    """What is wrong with the rows as a whole.

    Args:
        limit: share of the rows that may be refused.
        examples: the first refused rows in words.
        rejected: where all refused rows are.
    """
    read = sum(reading.rows)
    if not reading.files:
        return [f"{INTERACTIONS_PREFIX} holds no data file; upload the interactions there"]
    if not read:
        return [] if reading.faults else [f"{INTERACTIONS_PREFIX} holds no row, only headers"]
    faults = []
    if verdict.rejected > limit * read:
        fixes = refusal_fixes.fixes(verdict.by_reason)
        counts = ", ".join(f"{reason} {rows:,}" for reason, rows in verdict.by_reason.items())
        faults.append(
            f"{verdict.rejected:,} of {read:,} rows ({verdict.rejected / read:.2%}) were refused, more than the "
            f"reject_limit of {limit:g} allows: {counts}; the first: {examples}; all of them are under {rejected}; "
            f"{fixes or 'fix them'}, or raise reject_limit in input/dataset.json"
        )
    if verdict.rejected == read:
        faults.append(f"not one of {read:,} rows is left")
    return faults


def faults_of_size(users: int, items: int) -> list[str]:
    """Whether there is anything to recommend, and someone to learn it from."""
    return [
        f"the interactions must have at least {FEWEST} {name}, got {found}"
        for name, found in (("users", users), ("items", items))
        if found < FEWEST
    ]
