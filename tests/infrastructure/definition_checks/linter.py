"""statelint, which knows the States Language and nothing of AWS."""

import json

from statelint.config import Config
from statelint.linter import Linter

from tests.infrastructure.definition_checks.scopes import Scope

# The States Language knows only MaxItems here; AWS wants InputType for an item reader of s3:getObject ("ItemReader",
# Step Functions developer guide). Nothing else that statelint finds is let through.
ONLY_ON_AWS = {
    'Field "InputType" not allowed in State Machine.States.Load recommendations.ItemReader.ReaderConfig',
    'Field "InputType" not allowed in State Machine.States.Retire old versions.ItemReader.ReaderConfig',
}


def findings(definition: Scope) -> list[str]:
    """What statelint says, but for what only AWS knows."""
    said = map(str, Linter.validate(json.dumps(definition), Config()))
    return [finding for finding in said if finding not in ONLY_ON_AWS]
