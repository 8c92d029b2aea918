"""Checks of arguments that the statistics share: each error names the argument, what was expected and what came."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Counts become float64 in the formulas; beyond 2^53 they would be rounded without a word.
_LARGEST_COUNT = 2**53


def tail(level: float) -> float:
    """Half of what a two-sided interval may miss."""
    if isinstance(level, (bool, np.bool_)) or not isinstance(level, (int, float, np.integer, np.floating)):
        raise TypeError(f"level: expected a float in (0, 1), got {level!r}")
    if not 0 < level < 1:
        raise ValueError(f"level: expected a float in (0, 1), got {level!r}")
    return (1.0 - float(level)) / 2


def successes_and_trials(successes: ArrayLike, trials: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both counts as float64 arrays of one shape, checked."""
    k, n = broadcast(("successes", "trials"), counts("successes", successes, 0), counts("trials", trials, 1))
    if np.any(k > n):
        raise ValueError(
            f"successes: expected at most trials, got {offender(k, k > n):.0f} of {offender(n, k > n):.0f}"
        )
    return k, n


def counts(name: str, values: ArrayLike, least: int) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one integer, got an empty array of shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers, got dtype {array.dtype}")
    wrong = (array < least) | (array > _LARGEST_COUNT)
    if np.any(wrong):
        raise ValueError(f"{name}: expected integers from {least} to 2^53, got {offender(array, wrong)}")
    return array.astype(np.float64)


def reals(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one number, got an empty array of shape {array.shape}")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    array = array.astype(np.float64)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name}: expected finite numbers, got {offender(array, ~np.isfinite(array))}")
    return array


def broadcast(names: tuple[str, ...], *arrays: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    try:
        return tuple(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"{', '.join(names)}: expected shapes that broadcast, got {shapes}") from None


def offender(array: NDArray[Any], wrong: NDArray[np.bool_]) -> Any:
    """The first wrong value, as a plain number, for an error message."""
    return array[wrong].flat[0].item()
