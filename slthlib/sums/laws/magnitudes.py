"""Failure given the magnitudes of the items: the signs are averaged exactly.

Given the magnitudes a_j = |X_j| of symmetric items, the set A of the negative ones is uniform over all subsets, and
the subset sums of X are P - a(A), where P are the subset sums of a (label ``lem-cert-signs``: proved here). So the
probability of failure given a is a fraction of the 2**n sets A, and it is counted in a table.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from slthlib.sums._batches import Halt, run_in_chunks
from slthlib.sums._check import as_array, check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums._magnitude_kernels import missing_fractions
from slthlib.sums.laws._common import Estimate
from slthlib.sums.laws._draws import chunked, seed_checked
from slthlib.sums.laws._sizes import whole

__all__ = ["averaged_failure", "exact_failure", "failure_given_magnitudes", "missed_given_magnitudes"]

_CHUNK = 4096
_MOST_ROWS = 2_000_000


def failure_given_magnitudes(
    magnitudes: ArrayLike, largest: int, *, threads: int | None = None, progress: bool | None = None
) -> float | NDArray[np.float64]:
    """Probability over the signs that some t in {-largest..largest} is no subset sum, given the magnitudes.

    2**-n #{A : a(A) - largest..a(A) + largest is not in P}, P the subset sums of the magnitudes. Label
    ``lem-cert-signs``: proved here. For any symmetric law of the items.

    Parameters
    ----------
    magnitudes : int [n] or [B, n]
        Absolute values of the items, not negative; one problem, or one a row.
    largest : int
        Targets are {-largest..largest}, at least 0.
    threads : int, optional
        Threads to work on a batch with; all processors by default.
    progress : bool, optional
        Show a progress bar; by default on a terminal, when it takes more than a second or two.

    Returns
    -------
    float or float64 array [B]
        Exact for n <= 53, and up to rounding beyond.

    Examples
    --------
    >>> failure_given_magnitudes([1, 1, 2], 2)
    0.75

    Used in: no chapter.
    """
    return _fractions(magnitudes, _target("largest", largest), False, threads, progress)


def missed_given_magnitudes(
    magnitudes: ArrayLike, target: int, *, threads: int | None = None, progress: bool | None = None
) -> float | NDArray[np.float64]:
    """Probability over the signs that one target is no subset sum, given the magnitudes.

    2**-n #{A : a(A) + target is not in P}, P the subset sums of the magnitudes. Label ``lem-cert-signs``: proved
    here. For any symmetric law of the items.

    Parameters
    ----------
    magnitudes : int [n] or [B, n]
        Absolute values of the items, not negative; one problem, or one a row.
    target : int
        The target, of either sign.
    threads : int, optional
        Threads to work on a batch with; all processors by default.
    progress : bool, optional
        Show a progress bar; by default on a terminal, when it takes more than a second or two.

    Returns
    -------
    float or float64 array [B]
        Exact for n <= 53, and up to rounding beyond.

    Examples
    --------
    >>> missed_given_magnitudes([1, 1, 2], 2)
    0.375

    Used in: no chapter.
    """
    if isinstance(target, bool | np.bool_) or not isinstance(target, int | np.integer):
        raise TypeError(f"target: expected a whole number, got {target!r}")
    return _fractions(magnitudes, abs(int(target)), True, threads, progress)


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
        Number of items, at least 1.
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

    Used in: no chapter.
    """
    items, largest, rows = whole(n, "n"), whole(M), whole(draws, "draws", 2)
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
        Number of items, at least 1.
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

    Used in: no chapter.
    """
    items, largest = whole(n, "n"), whole(M)
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


def _target(name: str, value: object) -> int:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected a whole number of at least 0, got {value!r}")
    if value < 0:
        raise ValueError(f"{name}: expected a whole number of at least 0, got {value}")
    return int(value)


def _fractions(
    magnitudes: ArrayLike, target: int, single: bool, threads: int | None, progress: bool | None
) -> float | NDArray[np.float64]:
    array = as_array(magnitudes, "magnitudes")
    if array.dtype.kind == "f":
        raise TypeError("magnitudes: expected integers, got floats")
    if array.ndim not in (1, 2):
        raise ValueError(f"magnitudes: expected shape [n] or [B, n], got an array of shape {array.shape}")
    if array.min() < 0:
        raise ValueError(f"magnitudes: expected no negative numbers, got {array.min()}")
    rows = np.atleast_2d(array)
    total = max(float(x) for x in rows.astype(np.float64).sum(axis=1))
    check_memory(16.25 * total, "the table of all sums")
    # No sum and no target of a difference beyond the total matters, and this keeps indices small.
    target = min(target, int(total) + 1)
    announce_compiling(missing_fractions)
    out = np.empty(len(rows))

    def work(start: int, stop: int, halt: Halt) -> None:
        missing_fractions(rows[start:stop], target, single, out[start:stop], halt)

    seconds = rows.shape[1] * (1e-8 + 4e-10 * min(total, 4.0 * target))
    run_in_chunks(work, len(rows), seconds, threads=threads, progress=progress, label="averaging signs")
    return out if array.ndim == 2 else float(out[0])
