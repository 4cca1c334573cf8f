"""The definition's placeholders: their names, their values in tests, and the use of functions."""

import json
import re
from collections import Counter

from tests.infrastructure.definition_checks.scopes import Scope
from tests.infrastructure.definition_checks.stage_table import stages_of
from workflow.stages import STAGES, called

_HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
# Like real ones: algorithms are identified by their repositories, functions by their names.
_SHARED = {
    "Partition": "aws",
    "StackName": "topx",
    "BucketName": "topx-data",
    "JobRoleArn": "arn:aws:iam::111122223333:role/jobs",
    "ExtractImageUri": f"{_HOST}/assets:extract",
}
_OF_THE_RUN = {
    "FactorizationMachinesImageUri": f"{_HOST}/factorization-machines:1",
    "NearestNeighboursImageUri": f"{_HOST}/knn:1",
    "AfterPublishingArn": "arn:aws:states:eu-west-1:111122223333:stateMachine:after",
    "FailuresTopicArn": "arn:aws:sns:eu-west-1:111122223333:failures",
}
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def values_of(definition: Scope) -> dict[str, str]:
    """The value in tests of each placeholder of a definition."""
    stages = stages_of(definition)
    functions = {
        function.placeholder: f"arn:aws:lambda:eu-west-1:111122223333:function:{function.name}"
        for function in called(stages)
    }
    return {**_SHARED, **(_OF_THE_RUN if stages is STAGES else {}), **functions}


def rendered(definition: Scope) -> Scope:
    """The definition with a made-up value for each known placeholder; others remain."""
    values = values_of(definition)
    text = _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), json.dumps(definition))
    filled: Scope = json.loads(text)
    return filled


def findings(definition: Scope) -> list[str]:
    """Placeholders without a value, values without a placeholder, and functions that too many states invoke."""
    used, values = _PLACEHOLDER.findall(json.dumps(definition)), values_of(definition)
    found = [f"${{{name}}} is not filled in" for name in sorted(set(used) - values.keys())]
    found += [f"${{{name}}} is filled in and not used" for name in sorted(values.keys() - set(used))]
    every = (inner for stage in stages_of(definition) for inner in stage.with_inner())
    # How many states invoke each function.
    callers = Counter(stage.function.placeholder for stage in every if stage.function)
    for placeholder, number in callers.items():
        if used.count(placeholder) > number:
            found.append(f"${{{placeholder}}} is called by {used.count(placeholder)} states")
    return found
