"""The settings of a deployment: SETTINGS overrides the environment's file, which overrides cdk.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import environment_file
from infra.settings import KEYS, Settings, SettingsRefused
from topx.home import REPOSITORY


@dataclass(frozen=True)
class GivenSettings:
    """The settings, and the context to pass to the CDK command line: all that is not in cdk.json."""

    settings: Settings
    context: dict[str, str]


def gather(environment: str | None, given: Mapping[str, str], folder: Path = environment_file.FOLDER) -> GivenSettings:
    """Read and validate all settings.

    Args:
        environment: the name of a file in ``folder``, if given.
        given: from the command line. It may also have the CDK's own context keys, which contain a colon.
        folder: the folder of environment files.

    Raises:
        SettingsRefused: with all errors in one message.
    """
    flags = json.loads((REPOSITORY / "cdk.json").read_text(encoding="utf-8"))["context"]
    faults = environment_file.unknown(name for name in given if ":" not in name and name not in flags)
    if faults:
        raise SettingsRefused(f"SETTINGS cannot be used: {'; '.join(faults)}")
    written = environment_file.read(environment, folder) if environment else {}
    try:
        settings = Settings.from_context({**flags, **written, **given}.get)
    except SettingsRefused as refusal:
        if not written:
            raise
        raise SettingsRefused(f"{refusal} (from {folder.name}/{environment}.yaml, overridden by SETTINGS)") from refusal
    names = [key.name for key in KEYS if key.name in written or key.name in given]
    return GivenSettings(settings, {**given, **settings.as_context(names)})
