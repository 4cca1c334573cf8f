"""recordIO-protobuf, the format that SageMaker's built-in algorithms read.

A file is a sequence of frames: uint32 0xCED7230A, uint32 length, a protobuf message ``aialgs.data.Record``
of that length, zero padding to 4 bytes; little-endian. A record maps the feature name ``values`` to a
tensor (dense: values; sparse: values, keys and shape) and, if it is labelled, the label name ``values`` to a
tensor of one number. Written bytes equal those of ``sagemaker`` 2.x's ``sagemaker.amazon.common``.

Source: "Common Data Formats for Training" in the SageMaker developer guide, and record.proto in ``sagemaker`` 2.x.
"""

from sagemaker_contract.recordio.decoding import DenseRecords, SparseRecords, is_sparse, read_dense, read_sparse
from sagemaker_contract.recordio.encoding import write_dense, write_sparse
from sagemaker_contract.recordio.framing import CorruptRecord, frame_starts

__all__ = [
    "CorruptRecord",
    "DenseRecords",
    "SparseRecords",
    "frame_starts",
    "is_sparse",
    "read_dense",
    "read_sparse",
    "write_dense",
    "write_sparse",
]
