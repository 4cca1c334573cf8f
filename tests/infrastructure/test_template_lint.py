"""The template against CloudFormation's own resource schemas."""

import copy
import json
from typing import Any

from cfnlint.api import lint_all

from tests.infrastructure.template_parts import of_type, render

# CDK adds a role together with its policy to DependsOn, though the role alone is implied by Fn::GetAtt.
HARMLESS = {"W3005"}


def test_cfn_lint_finds_nothing(template: dict[str, Any]) -> None:
    """The definitions are inserted rendered: cfn-lint checks them too, and does not know a placeholder for the
    partition.
    """
    linted = copy.deepcopy(template)
    for machine in of_type(linted, "AWS::StepFunctions::StateMachine").values():
        machine["Properties"]["DefinitionString"] = render(machine["Properties"])
        del machine["Properties"]["DefinitionSubstitutions"]
    matches = [match for match in lint_all(json.dumps(linted)) if match.rule.severity != "informational"]
    assert [f"{match.rule.id} {match.message}" for match in matches if match.rule.id not in HARMLESS] == []


def test_the_template_is_one_that_cloudformation_takes(template: dict[str, Any]) -> None:
    """Limits of a template in a bucket: a megabyte, 500 resources, 200 outputs and mappings."""
    assert len(json.dumps(template)) < 1_000_000
    assert len(template["Resources"]) < 500
