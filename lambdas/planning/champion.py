"""The champion: the version that is published while a run is planned, which the run's model is compared with."""

import math
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contract.documents import ChampionNote
from contract.hold_out import KINDS
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas.aws_clients import is_weather
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments


@dataclass(frozen=True)
class Champion:
    """A published version.

    ``latest_time`` is that of its interactions in epoch seconds, None when they have no times; ``hold_out`` is the kind
    of its hold-out (contract.hold_out), None where that is not known; ``fault`` says why it cannot be compared with.
    ``lists`` is the prefix of the lists to judge the new model beside: the measured model's where there are any, which
    is when the published model was trained on everything or the hold-out is random, and else the published ones.
    ``published`` says whether those that readers get are still in the bucket; ``size`` is that of all of them in bytes.
    """

    layout: RunLayout
    latest_time: float | None = None
    hold_out: str | None = None
    fault: str | None = None
    lists: str = ""
    published: bool = False
    size: int = 0

    def as_json(self) -> ChampionNote:
        """As plan.json has it."""
        return {
            "version": self.layout.run_id,
            "latest_time": self.latest_time,
            "hold_out": self.hold_out,
            "fault": self.fault,
            "measured": self.lists == self.layout.evaluated_lists,
        }


def find(documents: JsonDocuments, versions: VersionPointer) -> Champion | None:
    """The champion, None when nothing is published.

    What is missing of its files is a fault of the champion and no reason to stop the run.
    """
    current = versions.pointer().get("current")
    if current is None:
        return None
    layout = RunLayout(documents.bucket, current)
    try:
        summary = documents.find(layout.summary)
        latest_time, hold_out = _latest_time(summary), _hold_out(summary)
    except (ClientError, DamagedObject, TypeError, ValueError) as error:
        if is_weather(error):
            raise  # which would pass for a fault of its files, and leave the model without a comparison
        return Champion(layout, fault=f"{layout.summary} cannot be used: {error}")
    measured, published = (
        sum(entry["Size"] for entry in documents.objects(lists))
        for lists in (layout.evaluated_lists, layout.published_lists)
    )
    if not measured and not published:
        return Champion(layout, latest_time, hold_out, fault=f"there is nothing under {layout.published_lists}")
    return Champion(
        layout,
        latest_time,
        hold_out,
        lists=layout.evaluated_lists if measured else layout.published_lists,
        published=published > 0,
        size=measured + published,
    )


def _latest_time(summary: Any) -> float | None:
    if summary is None:
        raise TypeError("it is missing")
    if "latest_time" not in summary:
        raise ValueError("it has no latest_time: an older topx wrote it")
    time = summary["latest_time"]
    if time is None:
        return None
    if isinstance(time, bool) or not isinstance(time, int | float) or not math.isfinite(time):
        raise ValueError(f"latest_time must be epoch seconds, got {time!r}")
    return float(time)


def _hold_out(summary: Any) -> str:
    if "hold_out" not in summary:
        raise ValueError("it does not say how interactions were held out: an older topx wrote it")
    kind = summary["hold_out"]["kind"]
    if kind not in KINDS:
        raise ValueError(f"hold_out.kind must be one of {', '.join(KINDS)}, got {kind!r}")
    return str(kind)
