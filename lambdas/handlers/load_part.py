"""State "Load one part": verifies a part's neighbours, then writes its users' lists."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from contract.part_manifest import PartEntry, PartUser, Receipt
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from contract.stored_object import parse_json, unpacked_json
from lambdas import aws_clients, run_log
from lambdas.loading.batch_write import Patience, write_all
from lambdas.loading.list_archive import ListArchive
from lambdas.loading.neighbour_lists import Neighbours, TransformOutput, opened_output
from lambdas.loading.packed_ids import PackedIds
from lambdas.loading.part_entries import require_entry
from lambdas.loading.part_file import PartFile
from lambdas.loading.probe_proofs import Direction, Proof, prove
from lambdas.loading.user_lists import ListRules, RankedList
from lambdas.loading.vector_proofs import ItemRows, RowProofs
from lambdas.publishing.proven_objects import proven_bytes
from lambdas.s3_json import JsonDocuments


class LoadReceipt(Receipt):
    """What the loader adds to a receipt."""

    written: int  # table items that were written
    items: int  # total over all lists
    direction: Direction  # which end of k-NN's result has the best neighbour
    probe_recall: float  # share of the probes' true neighbours that k-NN found
    transform_output: str  # SHA-256 of the output, as read


@dataclass(frozen=True)
class CatalogueFiles:
    """Where a catalogue is, how large it is, and the SHA-256 of its files."""

    layout: RunLayout
    items: int
    width: int
    ids_sha256: str
    rows_sha256: str


@dataclass(frozen=True)
class Catalogue:
    """The items of one run, by label: ids, and rows if there are any."""

    ids: Sequence[str]
    rows: ItemRows


class Event(TypedDict):
    """What the state passes."""

    run_id: str
    part: PartEntry  # the element of parts.json


@run_log.keyed
@aws_clients.report_as_unavailable
def handler(event: Event, context: object) -> LoadReceipt:
    """Returns the receipt."""
    documents = JsonDocuments(aws_clients.client("s3"), os.environ["BUCKET"])
    return load_part(
        documents,
        aws_clients.impatient_table_client(),
        os.environ["TABLE"],
        event["run_id"],
        event["part"],
        catalogue_of=_remembered,
        patience=Patience.of(context),
    )


def load_part(
    documents: JsonDocuments,
    client: Any,
    table: str,
    run_id: str,
    given: object,
    *,
    catalogue_of: Callable[[CatalogueFiles], Catalogue],
    patience: Patience | None = None,
) -> LoadReceipt:
    """Write one part's lists to the table, then to ``recommendations/``, and finally the receipt.

    Idempotent: every key and every value depend on the run's files only.

    Args:
        client: from ``lambdas.aws_clients.impatient_table_client``.
        given: the part's entry of parts.json.
        catalogue_of: reads a catalogue, or returns a cached one.

    Raises:
        PublishRefused: before anything is written, if a file's hash is not the one in parts.json, or rows, probes or
            sizes do not match; later, if a single list is invalid.
        WritingStalled: if DynamoDB accepts no more writes.
    """
    entry = require_entry(given)
    layout, part, hashes = RunLayout(documents.bucket, run_id), entry["part"], entry["sha256"]
    plan = parse_json(proven_bytes(documents, layout.plan, hashes["plan"]), layout.uri(layout.plan))
    if plan["run_id"] != run_id:
        raise PublishRefused(
            f"{layout.uri(layout.plan)} must be the plan of this run, got that of {plan['run_id']!r}; start another run"
        )
    request = plan["request"]
    users = PartFile(proven_bytes(documents, layout.part(part), hashes["part"]), run_id=run_id, part=part)
    header = users.header
    _same(f"{part}'s users", manifest=entry["users"], header=header["users"])
    _same(f"{part}'s first row", manifest=entry["first"], header=header["first"])
    catalogue = catalogue_of(
        CatalogueFiles(layout, header["items"], header["width"], hashes["item_ids"], hashes["item_rows"])
    )
    rules = ListRules(
        request["top_x"],
        header["items"],
        header["servable"],
        complete=request["index_type"] == "faiss.Flat",
        limited=header["limited"],
    )
    rows = RowProofs(
        part,
        proven_bytes(documents, layout.row_proofs(part), hashes["rows"]),
        catalogue.rows,
        users=header["users"],
        width=header["width"],
        rules=rules,
    )
    with opened_output(documents, layout, part) as lines:
        output = TransformOutput(lines, items=header["items"], k=header["k"], complete=rules.complete)
        proof = _proof(users, output, complete=rules.complete)
        archive = ListArchive(run_id, catalogue.ids, rules, request["scores"])
        lists = _proven_lists(users, output, rules, rows, proof.direction)
        written = write_all(client, table, archive.put_requests(lists), total=entry["users"], patience=patience)
        read = output.sha256()
    stored = archive.store(documents, layout.recommendations(part))
    receipt = LoadReceipt(
        part=part,
        users=archive.users,
        entry=entry,
        recommendations=stored,
        written=written,
        items=archive.items,
        short=sum(archive.short.values()),
        short_because=archive.short,
        empty=archive.empty,
        direction=proof.direction,
        probe_recall=round(proof.recall, 6),
        transform_output=read,
    )
    documents.write(layout.receipt(part), receipt)
    return receipt


def _proof(users: PartFile, output: TransformOutput, *, complete: bool) -> Proof:
    probes = users.header["probes"]
    rows, found = output.rows({probe["row"] for probe in probes})
    _same(f"{users.header['part']}'s rows", header=users.header["users"], transform_output=rows)
    return prove(probes, found, complete=complete)


def _proven_lists(
    users: PartFile, output: TransformOutput, rules: ListRules, rows: RowProofs, direction: Direction
) -> Iterator[tuple[PartUser, RankedList]]:
    for row, (user, answer) in enumerate(zip(users.users(), output, strict=True)):
        ranked = rules.list_of(user, answer, direction)
        best_first = Neighbours(answer.labels[::-1], answer.distances[::-1]) if direction == "ascending" else answer
        rows.require(row, user, best_first, ranked)
        yield user, ranked


def _same(what: str, **sizes: int) -> None:
    if len(set(sizes.values())) > 1:
        text = " and ".join(f"{size} by {source}" for source, size in sizes.items())
        raise PublishRefused(f"{what} must be the same number everywhere, got {text}")


def read_catalogue(documents: JsonDocuments, files: CatalogueFiles) -> Catalogue:
    """The catalogue of one run.

    Raises:
        PublishRefused: if its hash is not the one in parts.json.
    """
    layout = files.layout
    packed = proven_bytes(documents, layout.item_ids, files.ids_sha256)
    ids = PackedIds(unpacked_json(packed, layout.uri(layout.item_ids), str))
    del packed  # hundreds of megabytes for a large catalogue, whose rows are still to be read
    _same("the catalogue", item_ids=len(ids), header=files.items)
    rows = proven_bytes(documents, layout.item_proofs, files.rows_sha256)
    return Catalogue(ids, ItemRows(rows, width=files.width, items=files.items))


_last: dict[CatalogueFiles, Catalogue] = {}


def _remembered(files: CatalogueFiles) -> Catalogue:
    """A warm function loads several parts of the same run. Two runs' catalogues may not fit into memory together."""
    if files not in _last:
        _last.clear()
        _last[files] = read_catalogue(JsonDocuments(aws_clients.client("s3"), files.layout.bucket), files)
    return _last[files]
