"""Reads a part's own file: its users in row order, and extract's data about each."""

from collections.abc import Iterator
from typing import cast

from contract.part_manifest import PartHeader, PartUser
from contract.refusal import PublishRefused
from contract.stored_object import DamagedObject, unpacked_json


class PartFile:
    """``runs/<run_id>/parts/<part>.jsonl.gz``, kept compressed in memory and decompressed for each pass."""

    def __init__(self, packed: bytes, *, run_id: str, part: str) -> None:
        """Read the header.

        Raises:
            PublishRefused: if the file belongs to another run or another part.
            DamagedObject: if it cannot be read.
        """
        self._packed = packed
        self._name = f"parts/{part}.jsonl.gz of run {run_id}"
        header = next(self._documents(), None)
        if header is None:
            raise DamagedObject(self._name, "has no header")
        self.header = cast(PartHeader, header)
        if (self.header["run_id"], self.header["part"]) != (run_id, part):
            raise PublishRefused(
                f"the file of {part} of run {run_id} says that it is {self.header['part']!r} of run "
                f"{self.header['run_id']!r}; extract the vectors again"
            )

    def users(self) -> Iterator[PartUser]:
        """The users in row order.

        Raises:
            PublishRefused: if there are more or fewer than the header says, or one occurs twice.
        """
        due, names = self.header["users"], set[str]()
        documents = self._documents()
        next(documents)
        for document in documents:
            user = cast(PartUser, document)
            if user["user"] in names:
                raise PublishRefused(
                    f"{self.header['part']} has the user {user['user']!r} twice; an id must be one row"
                )
            names.add(user["user"])
            yield user
        if len(names) != due:
            raise PublishRefused(f"{self.header['part']} must list {due} users, as its header says, got {len(names)}")

    def _documents(self) -> Iterator[object]:
        return unpacked_json(self._packed, self._name)
