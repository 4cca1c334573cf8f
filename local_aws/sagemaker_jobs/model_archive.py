"""model.tar.gz: written by a training job, read by a model's container."""

import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from local_aws.sagemaker_jobs.endings import JobFailed


def pack(folder: Path, archive: Path) -> None:
    """``archive``, a gzipped tar with the folder's entries at its root."""
    # The lowest level: numbers hardly compress, and higher levels would take longer than training.
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, arcname=path.name)


def unpack(archive: Path, folder: Path) -> None:
    """Extract the archive's files to ``folder``; none may be written outside of it.

    Raises:
        JobFailed: if it is not a gzipped tar, or a member points outside or is neither file nor folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                _unpack_one(tar, member, folder)
    except (tarfile.TarError, zlib.error, OSError, EOFError) as error:
        raise JobFailed(f"ClientError: Failed to extract the model data: {error}") from error


# tarfile's own "data" filter does this, but only since Python 3.11.4, and Debian 12 has 3.11.2.
def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise tarfile.ReadError(f"{member.name!r} leaves its folder")
    target = folder.joinpath(*name.parts)
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    content = tar.extractfile(member) if member.isfile() else None
    if content is None:
        raise tarfile.ReadError(f"{member.name!r} is neither a file nor a folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with content, target.open("wb") as written:
        shutil.copyfileobj(content, written)
