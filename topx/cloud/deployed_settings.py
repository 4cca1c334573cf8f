"""What a deployment would change in the settings of the stack that is there: printed, and asked about."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from infra.settings import Settings
from topx.cloud.readiness import NotReady
from topx.terminal import Terminal

OUTPUT = "Settings"
_DEFAULTS = Settings.from_context(lambda _: None).as_json()


def of(stack: Mapping[str, Any]) -> dict[str, Any] | None:
    """The settings that the stack was deployed with; None of one that an older topx deployed."""
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    found: dict[str, Any] | None = json.loads(outputs[OUTPUT]) if OUTPUT in outputs else None
    return found


def chosen(settings: Settings) -> list[str]:
    """A line for each setting that is not as it is by itself."""
    given = settings.as_json()
    return [f"{name}  {_shown(given[name])}" for name in given if given[name] != _DEFAULTS[name]]


def changes(deployed: Mapping[str, Any], settings: Settings) -> list[str]:
    """A line for each setting that would be another than it is. One that is new to the stack was as it is by itself."""
    return list(_changes({**_DEFAULTS, **deployed}, settings.as_json()))


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*new, *old)):
        if name not in new:
            yield f"{name}  {_shown(old[name])} -> no longer a setting"
        elif old[name] != new[name]:
            default = " (the default)" if new[name] == _DEFAULTS[name] else ""
            yield f"{name}  {_shown(old[name])} -> {_shown(new[name])}{default}"


def _shown(value: Any) -> str:
    if value in ("", [], {}):
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def ask(console: Terminal, question: str, *, yes: bool) -> None:
    """Go on if ``yes`` was given, or typed.

    Raises:
        NotReady: when it was not; nothing was changed then.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotReady(f"nothing was deployed. {question} Without a terminal, set YES=yes to agree")
    console.print(f"{question} [y/N] ", end="")
    if input().strip().lower() not in ("y", "yes"):
        raise NotReady("nothing was deployed, as you answered")
