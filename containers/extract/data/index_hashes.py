"""Checks that the index is exactly the one that prepare wrote."""

from collections.abc import Mapping
from pathlib import Path

from containers.contents import sha256
from containers.extract.data.data_index import IndexFileError


def require_untouched(folder: Path, wanted: Mapping[str, str]) -> None:
    """Reject an index with a file that is missing, belongs to another run, or was edited.

    Args:
        folder: the folder with the files.
        wanted: the SHA-256 of each file, by name, from summary.json.

    Raises:
        IndexFileError: naming every such file.
    """
    faults = [fault for name, due in wanted.items() if (fault := _fault(folder / name, due))]
    strangers = sorted({file.name for file in folder.glob("*")} - wanted.keys())
    faults += [f"{name} is not among the files that prepare wrote" for name in strangers]
    if faults:
        raise IndexFileError(
            f"the index is not what prepare wrote: {'; '.join(faults)}. Files under scratch/ were replaced, or are of "
            "another run: start another run"
        )


def _fault(file: Path, due: str) -> str | None:
    if not file.is_file():
        return f"{file.name} is missing"
    found = sha256(file)
    return None if found == due else f"{file.name} must have the SHA-256 {due} of summary.json, got {found}"
