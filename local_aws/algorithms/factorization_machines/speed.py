"""Samples per second of the factorization-machines stand-in, by catalogue size and threads.

python -m local_aws.algorithms.factorization_machines.speed: k = 64, two one-hots, batches of 1000, popular items
more often.
"""

import time

import numba
import numpy as np

from local_aws.algorithms.factorization_machines import parameters, training
from local_aws.algorithms.factorization_machines.batches import Chunk
from local_aws.algorithms.factorization_machines.samples import Samples
from local_aws.algorithms.factorization_machines.settings import decode

_SIZES = ((900, 1_700), (50_000, 21_000), (138_000, 27_000))
_SAMPLES, _EPOCHS = 1_000_000, 3


def _samples(users: int, items: int) -> Samples:
    random = np.random.default_rng(0)
    item = users + (items * random.random(_SAMPLES) ** 2).astype(np.int64)
    keys = np.stack([random.integers(0, users, _SAMPLES), item], 1).ravel().astype(np.int32)
    labels = random.integers(0, 2, _SAMPLES).astype(np.float32)
    return Samples(np.arange(0, 2 * _SAMPLES + 1, 2), keys, np.ones(2 * _SAMPLES, np.float32), labels)


def main() -> None:
    for users, items in _SIZES:
        settings = decode(
            {
                "feature_dim": str(users + items),
                "num_factors": "64",
                "predictor_type": "binary_classifier",
                "factors_lr": "0.003",
            }
        )
        trainer = training.Trainer(parameters.initial(settings, seed=0), settings)
        chunk = Chunk.of(_samples(users, items), settings.mini_batch_size)
        for threads in range(1, numba.config.NUMBA_NUM_THREADS + 1):
            numba.set_num_threads(threads)
            trainer.train(chunk, range(1))  # compiles
            seconds = []
            for _ in range(_EPOCHS):
                begun = time.perf_counter()
                trainer.train(chunk, range(chunk.batches))
                seconds.append(time.perf_counter() - begun)
            rate = _SAMPLES / min(seconds)
            print(f"{users + items:>9,} features, {threads} threads: {rate:>12,.0f} samples/s", flush=True)


if __name__ == "__main__":
    main()
