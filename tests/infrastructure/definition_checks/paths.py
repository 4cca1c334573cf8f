"""JSONPath and the intrinsic functions that the definition uses: anything else is rejected."""

import json
import re
import uuid
from typing import Any

_PATH = re.compile(r"\$\$?(\.\w+)*")
_CALL = re.compile(r"(States\.\w+)\((.*)\)", re.DOTALL)


class LeadsNowhere(Exception):
    """An expression reads something that does not exist, or is not supported."""


def resolve(expression: str, document: Any, context: dict[str, Any]) -> Any:
    """The value of an expression.

    Args:
        document: the value of ``$``.
        context: the value of ``$$``.
    """
    expression = expression.strip()
    if _PATH.fullmatch(expression):
        root = context if expression.startswith("$$") else document
        return _follow(expression, root)
    if expression.startswith("'") and expression.endswith("'"):
        return expression[1:-1]
    if re.fullmatch(r"-?\d+", expression):
        return int(expression)
    call = _CALL.fullmatch(expression)
    if not call:
        raise LeadsNowhere(f"{expression} is not understood")
    return _call(call[1], [resolve(argument, document, context) for argument in _arguments(call[2])], expression)


def fill(template: Any, document: Any, context: dict[str, Any]) -> Any:
    """A payload template (Parameters, ResultSelector, ItemSelector) with values filled in."""
    if isinstance(template, list):
        return [fill(element, document, context) for element in template]
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): (
            resolve(value, document, context) if key.endswith(".$") else fill(value, document, context)
        )
        for key, value in template.items()
    }


def _follow(path: str, value: Any) -> Any:
    for name in path.lstrip("$").split(".")[1:]:
        if not isinstance(value, dict) or name not in value:
            raise LeadsNowhere(f"{path} leads nowhere: there is no {name}")
        value = value[name]
    return value


def _arguments(text: str) -> list[str]:
    """Split at commas outside quotes and parentheses."""
    found, depth, quoted, current = [], 0, False, ""
    for character in text:
        quoted ^= character == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth and not quoted:
            found.append(current)
            current = ""
        else:
            current += character
    return [*found, current] if current.strip() else found


def _call(name: str, given: list[Any], expression: str) -> Any:
    match name, given:
        case "States.UUID", []:
            return str(uuid.uuid4())
        case "States.Format", [str(template), *values] if template.count("{}") == len(values):
            return template.format(*values)
        case "States.StringSplit", [str(text), str(separators)]:
            return [part for part in re.split(f"[{re.escape(separators)}]", text) if part]
        case "States.ArrayGetItem", [list(values), int(index)] if 0 <= index < len(values):
            return values[index]
        case "States.JsonToString", [value]:
            return json.dumps(value, separators=(",", ":"))
    raise LeadsNowhere(f"{expression} cannot be called with {given}")
