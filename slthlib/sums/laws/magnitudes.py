"""Failure given the magnitudes of the items: the signs are averaged exactly.

Given the magnitudes a_j = |X_j| of symmetric items, the set A of the negative ones is uniform over all subsets, and
the subset sums of X are P - a(A), where P are the subset sums of a (label ``lem-cert-signs``: proved here). So the
probability of failure given a is a fraction of the 2**n sets A, and it is counted in a table.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks
from slthlib.sums._check import as_array, check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums._magnitude_kernels import missing_fractions
from slthlib.sums.laws._sizes import countable

__all__ = ["failure_given_magnitudes", "missed_given_magnitudes"]


def failure_given_magnitudes(
    magnitudes: ArrayLike, largest: int, *, threads: int | None = None, progress: bool | None = None
) -> float | NDArray[np.float64]:
    """Probability over the signs that some t in {-largest..largest} is no subset sum, given the magnitudes.

    2**-n #{A : a(A) - largest..a(A) + largest is not in P}, P the subset sums of the magnitudes. Label
    ``lem-cert-signs``: proved here. For any symmetric law of the items.

    Parameters
    ----------
    magnitudes : int [n] or [B, n]
        Absolute values of the items, not negative; one problem, or one a row; at most
        1000 items.
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

    Used in: appendix/products, appendix/certificates.
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
        Absolute values of the items, not negative; one problem, or one a row; at most
        1000 items.
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

    Used in: appendix/certificates.
    """
    if isinstance(target, bool | np.bool_) or not isinstance(target, int | np.integer):
        raise TypeError(f"target: expected a whole number, got {target!r}")
    return _fractions(magnitudes, abs(int(target)), True, threads, progress)


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
    countable(rows.shape[1])
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
