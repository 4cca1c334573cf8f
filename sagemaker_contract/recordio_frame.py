"""The frame of a recordIO record: this number, the length in four bytes, the record, zeros up to a multiple of 4.

Separate from the codec, which needs NumPy, for code that only splits files between records.
"""

MAGIC = 0xCED7230A
HEADER_BYTES = 8
