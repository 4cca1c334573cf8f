"""How a batch transform cuts an object into payloads.

The engine's environment has no numpy, so frames of recordIO are walked in plain Python.

Source: "SplitType" and "BatchStrategy" in the API reference of CreateTransformJob.
"""

from collections.abc import Iterator

from topx.local.sagemaker_jobs.endings import JobFailed

MULTI_RECORD = "MultiRecord"
_MAGIC = (0xCED7230A).to_bytes(4, "little")
_HEADER = 8


def payloads(data: bytes, split: str, strategy: str, most_bytes: int) -> Iterator[bytes]:
    """The bodies of the requests for one object.

    Args:
        data: the object's content.
        split: ``None``, ``Line`` or ``RecordIO``.
        strategy: ``MultiRecord`` fills payloads with whole records; ``SingleRecord`` sends each by itself, a
            recordIO record without its frame.
        most_bytes: of a payload.

    Raises:
        JobFailed: when a record alone is larger, or the object is not recordIO.
    """
    if split == "None":
        yield _fitting(data, most_bytes)
        return
    records = _lines(data) if split == "Line" else _frames(data)
    if strategy == MULTI_RECORD:
        yield from _grouped(records, most_bytes)
        return
    for record in records:
        yield _fitting(record.rstrip(b"\n") if split == "Line" else _content(record), most_bytes)


def _lines(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        yield data[at:end]
        at = end


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + _HEADER], "little")
        end = at + _HEADER + (length + 3) // 4 * 4
        if data[at : at + 4] != _MAGIC or end > len(data):
            raise JobFailed(f"ClientError: not recordIO, or truncated: no whole record at byte {at} of {len(data)}")
        yield data[at:end]
        at = end


def _content(frame: bytes) -> bytes:
    return frame[_HEADER : _HEADER + int.from_bytes(frame[4:_HEADER], "little")]


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
