"""The update compared with MXNet's own, and its guarantees about threads, shapes and order."""

from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest

from local_aws.algorithms.factorization_machines import parameters, training
from local_aws.algorithms.factorization_machines.batches import Chunk
from local_aws.algorithms.factorization_machines.pace import Pace
from local_aws.algorithms.factorization_machines.parameters import Parameters
from local_aws.algorithms.factorization_machines.samples import Samples
from local_aws.algorithms.factorization_machines.settings import Settings, decode

HERE = Path(__file__).parent
SYMBOL = HERE / "mxnet_artifact.py"
FEATURES = 60


def samples_of(rows: int, seed: int, *, binary: bool) -> Samples:
    """Rows of 0 to 6 features with normally distributed values; the first features are the most frequent."""
    random = np.random.default_rng(seed)
    keys = [np.unique((FEATURES * random.random(size) ** 3).astype(np.int32)) for size in random.integers(0, 7, rows)]
    indptr = np.cumsum([0, *(row.size for row in keys)])
    labels = random.integers(0, 2, rows) if binary else random.normal(3, 1, rows)
    values = random.normal(1, 0.5, indptr[-1]).astype(np.float32)
    return Samples(indptr, np.concatenate(keys), values, labels.astype(np.float32))


def settings_of(predictor_type: str, **more: object) -> Settings:
    given = {
        "feature_dim": FEATURES, "num_factors": 7, "predictor_type": predictor_type, "mini_batch_size": 50,
        "factors_lr": 0.01, "linear_lr": 0.02, "bias_lr": 0.03,
        "factors_wd": 0.02, "linear_wd": 0.01, "bias_wd": 0.005, "factors_init_sigma": 0.1,
    }  # fmt: skip
    return decode({name: str(value) for name, value in {**given, **more}.items()})


def trained(samples: Samples, settings: Settings, epochs: int, turn: int) -> Parameters:
    model = parameters.initial(settings, seed=3)
    trainer = training.Trainer(model, settings)
    chunk = Chunk.of(samples, settings.mini_batch_size)
    for _ in range(epochs):
        for first in range(0, chunk.batches, turn):
            trainer.train(chunk, range(first, min(first + turn, chunk.batches)))
    return model


@pytest.mark.parametrize(
    "more", [{}, {"clip_gradient": 0.02, "eps": 0.001, "rescale_grad": 0.1}], ids=["plain", "clip"]
)
@pytest.mark.parametrize("predictor_type", ["regressor", "binary_classifier"])
def test_a_hundred_steps_end_where_mxnets_lazy_adam_ends(
    predictor_type: str, more: dict[str, float], tmp_path: Path, run_mxnet: Callable[..., None]
) -> None:
    settings = settings_of(predictor_type, **more)
    samples = samples_of(50 * 50, seed=1, binary=settings.binary_classifier)
    start = parameters.initial(settings, seed=3)
    clip = {} if settings.clip_gradient is None else {"clip": settings.clip_gradient}
    groups = {"v": settings.factors, "w1_weight": settings.linear, "w0_weight": settings.bias}
    np.savez(
        tmp_path / "given.npz", **samples._asdict(), v=start.factors, w1_weight=start.linear, w0_weight=start.bias[0],
        batch=50, epochs=2, predictor_type=predictor_type, rescale=settings.rescale_grad, eps=settings.eps, **clip,
        **{f"lr_{name}": group.lr for name, group in groups.items()},
        **{f"wd_{name}": group.wd for name, group in groups.items()},
    )  # fmt: skip
    run_mxnet(HERE / "mxnet_adam.py", tmp_path / "given.npz", tmp_path / "theirs.npz", SYMBOL)
    theirs = np.load(tmp_path / "theirs.npz")
    ours = trained(samples, settings, epochs=2, turn=7)
    assert np.abs(ours.factors - start.factors).max() > 0.1
    assert np.abs(ours.factors - theirs["v"]).max() < 1e-4
    assert np.abs(ours.linear - theirs["w1_weight"]).max() < 1e-4
    assert np.abs(ours.bias[0] - theirs["w0_weight"]).max() < 1e-4


def test_the_result_is_the_same_to_the_bit_with_one_thread_and_with_more() -> None:
    settings = settings_of("binary_classifier")
    samples = samples_of(1030, seed=2, binary=True)
    results = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        results.append(trained(samples, settings, epochs=3, turn=4))
    assert all(np.array_equal(one, more) for one, more in zip(*results, strict=True))


def test_a_short_last_batch_is_trained_like_any_other() -> None:
    settings = settings_of("regressor", linear_wd=0, factors_wd=0)
    samples = samples_of(51, seed=2, binary=False)
    alone = Samples(
        np.array([0, 1]), np.array([FEATURES - 1], np.int32), np.ones(1, np.float32), np.ones(1, np.float32)
    )
    both = Samples(
        np.append(samples.indptr[:51], samples.indptr[50] + 1),
        np.append(samples.keys[: samples.indptr[50]], alone.keys),
        np.append(samples.values[: samples.indptr[50]], alone.values),
        np.append(samples.labels[:50], alone.labels),
    )
    start = parameters.initial(settings, seed=3)
    # Adam's first step for a row has the size of its learning rate, whatever the gradient; this was the second step.
    change = trained(both, settings, epochs=1, turn=9).linear[FEATURES - 1] - start.linear[FEATURES - 1]
    correction = np.sqrt(1 - 0.999**2) / (1 - 0.9**2) * 0.1 / np.sqrt(0.001)
    assert abs(abs(change[0]) - 0.02 * correction) < 1e-5


def test_rows_that_no_batch_touches_keep_their_values() -> None:
    settings = settings_of("regressor")
    samples = samples_of(20, seed=2, binary=False)
    start = parameters.initial(settings, seed=3)
    untouched = np.setdiff1d(np.arange(FEATURES), samples.keys)
    end = trained(samples, settings, epochs=1, turn=9)
    assert untouched.size
    assert np.array_equal(end.factors[untouched], start.factors[untouched])
    assert np.array_equal(end.linear[untouched], start.linear[untouched])


def test_scores_equal_the_sum_over_all_pairs() -> None:
    settings = settings_of("regressor")
    samples = samples_of(40, seed=5, binary=False)
    model = parameters.initial(settings, seed=3)
    v, w, b = (array.astype(np.float64) for array in model)
    for row, score in enumerate(training.scores(samples, model)):
        x = np.zeros(FEATURES)
        entries = slice(samples.indptr[row], samples.indptr[row + 1])
        x[samples.keys[entries]] = samples.values[entries]
        pairs = sum(x[i] * x[j] * v[i] @ v[j] for i in range(FEATURES) for j in range(i))
        assert score == pytest.approx(b[0, 0] + w[:, 0] @ x + pairs, abs=1e-5)


@pytest.mark.parametrize(
    ("method", "low", "high", "mean_size"),
    [("normal", -0.6, 0.6, 0.1 * np.sqrt(2 / np.pi)), ("uniform", -0.1, 0.1, 0.05), ("constant", 0.1, 0.1, 0.1)],
)
def test_parameters_begin_as_their_method_says(method: str, low: float, high: float, mean_size: float) -> None:
    name = {"normal": "sigma", "uniform": "scale", "constant": "value"}[method]
    given = {"feature_dim": "3000", "num_factors": "5", "predictor_type": "regressor"}
    for group in ("bias", "linear", "factors"):
        given |= {f"{group}_init_method": method, f"{group}_init_{name}": "0.1"}
    model = parameters.initial(decode(given), seed=0)
    for array in (model.factors, model.linear):
        assert low - 1e-6 <= array.min() <= array.max() <= high + 1e-6
        assert np.abs(array).mean() == pytest.approx(mean_size, rel=0.05)


def test_the_faster_number_of_threads_gets_nearly_all_turns_and_the_slower_is_tried_again() -> None:
    seconds = {2: 3.0, 1: 0.1}
    pace = Pace(2)
    taken = []
    for _ in range(1000):
        threads = pace.threads()
        pace.saw(threads, 1, seconds[threads])
        taken.append(threads)
    assert 2 <= taken.count(2) <= 6
    seconds[2] = 0.05
    for _ in range(1000):
        threads = pace.threads()
        pace.saw(threads, 1, seconds[threads])
        taken.append(threads)
    assert taken[-300:].count(2) > 250


def test_a_number_of_threads_that_is_faster_on_the_whole_stays_though_some_of_its_turns_are_slow() -> None:
    """Three turns of ten meet the thread that decodes the next records."""
    pace, taken = Pace(2), []
    for turn in range(2000):
        threads = pace.threads()
        pace.saw(threads, 1, 1.0 if threads == 1 else 1.3 if turn % 10 in {0, 1, 2} else 0.6)
        taken.append(threads)
    assert taken.count(2) > 1500
