"""The version of the sources that a template is made from."""

import shutil
import subprocess
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
# The sources of the template and its assets, and the lock, which has the version of the CDK: other files do not affect
# what runs.
SOURCES = (
    "app.py",
    "cdk.json",
    "infra",
    "lambdas",
    "workflow",
    "contract",
    "sagemaker_contract",
    "containers",
    "requirements.lock",
)
CHANGED = "+changes"


def code_version(repository: Path = REPOSITORY) -> str:
    """The last commit that changed the sources, with ``+changes`` if there are uncommitted changes.

    So two machines with the same sources make the same template. Without git, or outside a clone, it is the package's
    version.
    """
    commit = _git(repository, "log", "-1", "--format=%H", "--", *SOURCES)
    if not commit:
        described = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
        return str(described["project"]["version"])
    changes = _git(repository, "status", "--porcelain", "--", *SOURCES)
    return commit + CHANGED if changes or changes is None else commit


def _git(repository: Path, *arguments: str) -> str | None:
    """The output of a git command; None if it fails or git is missing."""
    git = shutil.which("git")
    if git is None:
        return None
    finished = subprocess.run([git, *arguments], cwd=repository, check=False, capture_output=True, text=True)
    return finished.stdout.strip() if finished.returncode == 0 else None
