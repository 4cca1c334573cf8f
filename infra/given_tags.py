"""The customer's tags, from a setting."""

import json
import re
from collections.abc import Mapping

# "Tag", SageMaker API reference; the limits of other services are no lower.
_NAME = re.compile(r"(?!aws:|topx:)[\w .:/=+@-]{1,128}", re.IGNORECASE)
_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")
# A resource can have 50; topx adds one, and Step Functions adds some to the jobs that it starts.
MOST = 40
_RULE = 'an object of texts, such as {"team": "search"}'


def read(given: object) -> Mapping[str, str]:
    """Tags by name, from an object or its JSON text.

    Raises:
        ValueError: with the rule that is violated.
    """
    try:
        tags = json.loads(given) if isinstance(given, str) else given
    except ValueError as fault:
        raise ValueError(f"JSON ({fault})") from fault
    if not isinstance(tags, Mapping) or not all(isinstance(value, str) for value in tags.values()):
        raise ValueError(_RULE)
    if len(tags) > MOST:
        raise ValueError(f"{_RULE}, of {MOST} tags at most")
    for name, value in tags.items():
        if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
            raise ValueError(
                f"{_RULE}: names of 1..128 and values of 0..256 letters, digits, spaces and _ . : / = + - @, no name "
                f"beginning with aws: or topx:; {name!r}: {value!r} is not that"
            )
    return dict(tags)
