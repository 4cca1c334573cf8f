"""A settings file, ``environments/NAME.yaml``, for one deployment: versioned and reviewed like code."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

from infra.settings import KEYS, SettingsRefused

FOLDER = Path(__file__).resolve().parents[1] / "environments"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SETTINGS = tuple(key.name for key in KEYS)


def read(name: str, folder: Path = FOLDER) -> dict[str, object]:
    """The settings in ``folder/NAME.yaml``, unvalidated except for their names.

    Raises:
        SettingsRefused: if there is no such file, or it is not a mapping of settings to values; with all errors.
    """
    path = folder / f"{name}.yaml"
    if not _NAME.fullmatch(name) or not path.is_file():
        there = ", ".join(sorted(file.stem for file in folder.glob("*.yaml"))) or "none"
        raise SettingsRefused(f"ENV must name a file of {folder.name}/, got {name!r}; there are: {there}")
    message = f"{folder.name}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
        written = yaml.safe_load(text)
        names = _names(yaml.compose(text, Loader=yaml.SafeLoader))
    except (UnicodeDecodeError, yaml.YAMLError) as fault:
        raise SettingsRefused(f"{message} cannot be read as YAML: {fault}") from fault
    if written is None:
        return {}
    if not isinstance(written, dict):
        raise SettingsRefused(f"{message} must hold lines of the form setting: value, got {text[:40]!r}")
    faults = [f"{name} is there {names.count(name)} times" for name in dict.fromkeys(names) if names.count(name) > 1]
    faults += unknown(written)
    faults += [f"{name} has no value; give it one, or leave the line out" for name in written if written[name] is None]
    if faults:
        raise SettingsRefused(f"{message} cannot be used: {'; '.join(faults)}")
    return written


def unknown(names: Iterable[object]) -> list[str]:
    """An error for each of ``names`` that is not a setting, with the one that was probably meant.

    >>> unknown(["time_zone", "keep_version"])
    ['keep_version is not a setting; keep_versions is']
    """
    return [f"{name} is not a setting{_nearest(str(name))}" for name in names if name not in _SETTINGS]


def _nearest(name: str) -> str:
    alike = difflib.get_close_matches(name, _SETTINGS, n=1)
    return f"; {alike[0]} is" if alike else f" (the settings: {', '.join(_SETTINGS)})"


def _names(node: yaml.Node | None) -> list[str]:
    """The keys of the mapping as written: loading would keep only the last of two equal keys."""
    return [str(key.value) for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
