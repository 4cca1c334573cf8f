"""Frames of a recordIO file: where each record begins and ends."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sagemaker_contract.recordio_frame import HEADER_BYTES, MAGIC


class CorruptRecord(ValueError):
    """Data is not valid recordIO-protobuf; the message names the record, its first byte and the error."""

    def __init__(self, record: int, offset: int, fault: str) -> None:
        super().__init__(f"record {record} at byte {offset}: {fault}")
        self.record = record
        self.offset = offset
        self.fault = fault


def frame_starts(data: bytes | NDArray[np.uint8]) -> NDArray[np.int64]:
    """The start of each frame, and at the end the data's length: int64 [records + 1].

    Raises:
        CorruptRecord: if a frame does not begin with the magic number or does not end within the data.
    """
    octets = np.frombuffer(data, np.uint8)
    count, at = _count_frames(octets)
    if at < octets.size:
        raise CorruptRecord(count, at, _frame_fault(data, at))
    starts = np.empty(count + 1, np.int64)
    _find_frames(octets, starts)
    return starts


def _frame_fault(data: bytes | NDArray[np.uint8], at: int) -> str:
    left = len(data) - at
    if left < HEADER_BYTES:
        return f"truncated: a frame's header takes {HEADER_BYTES} bytes, {left} are left"
    magic = int.from_bytes(data[at : at + 4], "little")
    if magic != MAGIC:
        return f"a frame begins with 0x{MAGIC:08x}, got 0x{magic:08x}: this is not a recordIO file"
    length = int.from_bytes(data[at + 4 : at + HEADER_BYTES], "little")
    return f"truncated: the record takes {length} bytes and padding to 4, {left - HEADER_BYTES} are left"


@njit(cache=True, nogil=True)
def _frame_end(octets, at):  # type: ignore[no-untyped-def]
    """One past the end of the frame that begins at ``at``, or -1 if there is none."""
    if at + 8 > octets.size:
        return -1
    if octets[at] != 0x0A or octets[at + 1] != 0x23 or octets[at + 2] != 0xD7 or octets[at + 3] != 0xCE:
        return -1
    length = (
        np.int64(octets[at + 4])
        | np.int64(octets[at + 5]) << 8
        | np.int64(octets[at + 6]) << 16
        | np.int64(octets[at + 7]) << 24
    )
    end = at + 8 + (length + 3) // 4 * 4
    return end if end <= octets.size else -1


@njit(cache=True, nogil=True)
def _count_frames(octets):  # type: ignore[no-untyped-def]
    """The number of consecutive frames from the start, and one past the last of them."""
    count = 0
    at = 0
    while at < octets.size:
        end = _frame_end(octets, at)
        if end < 0:
            break
        at = end
        count += 1
    return count, at


@njit(cache=True, nogil=True)
def _find_frames(octets, starts):  # type: ignore[no-untyped-def]
    at = 0
    for record in range(starts.size):
        starts[record] = at
        if record < starts.size - 1:
            at = _frame_end(octets, at)
