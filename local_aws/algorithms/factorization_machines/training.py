"""Mini-batch training with MXNet's lazy Adam, and scoring, compiled.

Sources: Rendle, "Factorization Machines" (2010), eq. 5, for the linear-time score and its gradient; MXNet 1.9.1,
src/operator/optimizer_op-inl.h (AdamDnsRspDnsKernel) and python/mxnet/optimizer, for Adam: decay is added before
clipping, and the moments of rows that are not in a batch do not change.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import get_num_threads, njit, prange
from numpy.typing import NDArray

from local_aws.algorithms.factorization_machines.batches import Chunk
from local_aws.algorithms.factorization_machines.parameters import Parameters
from local_aws.algorithms.factorization_machines.samples import Samples
from local_aws.algorithms.factorization_machines.settings import Settings

_BETA1, _BETA2 = 0.9, 0.999
_BETA1_32, _BETA2_32 = np.float32(_BETA1), np.float32(_BETA2)
_REST1_32, _REST2_32 = np.float32(1) - _BETA1_32, np.float32(1) - _BETA2_32
_HALF, _ONE = np.float32(0.5), np.float32(1)
# Sums may be reordered for vectorization, but NaN and infinity must be preserved: they show divergence.
_FAST = {"reassoc", "contract", "arcp", "nsz"}


class Moments(NamedTuple):
    """Adam's running mean and variance of the gradients, in the shapes of the parameters."""

    mean: Parameters
    variance: Parameters


class Schedule(NamedTuple):
    """What the update needs besides the data; rates and decays are for factors, linear and bias."""

    rates: NDArray[np.float64]  # [3]
    decays: NDArray[np.float32]  # [3]
    rescale: np.float32
    clip: np.float32  # infinite if there is no clipping
    eps: np.float32
    logistic: bool


class Trainer:
    """Parameters and Adam's moments, which are updated batch by batch."""

    def __init__(self, parameters: Parameters, settings: Settings) -> None:
        self._parameters = parameters
        self._moments = Moments(_zeros(parameters), _zeros(parameters))
        self._schedule = _schedule(settings)
        self._steps = 0

    def train(self, chunk: Chunk, batches: range) -> None:
        """Update the parameters in place with some batches of a chunk in order, each one a step of Adam."""
        _train(
            batches.start,
            batches.stop,
            self._steps - batches.start,
            chunk,
            self._parameters,
            self._moments,
            self._schedule,
            get_num_threads(),
        )
        self._steps += len(batches)


def scores(samples: Samples, parameters: Parameters) -> NDArray[np.float32]:
    """The raw score of each sample: float32 [n]."""
    found = np.empty(samples.labels.size, np.float32)
    _score_all(samples.indptr, samples.keys, samples.values, *parameters, found, get_num_threads())
    return found


def _zeros(parameters: Parameters) -> Parameters:
    return Parameters(*map(np.zeros_like, parameters))


def _schedule(settings: Settings) -> Schedule:
    groups = (settings.factors, settings.linear, settings.bias)
    return Schedule(
        rates=np.array([group.lr for group in groups], np.float64),
        decays=np.array([group.wd for group in groups], np.float32),
        rescale=np.float32(settings.rescale_grad),
        clip=np.float32(math.inf if settings.clip_gradient is None else settings.clip_gradient),
        eps=np.float32(settings.eps),
        logistic=settings.binary_classifier,
    )


@njit(cache=True, fastmath=_FAST, error_model="numpy")
def _score(row_start, row_end, keys, values, factors, linear, bias, sums, row):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """A sample's raw score; its sums over x_j factors_j are stored in ``sums[row]``."""
    size = factors.shape[1]
    score = bias[0, 0]
    for f in range(size):
        sums[row, f] = np.float32(0)
    own = np.float32(0)
    for entry in range(row_start, row_end):
        feature, x = keys[entry], values[entry]
        score += x * linear[feature, 0]
        for f in range(size):
            product = x * factors[feature, f]
            sums[row, f] += product
            own += product * product
    both = np.float32(0)
    for f in range(size):
        both += sums[row, f] * sums[row, f]
    return score + _HALF * (both - own)


@njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def _score_all(indptr, keys, values, factors, linear, bias, found, threads):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    for thread in prange(threads):
        sums = np.empty((1, factors.shape[1]), np.float32)
        for row in range(found.size * thread // threads, found.size * (thread + 1) // threads):
            found[row] = _score(indptr[row], indptr[row + 1], keys, values, factors, linear, bias, sums, 0)


@njit(cache=True, fastmath=_FAST, error_model="numpy")
def _adam(weights, mean, variance, row, gradient, rate, decay, rescale, clip, eps):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """One step for one row of a parameter."""
    for f in range(weights.shape[1]):
        weight = weights[row, f]
        slope = min(max(gradient[f] * rescale + weight * decay, -clip), clip)
        m = _BETA1_32 * mean[row, f] + _REST1_32 * slope
        v = _BETA2_32 * variance[row, f] + _REST2_32 * slope * slope
        mean[row, f] = m
        variance[row, f] = v
        weights[row, f] = weight - rate * m / (math.sqrt(v) + eps)


@njit(cache=True)
def _share(starts, first, last, part, parts):  # type: ignore[no-untyped-def]
    """Where share ``part`` of ``parts`` of the groups first..last begins; a group weighs as much as an entry."""
    total = last - first + starts[last] - starts[first]
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if (middle - first + starts[middle] - starts[first]) * parts < total * part:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, fastmath=_FAST, error_model="numpy")
def _gradient(begin, end, rows, values, residuals, sums, factors, feature, gradient, slope):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """A feature's gradients over a batch, for its factors and (one element) its linear weight."""
    slope[0] = np.float32(0)
    own = np.float32(0)
    for f in range(gradient.size):
        gradient[f] = np.float32(0)
    for entry in range(begin, end):
        row, x = rows[entry], values[entry]
        push = residuals[row] * x
        slope[0] += push
        own += push * x
        for f in range(gradient.size):
            gradient[f] += push * sums[row, f]
    for f in range(gradient.size):
        gradient[f] -= own * factors[feature, f]


@njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def _score_batch(first, count, samples, parameters, logistic, sums, residuals, found, threads):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    indptr, keys, values, labels = samples
    factors, linear, bias = parameters
    for thread in prange(threads):
        for row in range(count * thread // threads, count * (thread + 1) // threads):
            sample = first + row
            score = _score(indptr[sample], indptr[sample + 1], keys, values, factors, linear, bias, sums, row)
            found[sample] = score
            predicted = _ONE / (_ONE + math.exp(-score)) if logistic else score
            residuals[row] = predicted - labels[sample]


@njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def _update_batch(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    first, last, correction, grouped, parameters, moments, constants, sums, residuals, threads
):
    _, _, features, starts, rows, values = grouped
    factors, linear, _ = parameters
    mean_factors, mean_linear, _ = moments.mean
    var_factors, var_linear, _ = moments.variance
    rates, decays, rescale, clip, eps, _ = constants
    factor_rate, linear_rate = np.float32(rates[0] * correction), np.float32(rates[1] * correction)
    factor_decay, linear_decay = decays[0], decays[1]
    for thread in prange(threads):
        gradient = np.empty(factors.shape[1], np.float32)
        slope = np.empty(1, np.float32)
        begin = _share(starts, first, last, thread, threads)
        for group in range(begin, _share(starts, first, last, thread + 1, threads)):
            row = features[group]
            _gradient(starts[group], starts[group + 1], rows, values, residuals, sums, factors, row, gradient, slope)
            _adam(factors, mean_factors, var_factors, row, gradient, factor_rate, factor_decay, rescale, clip, eps)
            _adam(linear, mean_linear, var_linear, row, slope, linear_rate, linear_decay, rescale, clip, eps)


@njit(cache=True, fastmath=_FAST, error_model="numpy")
def _update_bias(count, correction, bias, moments, constants, residuals):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    rates, decays, rescale, clip, eps, _ = constants
    total = np.zeros(1, np.float32)
    for row in range(count):
        total[0] += residuals[row]
    rate = np.float32(rates[2] * correction)
    _adam(bias, moments.mean.bias, moments.variance.bias, 0, total, rate, decays[2], rescale, clip, eps)


@njit(cache=True)
def _train(begin, end, earlier, chunk, parameters, moments, constants, threads):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    samples, grouped, found = chunk
    size, rows = grouped.size, samples.labels.size
    sums = np.empty((size, parameters.factors.shape[1]), np.float32)
    residuals = np.empty(size, np.float32)
    for batch in range(begin, end):
        first = batch * size
        count = min(size, rows - first)
        step = earlier + batch + 1
        correction = math.sqrt(1 - _BETA2**step) / (1 - _BETA1**step)
        _score_batch(first, count, samples, parameters, constants.logistic, sums, residuals, found, threads)
        first_group, last_group = grouped.batch_ptr[batch], grouped.batch_ptr[batch + 1]
        _update_batch(
            first_group, last_group, correction, grouped, parameters, moments, constants, sums, residuals, threads
        )
        _update_bias(count, correction, parameters.bias, moments, constants, residuals)
