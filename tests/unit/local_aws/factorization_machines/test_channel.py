"""Chunks of a channel: all records, in order, in whole batches, for any division into files, and kept in memory or
not.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from local_aws.algorithms.factorization_machines import channel, parameters, training
from local_aws.algorithms.factorization_machines.batches import Chunk
from local_aws.algorithms.factorization_machines.channel import open_channel
from local_aws.algorithms.factorization_machines.samples import concatenated
from local_aws.algorithms.factorization_machines.settings import ClientError, Settings, decode
from sagemaker_contract import recordio
from sagemaker_contract.recordio import read_sparse

FEATURES, BATCH = 30, 7


def settings() -> Settings:
    given = {"feature_dim": FEATURES, "num_factors": 3, "predictor_type": "regressor", "mini_batch_size": BATCH}
    return decode({name: str(value) for name, value in given.items()})


def write(folder: Path, sizes: list[int]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Files with this many records with one to three entries; all their keys and labels."""
    random = np.random.default_rng(0)
    folder.mkdir()
    found = []
    for number, size in enumerate(sizes):
        keys = [np.sort(random.choice(FEATURES, random.integers(1, 4), replace=False)) for _ in range(size)]
        labels = random.random(size, np.float32)
        indptr = np.cumsum([0, *map(len, keys)])
        flat = np.concatenate(keys) if keys else np.zeros(0, np.int64)
        with (folder / f"part-{number:05d}.pbr").open("wb") as stream:
            recordio.write_sparse(stream, indptr, flat, np.ones(flat.size, np.float32), FEATURES, labels)
        found.append((flat, labels))
    return np.concatenate([keys for keys, _ in found]), np.concatenate([labels for _, labels in found])


def trained(chunks: list[list[Chunk]]) -> NDArray[np.float32]:
    """The factors after one epoch of each list of chunks."""
    model = parameters.initial(settings(), seed=3)
    trainer = training.Trainer(model, settings())
    for epoch in chunks:
        for chunk in epoch:
            trainer.train(chunk, range(chunk.batches))
    return model.factors


@pytest.mark.parametrize("sizes", [[50], [20, 0, 3, 41], [1, 1, 1], [28, 28]])
@pytest.mark.parametrize("kept", [0, 10**9])
def test_the_chunks_are_all_records_in_order_and_train_as_one(
    sizes: list[int], kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_ROWS", 2 * BATCH)
    monkeypatch.setattr(channel, "_BYTES_KEPT", kept)
    keys, labels = write(tmp_path / "train", sizes)
    found = open_channel(tmp_path / "train", settings())
    epochs = [list(found.chunks()) for _ in range(2)]
    for chunks in epochs:
        whole = concatenated([chunk.samples for chunk in chunks])
        assert np.array_equal(whole.keys, keys)
        assert np.array_equal(whole.labels, labels)
        assert [chunk.samples.labels.size for chunk in chunks[:-1]] == [2 * BATCH] * (len(chunks) - 1)
    assert found.rows == sum(sizes)
    assert (epochs[0][0] is epochs[1][0]) == bool(kept)
    at_once = Chunk.of(concatenated([chunk.samples for chunk in epochs[0]]), BATCH)
    assert np.array_equal(trained(epochs), trained([[at_once], [at_once]]))


def test_a_fault_is_reported_by_the_files_own_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers as with the reader of whole files."""
    monkeypatch.setattr(channel, "_ROWS", BATCH)
    write(tmp_path / "train", [10, 40])
    path = tmp_path / "train" / "part-00001.pbr"
    data = bytearray(path.read_bytes())
    starts = recordio.frame_starts(bytes(data))
    data[starts[33] + 10] = 0xFF
    path.write_bytes(data)
    with pytest.raises(recordio.CorruptRecord) as reported:
        read_sparse(bytes(data))
    assert reported.value.record == 33
    with pytest.raises(ClientError) as raised:
        list(open_channel(tmp_path / "train", settings()).chunks())
    assert str(raised.value) == f"part-00001.pbr: {reported.value}"
