"""Splits an object of a batch transform into payloads: the whole object, or as many recordIO records as fit.

The engine's environment has no NumPy, so recordIO frames are read in pure Python.

Source: "SplitType" and "BatchStrategy" in the API reference of CreateTransformJob.
"""

from collections.abc import Iterator

from local_aws.sagemaker_jobs.endings import JobFailed
from sagemaker_contract.recordio_frame import HEADER_BYTES, MAGIC

_MAGIC = MAGIC.to_bytes(4, "little")


def payloads(data: bytes, split: str, most_bytes: int) -> Iterator[bytes]:
    """The bodies of the requests for one object.

    Args:
        data: the object's content.
        split: ``None`` or ``RecordIO``.
        most_bytes: the maximum size of a payload.

    Raises:
        JobFailed: if a single record is larger, or the object is not recordIO.
    """
    if split == "None":
        yield _fitting(data, most_bytes)
    else:
        yield from _grouped(_frames(data), most_bytes)


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + HEADER_BYTES], "little")
        end = at + HEADER_BYTES + (length + 3) // 4 * 4
        if data[at : at + 4] != _MAGIC or end > len(data):
            raise JobFailed(f"ClientError: not recordIO, or truncated: no whole record at byte {at} of {len(data)}")
        yield data[at:end]
        at = end


def _grouped(records: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    group: list[bytes] = []
    size = 0
    for record in records:
        if group and size + len(record) > most_bytes:
            yield b"".join(group)
            group, size = [], 0
        group.append(_fitting(record, most_bytes))
        size += len(record)
    if group:
        yield b"".join(group)


def _fitting(payload: bytes, most_bytes: int) -> bytes:
    if len(payload) > most_bytes:
        raise JobFailed(
            f"ClientError: a record takes {len(payload)} bytes, and MaxPayloadInMB allows {most_bytes}: raise it"
        )
    return payload
