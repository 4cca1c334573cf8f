"""State "Load one part": proves what a part's neighbours mean, then writes its users' lists."""

import gzip
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from contract.part_manifest import PartEntry, PartUser, PublishedList, Receipt
from contract.recommendation_table import user_item
from contract.refusal import PublishRefused
from contract.run_layout import RunLayout
from lambdas import aws_clients
from lambdas.batch_write import Patience, write_all
from lambdas.neighbour_lists import TransformOutput, opened_output
from lambdas.part_file import PartFile
from lambdas.probe_proofs import Direction, Proof, prove
from lambdas.s3_json import JsonDocuments
from lambdas.user_lists import SHORT, ListRules, RankedList


class LoadReceipt(Receipt):
    """What the loader itself adds to a receipt."""

    written: int  # table items that DynamoDB took
    items: int  # in all lists together
    direction: Direction  # where k-NN put the best neighbour
    probe_recall: float  # share of the probes' true neighbours that k-NN found


@aws_clients.told_as_unavailable
def handler(event: dict[str, Any], context: object) -> LoadReceipt:
    """Event: run_id, part (an entry of parts.json). Returns the receipt."""
    bucket, run_id = os.environ["BUCKET"], event["run_id"]
    documents = JsonDocuments(aws_clients.client("s3"), bucket)
    return load_part(
        documents,
        aws_clients.impatient_table_client(),
        os.environ["TABLE"],
        run_id,
        event["part"],
        item_ids=_item_ids(bucket, run_id),
        patience=Patience.of(context),
    )


def load_part(
    documents: JsonDocuments,
    client: Any,
    table: str,
    run_id: str,
    entry: PartEntry,
    *,
    item_ids: Sequence[str],
    patience: Patience | None = None,
) -> LoadReceipt:
    """Write one part's lists to the table, then to ``recommendations/``, and last the receipt.

    Twice is the same as once: every key and every value depend on the run's files only.

    Args:
        client: from ``lambdas.aws_clients.impatient_table_client``.
        item_ids: each item's id, by label.

    Raises:
        PublishRefused: before anything is written, when rows, probes or sizes do not fit together;
            later, when a single list is not what it must be.
        WritingStalled: when DynamoDB takes nothing more.
    """
    layout, part = RunLayout(documents.bucket, run_id), entry["part"]
    request = documents.read(layout.plan)["request"]
    users = PartFile(_packed(documents, layout.part(part)), run_id=run_id, part=part)
    header = users.header
    _same_size(f"{part}'s users", manifest=entry["users"], header=header["users"])
    _same_size("the catalogue", item_ids=len(item_ids), header=header["items"])
    rules = ListRules(
        request["top_x"],
        header["items"],
        header["servable"],
        complete=request["index_type"] == "faiss.Flat",
        limited=header["limited"],
    )
    with opened_output(documents, layout.neighbours, part) as lines:
        output = TransformOutput(lines, items=header["items"], k=header["k"], complete=rules.complete)
        proof = _proof(users, output, complete=rules.complete)
        lists = (
            (user, rules.list_of(user, found, proof.direction))
            for user, found in zip(users.users(), output, strict=True)
        )
        archive = _Archive(run_id, item_ids, rules)
        written = write_all(client, table, archive.put_requests(lists), total=entry["users"], patience=patience)
    documents.s3.put_object(
        Bucket=documents.bucket, Key=layout.recommendations(part), Body=archive.packed(), ContentType="application/gzip"
    )
    receipt = LoadReceipt(
        part=part,
        users=archive.users,
        written=written,
        items=archive.items,
        short=sum(archive.short.values()),
        short_because=archive.short,
        empty=archive.empty,
        direction=proof.direction,
        probe_recall=round(proof.recall, 6),
    )
    documents.write(layout.receipt(part), receipt)
    return receipt


@dataclass
class _Archive:
    """The lists on their way into the table, kept for ``recommendations/``, and counted."""

    run_id: str
    item_ids: Sequence[str]
    rules: ListRules
    users: int = 0
    items: int = 0
    empty: int = 0
    short: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SHORT, 0))
    _buffer: io.BytesIO = field(default_factory=io.BytesIO)

    def put_requests(self, lists: Iterable[tuple[PartUser, RankedList]]) -> Iterator[dict[str, Any]]:
        """One put request a list that holds anything: whoever has none is given the list for unknown users."""
        # No name and no time in the header, so the same lists give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=self._buffer, compresslevel=6, mtime=0) as archive:
            for user, ranked in lists:
                ids = [self.item_ids[label] for label in ranked.labels]
                item = user_item(user["user"], self.run_id, ids, ranked.scores)
                line = PublishedList(user=user["user"], items=ids, scores=[float(score) for score in item["scores"]])
                archive.write(f"{json.dumps(line, ensure_ascii=False)}\n".encode())
                self.users += 1
                self.items += len(ids)
                shortage = self.rules.shortage(user, len(ids))
                if shortage:
                    self.short[shortage] += 1
                if ids:
                    yield {"PutRequest": {"Item": item}}
                else:
                    self.empty += 1

    def packed(self) -> bytes:
        """The archive's bytes, once all requests were taken."""
        return self._buffer.getvalue()


def _proof(users: PartFile, output: TransformOutput, *, complete: bool) -> Proof:
    probes = users.header["probes"]
    rows, found = output.rows({probe["row"] for probe in probes})
    _same_size(f"{users.header['part']}'s rows", header=users.header["users"], transform_output=rows)
    return prove(probes, found, complete=complete)


def _same_size(what: str, **sizes: int) -> None:
    if len(set(sizes.values())) > 1:
        told = " and ".join(f"{size} by {source}" for source, size in sizes.items())
        raise PublishRefused(f"{what} must be the same number everywhere, got {told}")


def _packed(documents: JsonDocuments, key: str) -> bytes:
    body = documents.find_bytes(key)
    if body is None:
        raise PublishRefused(f"s3://{documents.bucket}/{key} is missing; extract the vectors again")
    return body


@lru_cache(maxsize=1)
def _item_ids(bucket: str, run_id: str) -> Sequence[str]:
    """The catalogue of one run; a warm function loads several parts of the same."""
    packed = _packed(JsonDocuments(aws_clients.client("s3"), bucket), RunLayout(bucket, run_id).item_ids)
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]
