"""docs/extend.md's recipe for a new stage works: followed in a copy of the repository, and with each step omitted."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.infrastructure.recipe import recipe

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "extend.md").read_text(encoding="utf-8")
RECIPE = recipe(PAGE)
FOLDERS = (
    "containers",
    "contract",
    "docs",
    "infra",
    "lambdas",
    "local_aws",
    "sagemaker_contract",
    "tests",
    "topx",
    "workflow",
)
FILES = ("README.md", "app.py", "cdk.json", "mkdocs.yml", "pyproject.toml", "requirements.lock")
PRINTING = 7
PRINTED = ("README.md", "docs/iam.md", "docs/operate.md", "docs/after_publishing.svg")
# Needs a run of the whole workflow.
RECORDED = "test_the_first_run_that_is_shown_is_of_this_workflow"
CHECKS = (
    "tests/unit/contract/test_documents_of_users.py",
    "tests/infrastructure/test_definition.py::test_a_check_finds_nothing",
    "tests/infrastructure/test_events.py",
    "tests/infrastructure/test_functions.py",
    "tests/infrastructure/test_iam_document.py",
    "tests/infrastructure/test_permissions.py",
    "tests/infrastructure/test_security_rules.py",
    "tests/infrastructure/test_workflow_drawing.py",
    "tests/unit/lambdas/handlers/test_announce_version.py",
    "tests/unit/topx/test_readme.py",
    "tests/unit/workflow",
)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the recipe's edits and generated pages."""
    copy = tmp_path_factory.mktemp("recipe") / "topx"
    for folder in FOLDERS:
        shutil.copytree(REPOSITORY / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(REPOSITORY / file, copy / file)
    for edit in RECIPE.edits.values():
        edit.make(copy)
    printed = run(copy, "-m", "infra.print_docs")
    assert printed.returncode == 0, printed.stderr
    return copy


def run(copy: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs this Python with the copy's modules."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPYCACHEPREFIX": str(copy.parent / "bytecode")}  # next to the copy, which must not change
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


def check(copy: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run tests of the copy."""
    return run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)


@contextmanager
def left_out(copy: Path, paths: Sequence[str]) -> Iterator[None]:
    """In this context, files of the copy are as they are here; new files are missing."""
    followed = {path: (copy / path).read_bytes() for path in paths}
    for path in paths:
        (copy / path).unlink()
        if (REPOSITORY / path).exists():
            shutil.copy(REPOSITORY / path, copy / path)
    try:
        yield
    finally:
        for path, content in followed.items():
            (copy / path).write_bytes(content)


def module_of(test: str) -> str:
    """The module that defines a test."""
    modules = (REPOSITORY / "tests").rglob("test_*.py")
    (found,) = (path for path in modules if f"def {test}(" in path.read_text(encoding="utf-8"))
    return found.relative_to(REPOSITORY).as_posix()


def test_six_files_are_touched_and_each_is_missed() -> None:
    assert sorted(RECIPE.edits) == [1, 2, 3, 4, 5, 6]
    assert len({edit.path for edit in RECIPE.edits.values()}) == 6
    assert sorted(RECIPE.said_by) == [1, 2, 3, 4, 5, 6, PRINTING]


def test_the_recipe_works(followed: Path) -> None:
    checked = check(followed, *CHECKS, "--deselect", f"tests/unit/topx/test_readme.py::{RECORDED}")
    assert checked.returncode == 0, checked.stdout
    sources = [edit.path for edit in RECIPE.edits.values() if edit.path.endswith(".py")]
    for arguments in (("check",), ("format", "--check")):
        linted = run(followed, "-m", "ruff", *arguments, *sources)
        assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, PRINTING])
def test_a_step_that_is_left_out_is_reported_as_the_page_says(number: int, followed: Path) -> None:
    tests = [(name, parameter) for name, parameter in RECIPE.said_by[number] if name != RECORDED]
    wanted = " or ".join(f"({name} and {parameter})" if parameter else name for name, parameter in tests)
    with left_out(followed, PRINTED if number == PRINTING else [RECIPE.edits[number].path]):
        reported = check(followed, *sorted({module_of(name) for name, _ in tests}), "-k", wanted)
    for name, parameter in tests:
        failed = f"::{name}[{parameter}-" if parameter else f"::{name}"
        lines = [line for line in reported.stdout.splitlines() if line.startswith("FAILED") and failed in line]
        # Without the key, not even the table can be imported.
        assert lines or (number == 1 and "has no attribute 'announcement'" in reported.stdout), reported.stdout
