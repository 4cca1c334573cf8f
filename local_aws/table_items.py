"""A table's items on disk, as the mapping that ministack expects: by partition key, then by sort key.

Only the keys and each item's place in the table's log are in memory. ministack writes whole items and does not modify
those that it has read, so each read decodes an item anew.
"""

import os
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from local_aws.item_log import ItemLog, record_bytes
from local_aws.packed_item import pack, unpack

Item = dict[str, Any]
# The space that deleted and replaced items may take in a log, however few items there are.
_MOST_IDLE_BYTES = 4 << 20


class TableItems(MutableMapping[str, "Partition"]):
    """All items of one table. Thread-safe."""

    # The folder of logs, while tables have them open.
    folder: ClassVar[Path]

    def __init__(
        self,
        _factory: object = dict,
        items: Mapping[str, Mapping[str, Item]] | None = None,
        *,
        log: ItemLog | None = None,
    ) -> None:
        """Same parameters as ``defaultdict(dict, items)``, which ministack would create."""
        self._lock = threading.RLock()
        self._log = log or self._new_log()
        # By both keys, a place in the log, or the packed item itself until it is on disk.
        self._index: dict[str, dict[str, int | bytes]] = {}
        # Records that are not on disk yet; the newest for each key.
        self._untaken: dict[tuple[str, str], bytes] = {}
        self._idle_bytes = 0
        for partition, found in (items or {}).items():
            self[partition] = found

    @classmethod
    def restored(cls, saved: Path, length: int) -> "TableItems":
        """The items in the first ``length`` bytes of a saved log.

        Raises:
            ItemsDamaged: if they are not as they were saved.
            OSError: if there is no such file.
        """
        path = cls.folder / saved.name
        os.link(saved, path)
        items = cls(log=ItemLog(path))
        for record in items._log.records(length):
            items._note(record.partition, record.sort, record.place, deleted=record.deleted)
        for partition in [name for name, sorts in items._index.items() if not sorts]:
            del items._index[partition]
        return items

    def settle(self) -> tuple[ItemLog, int]:
        """Write all items to the log; returns the log, and the length that contains them.

        Raises:
            OSError: if the disk rejects them; nothing is lost then.
        """
        with self._lock:
            for (partition, sort), packed in list(self._untaken.items()):
                self._note(partition, sort, self._log.append(partition, sort, packed), deleted=not packed)
                del self._untaken[partition, sort]
            if self._idle_bytes > max(_MOST_IDLE_BYTES, self._log.end // 2):
                with suppress(OSError):  # the log is longer than necessary, but complete
                    self._rewrite()
            return self._log, self._log.end

    def put(self, partition: str, sort: str, item: Item) -> None:
        """Store an item, replacing the one with the same keys."""
        packed = pack(item)
        with self._lock:
            self._record(partition, sort, packed)

    def read(self, partition: str, sort: str) -> Item:
        """The item with these keys.

        Raises:
            KeyError: if there is none.
        """
        with self._lock:
            place = self._index[partition][sort]
            packed = place if isinstance(place, bytes) else self._log.read(place)
        return unpack(packed)

    def delete(self, partition: str, sort: str) -> None:
        """Delete the item with these keys; its partition remains, empty, until it is deleted itself.

        Raises:
            KeyError: if there is none.
        """
        with self._lock:
            self._index[partition][sort]
            self._record(partition, sort, b"")

    def sorts(self, partition: str) -> list[str]:
        """The sort keys of a partition; empty if there is no such partition."""
        with self._lock:
            return list(self._index.get(partition, ()))

    def __getitem__(self, partition: str) -> "Partition":
        self._index[partition]
        return Partition(self, partition)

    def __setitem__(self, partition: str, items: Mapping[str, Item]) -> None:
        for sort, item in items.items():
            self.put(partition, sort, item)

    def __delitem__(self, partition: str) -> None:
        with self._lock:
            for sort in self.sorts(partition):
                self.delete(partition, sort)
            del self._index[partition]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._index))

    def __len__(self) -> int:
        return len(self._index)

    def setdefault(self, partition: str, default: object = None) -> "Partition":  # noqa: ARG002 - it is never kept
        """The partition, which exists from its first item on."""
        return Partition(self, partition)

    def __deepcopy__(self, memo: object) -> "TableItems":
        """Returns itself: ministack copies a table to save it, but its items are saved by their log."""
        return self

    def _record(self, partition: str, sort: str, packed: bytes) -> None:
        try:
            place: int | bytes = self._log.append(partition, sort, packed)
            self._untaken.pop((partition, sort), None)
        except OSError:
            place = self._untaken[partition, sort] = packed
        self._note(partition, sort, place, deleted=not packed)

    def _note(self, partition: str, sort: str, place: int | bytes, *, deleted: bool) -> None:
        """Update the index with the newest record of a key."""
        sorts = self._index.setdefault(partition, {})
        for idle in (sorts.pop(sort, None), place if deleted else None):
            if isinstance(idle, int):
                self._idle_bytes += record_bytes(partition, sort, idle)
        if not deleted:
            sorts[sys.intern(sort)] = place  # one string object for all items of a version

    def _rewrite(self) -> None:
        """Switch to a new log with only the current items; hard links to the old one remain."""
        log = self._new_log()
        index: dict[str, dict[str, int | bytes]] = {}
        try:
            for partition, sorts in self._index.items():
                index[partition] = {
                    sort: place if isinstance(place, bytes) else log.append(partition, sort, self._log.read(place))
                    for sort, place in sorts.items()
                }
        except OSError:
            log.close()
            raise
        self._log.close()
        self._log, self._index, self._idle_bytes = log, index, 0

    def _new_log(self) -> ItemLog:
        return ItemLog(self.folder / f"{uuid.uuid4().hex}.items")


class Partition(MutableMapping[str, Item]):
    """The items of one partition key, by sort key."""

    def __init__(self, table: TableItems, key: str) -> None:
        self._table = table
        self._key = key

    def __getitem__(self, sort: str) -> Item:
        return self._table.read(self._key, sort)

    def __setitem__(self, sort: str, item: Item) -> None:
        self._table.put(self._key, sort, item)

    def __delitem__(self, sort: str) -> None:
        self._table.delete(self._key, sort)

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.sorts(self._key))

    def __len__(self) -> int:
        return len(self._table.sorts(self._key))

    def __contains__(self, sort: object) -> bool:
        return sort in self._table.sorts(self._key)

    def __deepcopy__(self, memo: object) -> dict[str, Item]:
        """A copy that does not change with the table."""
        return dict(self)
