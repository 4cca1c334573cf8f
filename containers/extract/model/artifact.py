"""Opens SageMaker's factorization-machines artifact safely.

``model.tar.gz`` contains ``model_algo-1``, a zip with ``symbol.json``, ``params`` and ``meta.json``. No file is ever
written under a name from the archive, and an archive with an unsafe name, a link or a device is rejected as a whole.
"""

import gzip
import io
import json
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

ARCHIVE = "model.tar.gz"
MODEL = "model_algo-1"
PARAMS = "params"
META = "meta.json"
SYMBOL = "symbol.json"

# Besides the parameters: symbol.json, meta.json, the archive's own headers, and whatever a container may add.
_SLACK_BYTES = 64 * 2**20
_MOST_MEMBERS = 1_000
_MOST_META_BYTES = 2**20
_MOST_NAMED = 20


class ArtifactError(ValueError):
    """The artifact is unsafe, too large, or has no factorization-machines model."""


@dataclass(frozen=True)
class Artifact:
    """An opened artifact: the path of its parameters, and its ``meta.json``."""

    params: Path
    meta: dict[str, Any]


def size_limit(feature_dim: int, factors: int) -> int:
    """The maximum unpacked size in bytes of an artifact with a model of this shape.

    A row-sparse parameter takes 4 bytes for each number and 8 for each row's id. Twice that, so that a container with
    higher precision is accepted too.
    """
    return _SLACK_BYTES + 2 * feature_dim * (4 * (factors + 1) + 16)


def open_artifact(archive: Path, folder: Path, most_bytes: int) -> Artifact:
    """Unpack the parameters of ``archive`` into ``folder``.

    Args:
        archive: ``model.tar.gz``.
        folder: an empty folder; only names chosen here are created in it.
        most_bytes: see ``size_limit``; applies to the tar's content, and again to the zip's.

    Raises:
        ArtifactError: with what the archive contained.
    """
    model = folder / MODEL
    with _readable(archive.name):
        _copy_model(archive, model, most_bytes)
    with _readable(f"{archive.name}: {MODEL}"):
        return _open_model(model, folder, most_bytes)


@contextmanager
def _readable(what: str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise ArtifactError(f"{what} cannot be read: {type(error).__name__}: {error}") from error


class _Bounded(io.RawIOBase):
    """A stream with at most ``most_bytes`` bytes: limits headers as well as members."""

    def __init__(self, stream: gzip.GzipFile | IO[bytes], most_bytes: int, what: str) -> None:
        self._stream, self._left, self._most, self._what = stream, most_bytes, most_bytes, what

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise ArtifactError(
                f"{self._what} unpacks to more than {self._most:,} bytes, the most that a model of this run's "
                "feature_dim and num_factors can need"
            )
        return data


def _copy_model(archive: Path, target: Path, most_bytes: int) -> None:
    names: list[str] = []
    with (
        gzip.open(archive) as unpacked,
        tarfile.open(fileobj=_Bounded(unpacked, most_bytes, archive.name), mode="r|") as members,
    ):
        for member in members:
            name = _safe_name(member.name, archive.name)
            if not (member.isreg() or member.isdir()):
                raise ArtifactError(
                    f"{archive.name} holds {member.name!r}, which is {_kind(member)}: only files and folders are read"
                )
            if member.isdir():
                continue
            _remember(name, names, archive.name)
            content = members.extractfile(member)
            if name == MODEL and content is not None:
                with target.open("xb") as file:
                    shutil.copyfileobj(content, file)
    if MODEL not in names:
        raise ArtifactError(f"{archive.name} holds no {MODEL}; it holds {_listed(names)}")


def _open_model(model: Path, folder: Path, most_bytes: int) -> Artifact:
    names: list[str] = []
    what = f"{ARCHIVE}: {MODEL}"
    with zipfile.ZipFile(model) as members:
        for member in members.infolist():
            name = _safe_name(member.filename, what)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise ArtifactError(f"{what} holds {member.filename!r}, which is a link: only files are read")
            if not member.is_dir():
                _remember(name, names, what)
        missing = [name for name in (SYMBOL, PARAMS, META) if name not in names]
        if missing:
            raise ArtifactError(f"{what} holds no {' and no '.join(missing)}; it holds {_listed(names)}")
        with members.open(META) as file:
            meta = _meta(_Bounded(file, _MOST_META_BYTES, f"{what}: {META}").read(), what)
        params = folder / PARAMS
        with members.open(PARAMS) as source, params.open("xb") as target:
            shutil.copyfileobj(_Bounded(source, most_bytes, f"{what}: {PARAMS}"), target)
    return Artifact(params, meta)


def _safe_name(name: str, what: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise ArtifactError(f"{what} holds {name!r}, a path that leaves its folder: nothing of it was unpacked")
    return str(path)


def _remember(name: str, names: list[str], what: str) -> None:
    if name in names:
        raise ArtifactError(f"{what} holds {name!r} twice, so it is unclear which one is meant")
    if len(names) == _MOST_MEMBERS:
        raise ArtifactError(f"{what} holds more than {_MOST_MEMBERS:,} files; a model has a handful")
    names.append(name)


def _kind(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return f"a link to {member.linkname!r}"
    return "a device" if member.isdev() else "neither file nor folder"


def _listed(names: list[str]) -> str:
    if not names:
        return "no files"
    rest = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(repr(name) for name in names[:_MOST_NAMED]) + rest


def _meta(data: bytes, what: str) -> dict[str, Any]:
    try:
        meta = json.loads(data)
    except ValueError as error:
        raise ArtifactError(f"{what}: {META} is not JSON: {error}") from None
    if not isinstance(meta, dict):
        raise ArtifactError(f"{what}: {META} must be a JSON object, got {str(meta)[:100]}")
    return meta
