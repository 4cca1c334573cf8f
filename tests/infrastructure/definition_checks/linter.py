"""statelint, which checks the States Language but nothing about AWS."""

import json

from statelint.config import Config
from statelint.linter import Linter

from tests.infrastructure.definition_checks.scopes import Scope

# The States Language only has MaxItems here; AWS requires InputType for an item reader of s3:getObject ("ItemReader",
# Step Functions developer guide). No other finding is accepted.
ONLY_ON_AWS = {
    'Field "InputType" not allowed in State Machine.States.Load recommendations.ItemReader.ReaderConfig',
    'Field "InputType" not allowed in State Machine.States.Retire old versions.ItemReader.ReaderConfig',
}


def findings(definition: Scope) -> list[str]:
    """statelint's findings, except those about AWS's extensions."""
    said = map(str, Linter.validate(json.dumps(definition), Config()))
    return [finding for finding in said if finding not in ONLY_ON_AWS]
