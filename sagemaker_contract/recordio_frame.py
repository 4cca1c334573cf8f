"""The frame of a recordIO record: this number, the length in four bytes, the record, zeros up to a multiple of 4.

Apart from the codec, which needs numpy, for whoever only cuts files between records.
"""

MAGIC = 0xCED7230A
HEADER_BYTES = 8
