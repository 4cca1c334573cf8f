"""Ends job processes that a killed engine left behind.

Each container's process has inherited the lock on its own record, and holds it exactly as long as it lives. So the
kernel knows whether it lives and which process it is. The content of a record is ignored: a killed engine of an earlier
version may have left an incomplete process id, or one that was reused since.
"""

import fcntl
import logging
import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_LOCK = re.compile(r"^lock:.*\bFLOCK\b", re.MULTILINE)

logger = logging.getLogger("local_aws.sagemaker")


def end_orphans(records: Path) -> list[int]:
    """Kill the process groups that still hold the lock on a record, and delete all records; returns the groups' ids."""
    ended = []
    for record in records.iterdir():
        if not record.is_file():
            logger.warning("%s is not the record of a process, and is ignored", record)
            continue
        groups = sorted(_groups_of_holders(record)) if _is_locked(record) else []
        for group in groups:
            _kill(group)
        ended += groups
        record.unlink()
    return ended


def _is_locked(record: Path) -> bool:
    with record.open() as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _groups_of_holders(record: Path) -> set[int]:
    """The process groups with an inherited lock, except this process's own."""
    status = record.stat()
    groups = set()
    for descriptor in _descriptors_of_others():
        with suppress(OSError):  # it has ended meanwhile, or belongs to another user
            opened = descriptor.stat()
            same_file = (opened.st_dev, opened.st_ino) == (status.st_dev, status.st_ino)
            if same_file and _holds_lock(descriptor) and _is_container(descriptor.parents[1]):
                groups.add(os.getpgid(int(descriptor.parents[1].name)))
    return groups - {os.getpgrp()}


def _descriptors_of_others() -> Iterator[Path]:
    """``/proc/PID/fd/NUMBER`` for every open file of all other processes."""
    for process in Path("/proc").glob("[0-9]*"):
        if process.name != str(os.getpid()):
            with suppress(OSError):
                yield from (process / "fd").iterdir()


def _holds_lock(descriptor: Path) -> bool:
    """Whether this descriptor holds the lock, and not just another one for the same file."""
    return bool(_LOCK.search((descriptor.parents[1] / "fdinfo" / descriptor.name).read_text(encoding="utf-8")))


def _is_container(process: Path) -> bool:
    """Whether a process was started as a job's container: no other environment has a job's tree."""
    return b"\0OPT_ML=" in b"\0" + (process / "environ").read_bytes()


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
