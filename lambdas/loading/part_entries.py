"""Validates the entries of parts.json: each is complete, and together they have each user row once."""

import re
from typing import Any, get_type_hints

from contract.part_manifest import Hashes, PartEntry
from contract.refusal import PublishRefused

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REMEDY = "parts.json is not as extract wrote it; start another run"


def require_entry(entry: Any) -> PartEntry:
    """The entry itself.

    Raises:
        PublishRefused: if a field is missing or invalid.
    """
    fault = _fault(entry)
    if fault:
        raise PublishRefused(f"the entry {str(entry)[:100]} of parts.json {fault}: {_REMEDY}")
    found: PartEntry = entry
    return found


def require_whole(manifest: list[Any], users: int) -> list[PartEntry]:
    """All entries, if together they have each row of 0..users - 1 once, in order, and the same hashes of the run's
    files.

    Args:
        users: the number in the summary.

    Raises:
        PublishRefused: naming the first entry that is surplus, missing, or has other hashes.
    """
    entries = [require_entry(entry) for entry in manifest]
    due, names, shared = 0, set[str](), None
    for entry in entries:
        name = entry["part"]
        if name in names:
            raise PublishRefused(f"{name} is in parts.json twice: {_REMEDY}")
        if entry["first"] != due:
            raise PublishRefused(
                f"{name} must begin with user row {due}, where the previous part ends, got {entry['first']}: {_REMEDY}"
            )
        common = {file: found for file, found in entry["sha256"].items() if file not in {"part", "rows"}}
        if shared not in (None, common):
            raise PublishRefused(f"{name} was computed from other files than the previous parts: {_REMEDY}")
        names.add(name)
        due, shared = due + entry["users"], common
    if due != users:
        raise PublishRefused(f"parts.json covers {due} users, but the data has {users}: {_REMEDY}")
    return entries


def _fault(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return "must be an object"
    if entry.keys() != get_type_hints(PartEntry).keys():
        return f"must have the fields {', '.join(get_type_hints(PartEntry))}"
    if not isinstance(entry["part"], str) or not entry["part"]:
        return "must name its part"
    for name, least in (("first", 0), ("users", 1)):
        if type(entry[name]) is not int or entry[name] < least:
            return f"must have a whole number of at least {least} as {name}, got {entry[name]!r}"
    hashes = entry["sha256"]
    if not isinstance(hashes, dict) or hashes.keys() != get_type_hints(Hashes).keys():
        return f"must have the SHA-256 of {', '.join(get_type_hints(Hashes))}"
    bad = [name for name, found in hashes.items() if not (isinstance(found, str) and _SHA256.fullmatch(found))]
    return f"must have 64 hexadecimal digits as the SHA-256 of {bad[0]}, got {hashes[bad[0]]!r}" if bad else None
