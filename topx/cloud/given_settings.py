"""The settings of a deployment from where they are given: SETTINGS, over the environment's file, over cdk.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import environment_file
from infra.settings import KEYS, Settings, SettingsRefused
from topx.home import REPOSITORY


@dataclass(frozen=True)
class GivenSettings:
    """The settings, and what the CDK's command line is to be told of them: what cdk.json does not say."""

    settings: Settings
    context: dict[str, str]


def gather(environment: str | None, given: Mapping[str, str], folder: Path = environment_file.FOLDER) -> GivenSettings:
    """Read and check them all.

    Args:
        environment: the name of a file in ``folder``, if one was named.
        given: on the command line. Beside settings it may hold context of the CDK's own, whose keys have a colon.
        folder: of the environments' files.

    Raises:
        SettingsRefused: with all faults in one message.
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
