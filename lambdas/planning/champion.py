"""The champion: the version that is current when a run is planned, with which the run's model is compared."""

import math
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from contract.documents import ChampionNote
from contract.hold_out import KINDS
from contract.run_layout import RunLayout
from contract.stored_object import DamagedObject
from lambdas.aws_clients import is_transient
from lambdas.publishing.version_pointer import VersionPointer
from lambdas.s3_json import JsonDocuments


@dataclass(frozen=True)
class Champion:
    """The champion.

    ``latest_time`` is the time of its latest interaction in epoch seconds, None if they have no times; ``hold_out`` is
    the kind of its hold-out (contract.hold_out), None if unknown; ``fault`` is why the models cannot be compared.
    ``lists`` is the prefix of the lists to compare the new model with: the measured model's if there are any (the
    published model was trained on everything, or the hold-out is random), otherwise the published ones. ``published``
    is whether the lists that readers get are still in the bucket; ``size`` is the size of all its lists in bytes.
    """

    layout: RunLayout
    latest_time: float | None = None
    hold_out: str | None = None
    fault: str | None = None
    lists: str = ""
    published: bool = False
    size: int = 0

    def as_json(self) -> ChampionNote:
        """As in plan.json."""
        return {
            "version": self.layout.run_id,
            "latest_time": self.latest_time,
            "hold_out": self.hold_out,
            "fault": self.fault,
            "measured": self.lists == self.layout.evaluated_lists,
        }


def find(documents: JsonDocuments, versions: VersionPointer) -> Champion | None:
    """The champion, None if nothing is published.

    Missing files count as a fault of the champion; they do not stop the run.
    """
    current = versions.pointer().get("current")
    if current is None:
        return None
    layout = RunLayout(documents.bucket, current)
    try:
        summary = documents.find(layout.summary)
        latest_time, hold_out = _latest_time(summary), _hold_out(summary)
    except (ClientError, DamagedObject, TypeError, ValueError) as error:
        if is_transient(error):
            raise  # otherwise it would count as a fault of its files, and the comparison would be lost
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
