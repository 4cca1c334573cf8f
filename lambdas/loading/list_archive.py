"""Stores the lists of a part in a file as they are written to the table."""

import base64
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from contract import list_scores
from contract.part_manifest import PartUser, PublishedList
from contract.recommendation_table import user_item_on_the_wire
from lambdas.loading.batch_write import WriteRequest
from lambdas.loading.user_lists import SHORT, ListRules, RankedList
from lambdas.s3_json import JsonDocuments


@dataclass
class ListArchive:
    """The lists that are written to the table, stored for ``recommendations/``, and counted.

    ``score_form`` is the encoding of scores in the table; the archive always has all scores.
    """

    run_id: str
    item_ids: Sequence[str]
    rules: ListRules
    score_form: str = list_scores.LIST
    users: int = 0
    items: int = 0
    empty: int = 0
    short: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SHORT, 0))
    _buffer: io.BytesIO = field(default_factory=io.BytesIO)

    def put_requests(self, lists: Iterable[tuple[PartUser, RankedList]]) -> Iterator[WriteRequest]:
        """One put request for each list with items: a user without items gets the default list."""
        # No name and no time in the header, so the same lists give the same bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=self._buffer, compresslevel=6, mtime=0) as archive:
            for user, ranked in lists:
                ids = [self.item_ids[label] for label in ranked.labels]
                scores = list_scores.texts(ranked.scores)
                line = PublishedList(user=user["user"], items=ids, scores=[float(score) for score in scores])
                archive.write(f"{json.dumps(line, ensure_ascii=False)}\n".encode())
                self.users += 1
                self.items += len(ids)
                shortage = self.rules.shortage(user, len(ids))
                if shortage:
                    self.short[shortage] += 1
                if ids:
                    item = user_item_on_the_wire(user["user"], self.run_id, ids, scores, self.score_form)
                    yield {"PutRequest": {"Item": item}}
                else:
                    self.empty += 1

    def store(self, documents: JsonDocuments, key: str) -> str:
        """Upload the archive once all requests were accepted; S3 stores its SHA-256, which is returned."""
        body = self._buffer.getvalue()
        digest = hashlib.sha256(body)
        documents.s3.put_object(
            Bucket=documents.bucket,
            Key=key,
            Body=body,
            ContentType="application/gzip",
            ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
        )
        return digest.hexdigest()
