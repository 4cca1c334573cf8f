"""Writes the files for k-NN and the loader: the vectors, and a file for each part of the users."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from containers.contents import sha256
from containers.extract.data.data_index import DataIndex
from containers.extract.data.item_sets import ItemSets
from containers.extract.data.json_lines import gzipped_lines, json_line
from containers.extract.data.run_inputs import RunInputs
from containers.extract.lists.proofs import write_row_proofs
from containers.extract.lists.ranking import rank
from containers.extract.lists.ranking_rules import RankingRules
from containers.extract.model.parameters import Floats
from containers.extract.model.vectors import Vectors
from contract import run_plan
from contract.job_progress import Counted
from contract.part_manifest import ExactList, Hashes, PartEntry, PartHeader, PartUser, Probe
from sagemaker_contract import recordio

# Enough that a shift, a swap of halves or a shuffle of the rows moves at least one of them.
_PROBES = 8
_ITEMS_PER_FILE = 250_000
_FEWEST_ITEM_FILES = 2


@dataclass(frozen=True)
class Places:
    """The output folders: k-NN's ``rows``, the loader's ``proofs``, and the folder of parts.json and parts/."""

    rows: Path
    proofs: Path
    manifest: Path


@dataclass(frozen=True)
class Span:
    """Rows ``first`` (inclusive) to ``last`` (exclusive) of a part."""

    part: str
    first: int
    last: int


def spans(rows: int, parts: int) -> list[Span]:
    """``rows`` divided into ``parts`` consecutive spans, whose lengths differ by at most one.

    >>> [(span.part, span.first, span.last) for span in spans(5, 2)]
    [('part-00000', 0, 3), ('part-00001', 3, 5)]
    """
    edges = [-(-rows * number // parts) for number in range(parts + 1)]
    return [Span(run_plan.part_name(number), *edges[number : number + 2]) for number in range(parts)]


def write_item_vectors(item_rows: Floats, folder: Path, servable: NDArray[np.bool_]) -> None:
    """k-NN's training set: the row of each item that lists may contain, with the item's index as label."""
    chosen = np.flatnonzero(servable)
    items = len(chosen)
    files = min(items, max(_FEWEST_ITEM_FILES, -(-items // _ITEMS_PER_FILE)))
    folder.mkdir(parents=True, exist_ok=True)
    for span in spans(items, files):
        labels = chosen[span.first : span.last]
        with (folder / f"{span.part}.pbr").open("wb") as stream:
            recordio.write_dense(stream, item_rows[labels], labels.astype(np.float32))


def write_item_ids(ids: Iterable[str], file: Path) -> None:
    """``item_ids.jsonl.gz``: line n is the id of label n."""
    with gzipped_lines(file) as stream:
        stream.writelines(json_line(item) for item in ids)


def write_item_titles(ids: Sequence[str], titles: Sequence[str | None], file: Path) -> None:
    """``item_titles.jsonl.gz``: for people who read lists. Nothing is written if no item has a title."""
    known = [{"item": item, "title": title} for item, title in zip(ids, titles, strict=True) if title]
    if known:
        with gzipped_lines(file) as stream:
            stream.writelines(json_line(line) for line in known)


def write_parts(
    run: RunInputs,
    index: DataIndex,
    vectors: Vectors,
    *,
    places: Places,
    shared: Mapping[str, str],
) -> tuple[int, int]:
    """Write the users' rows, parts/ and parts.json, one part at a time.

    Args:
        shared: the SHA-256 hashes that are the same for all parts: the fields of ``Hashes`` except part and rows.

    Returns:
        How many parts, and how many users got an exact list.
    """
    places.rows.mkdir(parents=True, exist_ok=True)
    entries: list[PartEntry] = []
    heavy = 0
    rules = RankingRules.of(run, index)
    progress = Counted("writing users' vectors", run.users)
    for span in spans(run.users, run_plan.part_count(run.users)):
        rows = vectors.of_users(slice(span.first, span.last))
        with (places.rows / f"{span.part}.pbr").open("wb") as stream:
            recordio.write_dense(stream, rows, None)
        proofs = places.proofs / f"{span.part}.f32"
        write_row_proofs(proofs, rows)
        seen = index.interactions(span.first, span.last).not_to_repeat()
        exact = exact_lists(run, rules, rows, vectors.items, seen)
        heavy += len(exact)
        header = PartHeader(
            part=span.part,
            run_id=run.run_id,
            first=span.first,
            users=len(rows),
            items=run.items,
            servable=run.servable,
            limited=rules.limit is not None,
            k=run.neighbours,
            width=rows.shape[1],
            probes=probes(rows, vectors.items, run.neighbours, rules.servable),
        )
        file = places.manifest / "parts" / f"{span.part}.jsonl.gz"
        with gzipped_lines(file) as lines:
            lines.write(json_line(header))
            for row, user in enumerate(index.user_ids(span.first, span.last)):
                lines.write(json_line(_part_user(user, seen.of(row), exact.get(row))))
        hashes = cast(Hashes, {"part": sha256(file), "rows": sha256(proofs), **shared})
        entries.append(PartEntry(part=span.part, first=span.first, users=len(rows), sha256=hashes))
        progress.add(len(rows))
    (places.manifest / "parts.json").write_text(json.dumps(entries))
    return len(entries), heavy


def probes(rows: Floats, item_rows: Floats, k: int, servable: NDArray[np.bool_]) -> list[Probe]:
    """The true ``k`` neighbours of a few rows (the first, the last and some in between), among items that lists may
    contain.
    """
    chosen = np.unique(np.linspace(0, len(rows) - 1, _PROBES).round().astype(np.int64))
    ranking = rank(rows[chosen], item_rows, ItemSets.empty(len(chosen)), k, servable=servable)
    found = []
    for place, row in enumerate(chosen.tolist()):
        labels, scores = ranking.of(place)
        found.append(Probe(row=row, labels=labels, scores=scores))
    return found


def exact_lists(
    run: RunInputs, rules: RankingRules, rows: Floats, item_rows: Floats, seen: ItemSets
) -> dict[int, ExactList]:
    """By row, the whole list of each user whose k neighbours may not fill it once ``seen`` is left out.

    With a limit on categories that is everyone: how many neighbours a list needs is known only when it is made.
    """
    if rules.limit is not None:
        heavy = np.arange(len(rows))
    else:
        counts = seen.counts().tolist()
        heavy = np.flatnonzero([run_plan.is_heavy(count, run.neighbours, run.servable, run.top_x) for count in counts])
    ranking = rules.lists(rows[heavy], item_rows, seen.chosen(heavy))
    lists = {}
    for place, row in enumerate(heavy.tolist()):
        labels, scores = ranking.of(place)
        lists[row] = ExactList(labels=labels, scores=scores)
    return lists


def _part_user(user: str, seen: NDArray[np.int32], exact: ExactList | None) -> PartUser:
    line = PartUser(user=user, seen=seen.tolist())
    if exact is not None:
        line["exact"] = exact
    return line
