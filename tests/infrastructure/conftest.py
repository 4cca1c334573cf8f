"""A single synthesis for all of this folder's tests, however many workers run them."""

import fcntl
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.isolation import interpreter, run_bare
from tests.infrastructure.role_statements import Statement, statements_of
from tests.infrastructure.template_parts import machines, render


@dataclass(frozen=True)
class Synthesis:
    """What ``python app.py`` wrote, and its output."""

    folder: Path
    said: str

    @property
    def template(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "topx.template.json").read_text())
        return document


@pytest.fixture(scope="session")
def synthesis(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Synthesis:
    """``python app.py`` with the default context, on a machine without network, account, docker or Node."""
    # Each worker of pytest-xdist has its own folder inside a common one.
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "synthesis"
    shared.mkdir(exist_ok=True)
    folder, said = shared / "cdk.out", shared / "said.txt"
    with (shared / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not said.exists():
            finished = run_bare([interpreter(), "app.py"], shared, environment={"CDK_OUTDIR": str(folder)})
            assert finished.returncode == 0, finished.stderr
            said.write_text(finished.stdout + finished.stderr)
    return Synthesis(folder, said.read_text())


@pytest.fixture(scope="session")
def template(synthesis: Synthesis) -> dict[str, Any]:
    """The CloudFormation template."""
    return synthesis.template


@pytest.fixture(scope="session")
def registering(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template of a stack that registers its versions, with another name and with a tag."""
    folder = tmp_path_factory.mktemp("registering")
    context = {"stack_name": "shop", "tags": '{"team": "search"}', "model_package_group": "shop-lists"}
    environment = {"CDK_OUTDIR": str(folder / "cdk.out"), "CDK_CONTEXT_JSON": json.dumps(context)}
    finished = run_bare([interpreter(), "app.py"], folder, environment=environment)
    assert finished.returncode == 0, finished.stderr
    document: dict[str, Any] = json.loads((folder / "cdk.out" / "shop.template.json").read_text())
    return document


@pytest.fixture(scope="session")
def definition(template: dict[str, Any]) -> dict[str, Any]:
    """The run's definition as AWS would run it, with a made-up value for each placeholder."""
    rendered: dict[str, Any] = json.loads(render(template["Resources"][machines(template)[0]]["Properties"]))
    return rendered


@pytest.fixture(scope="session")
def statements(template: dict[str, Any]) -> list[Statement]:
    return statements_of(template)


@pytest.fixture(scope="session")
def job_role(template: dict[str, Any]) -> str:
    role: str = template["Outputs"]["JobRoleArn"]["Value"]["Fn::GetAtt"][0]
    return role
