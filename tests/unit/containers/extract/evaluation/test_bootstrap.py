import numpy as np
import pytest
from scipy import stats

from containers.extract.evaluation import bootstrap


def of_users(users: int) -> np.ndarray:
    """Paired values of two rankings, like those of two models for the same users, and their difference."""
    draw = np.random.default_rng(7)
    easy = draw.beta(0.4, 2, users)
    ours, theirs = (np.clip(easy + draw.normal(0, 0.05, users), 0, 1) for _ in range(2))
    return np.column_stack([ours, theirs, ours - theirs])


@pytest.mark.parametrize("users", [40, 700])
def test_it_is_the_percentile_interval_of_scipys_bootstrap(users):
    values = of_users(users)
    expected = stats.bootstrap(
        (values,), np.mean, axis=0, n_resamples=4_000, method="percentile", rng=np.random.default_rng(3)
    ).confidence_interval
    # The ends of two bootstraps with different seeds are equal within some hundredths of the standard error.
    error = values.std(axis=0) / np.sqrt(users)
    for ours, theirs in zip(bootstrap.intervals(values), (expected.low, expected.high), strict=True):
        assert (np.abs(ours - theirs) < 0.15 * error).all()


def test_users_are_drawn_whole_so_a_difference_of_two_alike_is_narrow():
    lower, upper = bootstrap.intervals(of_users(300))
    width = upper - lower
    assert width[2] < 0.5 * min(width[0], width[1])


def test_the_same_values_have_the_same_interval():
    values = of_users(60)
    assert bootstrap.intervals(values).tolist() == bootstrap.intervals(values.copy()).tolist()


def test_without_a_difference_between_users_there_is_no_width():
    assert bootstrap.intervals(np.full((1, 2), 0.25)).tolist() == [[0.25] * 2] * 2
    assert bootstrap.intervals(np.full((50, 1), 0.25)).tolist() == [[0.25], [0.25]]


def test_more_users_than_a_block_holds_are_drawn_in_blocks(monkeypatch):
    values = of_users(90)
    whole = bootstrap.intervals(values)
    monkeypatch.setattr(bootstrap, "_BLOCK", 200)
    assert bootstrap.intervals(values) == pytest.approx(whole)


def test_the_interval_of_a_ratio_is_that_of_scipy():
    values, over = of_users(300)[:, 0] ** 2, of_users(300)[:, 0] + 0.5
    expected = stats.bootstrap(
        (values, over),
        lambda one, other, axis: one.mean(axis=axis) / other.mean(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=4_000,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval
    assert bootstrap.ratio_interval(values, over) == pytest.approx((expected.low, expected.high), rel=0.03)


def test_over_what_may_be_0_a_ratio_has_no_upper_end():
    over = np.zeros(20)
    assert bootstrap.ratio_interval(np.ones(20), over) == (np.inf, np.inf)
    over[0] = 1
    lower, upper = bootstrap.ratio_interval(np.ones(20), over)
    assert 3 < lower < 20
    assert upper == np.inf


def test_the_best_of_many_that_are_noise_gains_what_is_expected():
    """The expected maximum of 12 standard normals is 1.6292 (Harter 1961), and 0 for a single one."""
    draw = np.random.default_rng(4)
    values = draw.normal(size=(400, 12))
    values = (values - values.mean(axis=0)) / values.std(axis=0) + draw.normal(size=12)
    assert bootstrap.best_by_chance(values) * np.sqrt(400) == pytest.approx(1.629, rel=0.05)
    assert bootstrap.best_by_chance(values[:, :1]) == pytest.approx(0, abs=0.01)
