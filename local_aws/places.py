"""Where this package finds its neighbours, and where it keeps what takes long to make."""

from pathlib import Path

# The folder that this package lies in: containers are folders of it, and run with it as their working directory.
ROOT = Path(__file__).resolve().parents[1]

# Not the state of one embedded AWS: the same for all of this checkout. Compiling the algorithms and finding this
# machine's fonts take longer than a run.
CACHES = ROOT / ".topx"
COMPILED = CACHES / "cache" / "numba"
CONTAINER_HOME = CACHES / "cache" / "home"
ENVIRONMENTS = CACHES / "envs"
CACHE_FOLDERS = frozenset({"cache", "envs"})
