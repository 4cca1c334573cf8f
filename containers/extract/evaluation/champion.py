"""Compares the current version's own lists with the new model, on interactions that neither was trained on."""

import gzip
import json
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from containers.extract.data.data_index import Catalogue, DataIndex
from containers.extract.data.item_sets import ItemSets, Labels
from containers.extract.data.run_inputs import RunInputs
from containers.extract.evaluation.comparison import Comparison, compare
from containers.extract.evaluation.metrics import RECALL_AT, Popularity
from containers.extract.lists.ranking import NO_ITEM, rank
from containers.extract.lists.ranking_rules import RankingRules
from containers.extract.model.vectors import Vectors
from contract import measured_documents
from contract.documents import ChampionNote, Summary
from contract.hold_out import RANDOM, words

# With fewer users, the mean of a ranking metric is mostly noise, and no reason to stop a run.
FEWEST_USERS = 30
# The catalogue is the same if at least this share of the champion's item ids is still in the data.
_KNOWN_SHARE = 0.5


@dataclass(frozen=True)
class ComparedWithChampion:
    """The comparison with the current version, or the reason for not comparing, as text."""

    version: str | None
    comparison: Comparison | None = None
    reason: str | None = None
    later_than: float | None = None

    def as_json(self) -> measured_documents.ComparedWithChampion | measured_documents.NoChampion:
        """As in metrics.json."""
        if self.comparison is None:
            return {"version": self.version, "comparable": False, "reason": self.reason}
        compared = self.comparison.as_json("champion")
        return {
            "version": self.version,
            "comparable": True,
            "reason": self.reason,
            "later_than": self.later_than,
            "model": compared["model"],
            "champion": self.comparison.other.metrics,
            "difference": compared["difference"],
            "intervals": compared["intervals"],
            "users": compared["users"],
            "held_out": compared["held_out"],
            "ratio": compared["ratio"],
        }


class _NotComparable(Exception):
    """Has the reason."""


def compare_with_champion(
    run: RunInputs, index: DataIndex, catalogue: Catalogue, vectors: Vectors, folder: Path
) -> ComparedWithChampion:
    """Compare the model with the champion on held-out pairs that are new to the champion.

    If the latest interactions are held out, these are the ones that began after the champion's data ended. If they are
    selected by a hash of the pair, the model that the champion was measured with has seen none of them: they were held
    out then, or did not exist.

    The champion's lists are the published ones or, if a model trained on everything made those, the lists of the
    measured model; the new model's lists follow the same rules as its published ones. Both lists leave out all that a
    user had apart from the pairs to measure on: what the champion had seen, and what the new model was trained on. They
    also leave out items that lists may not contain. The model's list of a user is cut to the length of what remains of
    the champion's, so that both have the same number of chances.

    Args:
        folder: the folder with the champion's lists.
    """
    if run.champion is None:
        return ComparedWithChampion(None, reason="nothing is published yet")
    version = str(run.champion["version"])
    try:
        later_than = _measured_from(run.champion, run.summary)
        comparison = _compare(RankingRules.of(run, index), index, catalogue, vectors, folder, later_than=later_than)
    except _NotComparable as error:
        return ComparedWithChampion(version, reason=str(error))
    return ComparedWithChampion(version, comparison, later_than=later_than)


def read_lists(folder: Path, users: Collection[str]) -> dict[str, list[str]]:
    """The published lists of ``users``, as far as they have one: item ids, best first.

    Raises:
        OSError, EOFError, zlib.error, ValueError, KeyError, TypeError: if a file is not what the loader writes.
    """
    found: dict[str, list[str]] = {}
    for file in sorted(folder.glob("part-*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                published = json.loads(line)
                if published["user"] in users:
                    found[published["user"]] = [str(item) for item in published["items"]]
    return found


def _measured_from(champion: ChampionNote, summary: Summary) -> float | None:
    """The time after which pairs are new to the champion; None if all held-out pairs are."""
    if champion["fault"]:
        raise _NotComparable(champion["fault"])
    kind = summary["hold_out"]["kind"]
    if champion["hold_out"] != kind:
        raise _NotComparable(
            f"this run's hold-out is {words(summary['hold_out'])}, and that version's was {champion['hold_out']}"
        )
    if kind == RANDOM:
        if not champion["measured"]:
            raise _NotComparable("there are no lists of a model that has not seen the held-out interactions")
        return None
    if summary["latest_time"] is None:
        raise _NotComparable("this run's times only order its interactions, so none is known to be later than its data")
    if champion["latest_time"] is None:
        raise _NotComparable("the times of its data only order its interactions, so none is known to be later")
    return float(champion["latest_time"])


def _compare(
    rules: RankingRules,
    index: DataIndex,
    catalogue: Catalogue,
    vectors: Vectors,
    folder: Path,
    *,
    later_than: float | None,
) -> Comparison:
    users, pairs = index.measured.users, index.measured.pairs
    measured = pairs.held_out if later_than is None else pairs.held_out & index.began_after(users, later_than)
    rows = np.flatnonzero(pairs.all.where(measured).counts())
    if not len(rows):
        raise _NotComparable(_nothing_measured(later_than))
    known, relevant = pairs.all.where(~measured), pairs.all.where(measured)
    published = _published(folder, index.user_ids_of(users[rows]))
    lists = _labels(published, catalogue, rules.servable, known.chosen(rows))
    listed = lists[:, 0] != NO_ITEM
    if listed.sum() < FEWEST_USERS:
        raise _NotComparable(
            f"too few users: {int(listed.sum())} have both a list of it and held-out interactions that are new to it, "
            f"and the comparison needs {FEWEST_USERS}"
        )
    rows, lists = rows[listed], lists[listed]
    model = rank(
        vectors.of_users(users[rows]),
        vectors.items,
        known.chosen(rows),
        RECALL_AT,
        servable=rules.servable,
        limit=rules.limit,
    )
    ours = np.where(lists == NO_ITEM, np.int32(NO_ITEM), model.labels)
    return compare(ours, lists, relevant.chosen(rows), Popularity.of(catalogue.popularity))


def _nothing_measured(later_than: float | None) -> str:
    if later_than is None:
        return "no interactions are held out"
    return (
        "no held-out interaction is later than its data, which ends at "
        f"{datetime.fromtimestamp(later_than, UTC):%Y-%m-%d %H:%M} UTC"
    )


def _published(folder: Path, users: list[str]) -> list[list[str]]:
    try:
        found = read_lists(folder, set(users))
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise _NotComparable(f"its lists cannot be read: {type(error).__name__}: {error}") from error
    return [found.get(user, []) for user in users]


def _labels(published: list[list[str]], catalogue: Catalogue, servable: NDArray[np.bool_], known: ItemSets) -> Labels:
    """Of each published list, the first 20 items that lists may contain and that are not among the user's known
    ones.
    """
    places = {item: place for place, item in enumerate(catalogue.ids)}
    offered = {item for items in published for item in items}
    there = len(offered & places.keys())
    if there < _KNOWN_SHARE * len(offered):
        raise _NotComparable(
            f"other catalogue ids: of the {len(offered):,} items in its lists, this run's data has {there:,}"
        )
    labels = np.full((len(published), RECALL_AT), NO_ITEM, dtype=np.int32)
    for row, items in enumerate(published):
        had = set(known.of(row).tolist())
        offers = (places[item] for item in items if item in places)
        left = [place for place in offers if servable[place] and place not in had][:RECALL_AT]
        labels[row, : len(left)] = left
    return labels
