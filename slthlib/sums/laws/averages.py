"""The probability of failure, averaged over the magnitudes: measured on draws, or exact where M is small."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from slthlib.sums._batches import Halt
from slthlib.sums._check import check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums._magnitude_kernels import missing_fractions
from slthlib.sums.laws._common import Estimate
from slthlib.sums.laws._draws import chunked, seed_checked
from slthlib.sums.laws._sizes import countable, whole
from slthlib.sums.laws.magnitudes import failure_given_magnitudes, missed_given_magnitudes

__all__ = ["averaged_failure", "exact_failure"]

_CHUNK = 4096
_MOST_ROWS = 2_000_000


def averaged_failure(
    n: int,
    M: int,
    *,
    draws: int,
    seed: int | np.random.Generator,
    threads: int | None = None,
    progress: bool | None = None,
) -> Estimate:
    """Measure the probability that some t in {-M..M} is missed: the mean of `failure_given_magnitudes` over draws.

    A measurement and not a bound: rare magnitudes with a large probability of failure, such as all even ones, are not
    seen in the standard error. For a bound take `certify_failure`.

    Parameters
    ----------
    n : int
        Number of items, from 1 to 1000.
    M : int
        Items and targets are in {-M..M}.
    draws : int
        Number of independent draws of the magnitudes, at least 2.
    seed : int or numpy.random.Generator
        Same seed, same result, on any number of threads.
    threads : int, optional
        Threads to work with; all processors by default.
    progress : bool, optional
        Show a progress bar; by default on a terminal, when it takes more than a second or two.

    Returns
    -------
    Estimate
        Mean and standard error.

    Used in: sums/quantized, appendix/certificates.
    """
    items, largest, rows = countable(whole(n, "n")), whole(M), whole(draws, "draws", 2)
    check_memory(16.25 * items * largest, "the table of all sums")
    announce_compiling(missing_fractions)
    chunks = -(-rows // _CHUNK)
    moments = np.zeros((chunks, 2))

    def work(chunk: int, rng: np.random.Generator, halt: Halt) -> None:
        size = min(_CHUNK, rows - chunk * _CHUNK)
        a = np.abs(rng.integers(-largest, largest + 1, (size, items), dtype=np.int64))
        out = np.empty(size)
        missing_fractions(a, largest, False, out, halt)
        moments[chunk] = out.sum(), (out * out).sum()

    seconds = _CHUNK * items * (1e-8 + 4e-10 * largest)
    chunked(work, chunks, (seed_checked(seed), 0), seconds, threads, progress, "averaging")
    mean, square = (math.fsum(moments[:, i]) / rows for i in (0, 1))
    return Estimate(mean, math.sqrt(max(0.0, square - mean**2) / (rows - 1)))


def exact_failure(n: int, M: int, *, target: int | None = None) -> float:
    """Exact probability that some t in {-M..M} is missed, or that one target is, for small M.

    The average of `failure_given_magnitudes` over all C(n + M, M) multisets of magnitudes. Label
    ``lem-cert-signs``: proved here.

    Parameters
    ----------
    n : int
        Number of items, from 1 to 1000.
    M : int
        Items and targets are in {-M..M}; C(n + M, M) is at most two million.
    target : int, optional
        One target instead of all.

    Returns
    -------
    float
        Up to rounding, about 1e-14 of its value.

    Examples
    --------
    >>> exact_failure(1, 1)
    1.0

    Used in: sums/quantized, appendix/certificates.
    """
    items, largest = countable(whole(n, "n")), whole(M)
    if (rows := math.comb(items + largest, largest)) > _MOST_ROWS:
        raise ValueError(f"n, M: expected at most {_MOST_ROWS} multisets of magnitudes, got {rows}")
    counts = _compositions(items, largest + 1)
    magnitudes = np.repeat(np.tile(np.arange(largest + 1), rows), counts.ravel()).reshape(rows, items)
    log_weight = gammaln(items + 1) - gammaln(counts + 1).sum(axis=1)
    log_weight += (items - counts[:, 0]) * math.log(2) - items * math.log(2 * largest + 1)
    if target is None:
        failed = failure_given_magnitudes(magnitudes, largest)
    else:
        failed = missed_given_magnitudes(magnitudes, target)
    return min(1.0, math.fsum(np.exp(log_weight) * failed))


def _compositions(total: int, parts: int) -> NDArray[np.int64]:
    """All ways to write ``total`` as an ordered sum of ``parts`` whole numbers from 0 on, one a row."""
    rows, left = np.empty((1, 0), dtype=np.int64), np.array([total])
    for _ in range(parts - 1):
        choices = left + 1
        first = np.arange(choices.sum()) - np.repeat(np.cumsum(choices) - choices, choices)
        rows = np.column_stack([np.repeat(rows, choices, axis=0), first])
        left = np.repeat(left, choices) - first
    return np.column_stack([rows, left])
