"""The definition's placeholders: which there are, what stands for them in tests, and how functions are used."""

import json
import re
from collections import Counter

from tests.infrastructure.definition_checks.scopes import Scope
from workflow.stages import CALLED, EVERY_STAGE

_HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
# Shaped like real ones: algorithms are told apart by their repositories, functions by their names.
VALUES = {
    "Partition": "aws",
    "BucketName": "topx-data",
    "JobRoleArn": "arn:aws:iam::111122223333:role/jobs",
    "PrepareImageUri": f"{_HOST}/assets:prepare",
    "ExtractImageUri": f"{_HOST}/assets:extract",
    "FactorizationMachinesImageUri": f"{_HOST}/factorization-machines:1",
    "NearestNeighboursImageUri": f"{_HOST}/knn:1",
    **{function.placeholder: f"arn:aws:lambda:eu-west-1:111122223333:function:{function.name}" for function in CALLED},
}
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def rendered(definition: Scope) -> Scope:
    """The definition with a made-up value for each placeholder that it may have; others stay."""
    text = _PLACEHOLDER.sub(lambda match: VALUES.get(match[1], match[0]), json.dumps(definition))
    filled: Scope = json.loads(text)
    return filled


# How many states call each function.
_CALLERS = Counter(stage.function.placeholder for stage in EVERY_STAGE if stage.function)


def findings(definition: Scope) -> list[str]:
    """Placeholders that nothing fills in, places that nothing uses, and functions that more states call than should."""
    used = _PLACEHOLDER.findall(json.dumps(definition))
    found = [f"${{{name}}} is not filled in" for name in sorted(set(used) - VALUES.keys())]
    found += [f"${{{name}}} is filled in and not used" for name in sorted(VALUES.keys() - set(used))]
    for placeholder, callers in _CALLERS.items():
        if used.count(placeholder) > callers:
            found.append(f"${{{placeholder}}} is called by {used.count(placeholder)} states")
    return found
