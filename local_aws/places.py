"""Paths outside this package: of the repository, and of a cache for files that take long to make."""

import hashlib
import shutil
from pathlib import Path

# The parent folder of this package: containers are folders in it, and run with it as their working directory.
ROOT = Path(__file__).resolve().parents[1]

# Not part of an embedded AWS's state: shared by all in this checkout. Compiling the algorithms and finding this
# machine's fonts take longer than a run.
CACHES = ROOT / ".topx"
_COMPILED = CACHES / "cache" / "numba"
CONTAINER_HOME = CACHES / "cache" / "home"
ENVIRONMENTS = CACHES / "envs"
CACHE_FOLDERS = frozenset({"cache", "envs"})

# The folder for compiled functions; each of its subfolders belongs to a container.
_COMPILING = ("containers", "local_aws/algorithms", "sagemaker_contract")


def compiled() -> Path:
    """Where numba stores what it compiles from the current sources.

    By itself, numba recompiles a function if the function's own file has changed, but not if a function that it has
    compiled into it from another file has.
    """
    digest = hashlib.sha256()
    for folder in _COMPILING:
        for file in sorted((ROOT / folder).rglob("*.py")):
            source = file.read_bytes()
            if b"njit" in source:
                digest.update(source)
    return _COMPILED / digest.hexdigest()[:16]


def make_compiled() -> None:
    """Create that folder, and delete those of earlier sources."""
    current = compiled()
    current.mkdir(parents=True, exist_ok=True)
    for folder in _COMPILED.iterdir():
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)
