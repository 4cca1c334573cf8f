"""The version of the code that outcome.json names."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.code_version import code_version
from tests.infrastructure.role_statements import text
from tests.infrastructure.template_parts import of_type


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    ran = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with sources, and with a file that does not affect what runs."""
    for name in ("lambdas", "docs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("1")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.1.0"\n')
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path


def test_it_is_the_last_commit_of_what_runs(clone: Path) -> None:
    first = git(clone, "rev-parse", "HEAD")
    assert code_version(clone) == first
    (clone / "docs" / "a.txt").write_text("2")
    assert code_version(clone) == first
    git(clone, "commit", "-am", "the documentation")
    assert code_version(clone) == first


def test_changes_that_are_not_committed_are_reported(clone: Path) -> None:
    first = git(clone, "rev-parse", "HEAD")
    (clone / "lambdas" / "b.txt").write_text("new")
    assert code_version(clone) == f"{first}+changes"


def test_outside_a_clone_and_without_git_it_is_the_packages(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert code_version(clone) == "7.1.0"


def test_who_plans_and_who_writes_the_outcome_know_code_and_images(template: dict[str, Any]) -> None:
    functions = {
        function["Properties"]["Handler"].split(".")[2]: function["Properties"]
        for function in of_type(template, "AWS::Lambda::Function").values()
    }
    reported, planning = (
        text(functions[name]["Environment"]["Variables"]["CODE"], template) for name in ("write_outcome", "plan_run")
    )
    assert reported == planning
    code = json.loads(reported)
    # The functions' own asset is named by the same hash of the same files.
    assert functions["plan_run"]["Code"]["S3Key"] == f"{code['functions']}.zip"
    assert re.fullmatch(r"[0-9a-f]{40}(\+changes)?|\d+\.\d+\.\d+", code["version"])
    outputs = {name: text(output["Value"], template) for name, output in template["Outputs"].items()}
    assert code["images"] == {
        "prepare": outputs["PrepareImageUri"],
        "extract": outputs["ExtractImageUri"],
        "factorization_machines": outputs["FactorizationMachinesImageUri"],
        "nearest_neighbours": outputs["NearestNeighboursImageUri"],
    }
