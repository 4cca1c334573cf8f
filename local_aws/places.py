"""Paths outside this package: of the repository, and of a cache for files that take long to make."""

from pathlib import Path

# The parent folder of this package: containers are folders in it, and run with it as their working directory.
ROOT = Path(__file__).resolve().parents[1]

# Not part of an embedded AWS's state: shared by all in this checkout. Compiling the algorithms and finding this
# machine's fonts take longer than a run.
CACHES = ROOT / ".topx"
COMPILED = CACHES / "cache" / "numba"
CONTAINER_HOME = CACHES / "cache" / "home"
ENVIRONMENTS = CACHES / "envs"
CACHE_FOLDERS = frozenset({"cache", "envs"})
