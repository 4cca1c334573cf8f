"""Makes sure that the index is the one that prepare wrote, to the last byte."""

from collections.abc import Mapping
from pathlib import Path

from containers.contents import sha256
from containers.extract.data.data_index import IndexFileError


def require_untouched(folder: Path, wanted: Mapping[str, str]) -> None:
    """Refuse an index of which a file is missing, is another's, or was edited since.

    Args:
        folder: where the files lie.
        wanted: the SHA-256 of each file, by its name, as summary.json has it.

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
