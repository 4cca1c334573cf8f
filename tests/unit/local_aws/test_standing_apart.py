"""The embedded AWS is independent: it imports nothing of topx, has one public module, and ministack's names are
listed.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws import door, ministack_names
from local_aws.places import ROOT

PACKAGE = ROOT / "local_aws"
DOOR = "local_aws.door"
# Of this repository, what the package may import.
ITS_OWN = {"local_aws", "sagemaker_contract"}
ROOMS = {path.parent.name for path in ROOT.glob("*/*.py")}
OUTSIDE = [
    path
    for room in sorted(ROOMS - {"local_aws"})
    for path in sorted((ROOT / room).rglob("*.py"))
    # The package's own tests, and the engine hooks, use internals.
    if not path.is_relative_to(ROOT / "tests" / "unit" / "local_aws")
    and not path.is_relative_to(ROOT / "tests" / "engine_hook")
]


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it; for ``from a import b`` both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)} & ROOMS


def test_the_rooms_are_found() -> None:
    assert {*ITS_OWN, "topx", "lambdas", "infra", "contract", "containers", "faults", "benchmarks", "tests"} <= ROOMS
    assert len(OUTSIDE) > 200


@pytest.mark.parametrize("package", sorted(ITS_OWN))
def test_it_imports_nothing_of_topx(package: str) -> None:
    allowed = ITS_OWN if package == "local_aws" else {package}
    found = {path: rooms(path) - allowed for path in (ROOT / package).rglob("*.py")}
    assert {str(path.relative_to(ROOT)): names for path, names in found.items() if names} == {}


def test_everybody_enters_by_the_door() -> None:
    inside = {
        (str(path.relative_to(ROOT)), name)
        for path in OUTSIDE
        for name in imported(path)
        if name.split(".")[0] == "local_aws" and name not in ("local_aws", DOOR) and not name.startswith(f"{DOOR}.")
    }
    assert inside == set()


def test_the_door_holds_what_it_names_and_everything_is_asked_for() -> None:
    named = {name for path in OUTSIDE for name in imported(path) if name.startswith(f"{DOOR}.")}
    used = {name.removeprefix(f"{DOOR}.") for name in named}
    text = "\n".join(path.read_text(encoding="utf-8") for path in OUTSIDE)
    assert {name for name in door.__all__ if not hasattr(door, name)} == set()
    assert {name for name in door.__all__ if name not in used and f"door.{name}" not in text} == set()


def test_the_readme_s_example_runs_where_there_is_nothing_else(tmp_path: Path) -> None:
    for package in ITS_OWN:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (example,) = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    ran = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "[]\n"), ran.stderr
    assert (tmp_path / "home" / "engine" / "state" / "1").is_dir()
    assert not (tmp_path / "home" / "engine" / "running.lock").read_text()


def pins(lock: Path) -> set[str]:
    return set(re.findall(r"^\S+==\S+", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_its_lock_is_a_part_of_the_whole_one() -> None:
    assert (
        {f"ministack=={ministack_names.SUPPORTED}"}
        < pins(PACKAGE / "requirements.lock")
        < pins(ROOT / "requirements.lock")
    )


def ministack_names_in(path: Path) -> Iterator[tuple[str, str]]:
    """The names in ministack's modules that a file imports, reads, calls or replaces."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "ministack":
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if name in ministack_names.NAMES:
                    modules[alias.asname or alias.name] = name
                else:
                    yield str(node.module), alias.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


def test_every_name_of_ministack_s_is_listed_and_no_other() -> None:
    used = {pair for path in PACKAGE.rglob("*.py") for pair in ministack_names_in(path)}
    used.add(("ministack.app", "AUTH"))  # by the environment variable of that name
    assert used == {(module, name) for module, names in ministack_names.NAMES.items() for name in names}
