"""Shows how a deployment would change the settings of the existing stack, and asks for confirmation."""

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
    """The settings of the deployed stack; None if an older topx deployed it."""
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    found: dict[str, Any] | None = json.loads(outputs[OUTPUT]) if OUTPUT in outputs else None
    return found


def chosen(settings: Settings) -> list[str]:
    """A line for each setting that differs from its default."""
    given = settings.as_json()
    return [f"{name}  {_shown(given[name])}" for name in given if given[name] != _DEFAULTS[name]]


def changes(deployed: Mapping[str, Any], settings: Settings) -> list[str]:
    """A line for each setting that would change. A setting that is new to the stack had its default before."""
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
    """Continue if ``yes`` was given, or typed.

    Raises:
        NotReady: if it was not; nothing was changed.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotReady(f"nothing was deployed. {question} Without a terminal, set YES=yes to agree")
    console.print(f"{question} [y/N] ", end="")
    if input().strip().lower() not in ("y", "yes"):
        raise NotReady("nothing was deployed, as you answered")
