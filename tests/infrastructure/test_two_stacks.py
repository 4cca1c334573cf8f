"""Two stacks in one account and region share no names, so that neither overwrites the other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.settings import Settings
from infra.stack import TopxStack

# A policy's name is unique only in its role; the names of metrics and senders are not names of resources.
_SCOPED = {"PolicyName", "MetricName", "DisplayName"}


def names(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The names that the template gives to the resource itself, as text; CloudFormation generates the others."""
    for property, value in resource.get("Properties", {}).items():
        named_by_another = "Fn::GetAtt" in str(value) or "Ref" in str(value).replace("'Ref': 'AWS::StackName'", "")
        if property.endswith("Name") and property not in _SCOPED and not named_by_another:
            yield property, json.dumps(value)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template of a stack with another name."""
    app = App(outdir=str(tmp_path_factory.mktemp("cdk.out")))
    found: dict[str, Any] = Template.from_stack(
        TopxStack(app, Settings.from_context({"stack_name": "shop"}.get))
    ).to_json()
    return found


def test_no_resource_has_a_name_that_another_stacks_has(template: dict[str, Any], other: dict[str, Any]) -> None:
    ours, theirs = (
        {
            (resource["Type"], property, name.replace('{"Ref": "AWS::StackName"}', f'"{stack}"'))
            for resource in document["Resources"].values()
            for property, name in names(resource)
        }
        for stack, document in (("topx", template), ("shop", other))
    )
    assert len(ours) == len(theirs) >= 3
    assert ours & theirs == set()


def test_nothing_is_exported(template: dict[str, Any]) -> None:
    assert [name for name, output in template["Outputs"].items() if "Export" in output] == []


@pytest.mark.parametrize("protected", [True, False])
def test_a_stack_is_protected_where_that_is_asked_for(protected: bool, tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack: Stack = TopxStack(app, Settings.from_context({"termination_protection": protected}.get))
    assert bool(stack.termination_protection) is protected


def test_a_bootstrap_of_ones_own_is_in_every_place_of_it(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    TopxStack(app, Settings.from_context({"bootstrap_qualifier": "shop"}.get))
    folder = Path(app.synth().directory)
    written = "".join((folder / f"topx.{kind}.json").read_text() for kind in ("assets", "template"))
    written += (folder / "manifest.json").read_text()
    assert "hnb659fds" not in written
    assert "/cdk-bootstrap/shop/version" in written


def test_the_stack_keeps_its_settings(other: dict[str, Any]) -> None:
    kept = json.loads(other["Outputs"]["Settings"]["Value"])
    assert Settings.from_context(kept.get) == Settings.from_context({"stack_name": "shop"}.get)
    assert kept == Settings.from_context({"stack_name": "shop"}.get).as_json()
