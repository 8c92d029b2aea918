"""Linear models, where pruning can be proved: training from zero, and pruning in one shot or in rounds.

A problem is ``x`` (n, d) and ``y`` (n,), its loss ``|x w - y|**2 / 2``. Gradient descent from zero ends at the
minimiser of least norm, which is what `minimum_norm` computes: training a pruned model means calling it with a mask.
"""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.lab._threads import one_thread
from slthlib.tickets._linear_checks import check_mask, data, dependent, whole

__all__ = [
    "Planted",
    "kept_counts",
    "minimum_norm",
    "planted",
    "prune",
    "pursue",
]

#: A fit with more columns than rows must interpolate to this relative accuracy, or is computed again from the SVD.
_MISFIT = 1e-9


@dataclass(frozen=True, eq=False)
class Planted:
    """Problems whose targets come from few of the columns, without noise.

    Parameters
    ----------
    x : ndarray, shape (draws, n, d)
        Independent standard normal entries.
    y : ndarray, shape (draws, n)
        The targets, ``x @ w``.
    w : ndarray, shape (draws, d)
        The planted weights; ``w != 0`` is the support to be found.

    Notes
    -----
    Used in: no chapter.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    w: NDArray[np.float64]


def planted(
    draws: int, n: int, d: int, s: int, *, amplitudes: str = "signs", seed: int | np.random.Generator
) -> Planted:
    """Draw problems with n rows and d columns, s of which matter.

    Parameters
    ----------
    draws : int
        How many problems.
    n, d, s : int
        Rows, columns, planted weights other than zero: 1 <= s <= d.
    amplitudes : {"signs", "uniform", "normal"}
        Planted weights: +-1, +- uniform on [1, 2], or standard normal; signs are fair.
    seed : int or Generator
        Source of randomness.

    Returns
    -------
    Planted
        The problems, with their planted weights at uniformly random places.

    Notes
    -----
    Used in: tickets/existence.
    """
    known = ("signs", "uniform", "normal")
    if amplitudes not in known:
        raise ValueError(f"amplitudes: expected one of {', '.join(known)}, got {amplitudes!r}")
    draws, n, d = whole("draws", draws, 1), whole("n", n, 1), whole("d", d, 1)
    s, rng = whole("s", s, 1, d), np.random.default_rng(seed)
    x = rng.standard_normal((draws, n, d))
    places = rng.permuted(np.tile(np.arange(d), (draws, 1)), axis=1)[:, :s]
    sizes = rng.uniform(1, 2, (draws, s)) if amplitudes == "uniform" else np.ones((draws, s))
    values = rng.standard_normal((draws, s)) if amplitudes == "normal" else sizes * rng.choice([-1, 1], (draws, s))
    w = np.zeros((draws, d))
    np.put_along_axis(w, places, values, axis=-1)
    return Planted(x, (x @ w[..., None])[..., 0], w)


def minimum_norm(x: ArrayLike, y: ArrayLike, mask: ArrayLike | None = None) -> NDArray[np.float64]:
    """The weights of least Euclidean norm among those of least loss: where gradient descent from zero ends.

    Parameters
    ----------
    x : array of float, shape (..., n, d)
        The problems.
    y : array of float, shape (..., n)
        Their targets.
    mask : array of bool, shape (..., d), optional
        Weights kept, as many in each problem; the others stay zero. By default all.

    Returns
    -------
    ndarray, shape (..., d)
        The weights.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence.
    """
    problem, target = data(x, y)
    kept = None if mask is None else check_mask(mask, problem.shape)
    columns = problem.swapaxes(-1, -2)
    return _fit(columns, target) if kept is None else _fit_kept(columns, target, kept)


def _fit_kept(columns: NDArray[np.float64], y: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    n, w = y.shape[-1], np.zeros(mask.shape)
    w[mask] = _fit(columns[mask].reshape(*mask.shape[:-1], -1, n), y).ravel()
    return w


def _fit(columns: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The fit from the columns (..., d, n): a column lies in one piece, so that a mask gathers fast."""
    x, target = columns.swapaxes(-1, -2), y[..., None]
    # Of many small problems each is over before a second thread has begun.
    with one_thread() if y.ndim > 1 else nullcontext():
        try:
            w, doubtful = _wide(x, target) if x.shape[-1] > x.shape[-2] else _tall(x, target)
        except np.linalg.LinAlgError:  # one singular problem refuses the whole batch
            w, doubtful = np.zeros((*columns.shape[:-1], 1)), np.ones(y.shape[:-1], dtype=bool)
        for place in map(tuple, np.argwhere(doubtful)):
            w[place] = np.linalg.lstsq(x[place], target[place], rcond=None)[0]
    return w[..., 0]


def _wide(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """More columns than rows. A fit that does not interpolate is doubtful."""
    # w = x' z with x x' z = y lies in the row space; if it interpolates, no other interpolator is shorter.
    t = x.swapaxes(-1, -2)
    w = t @ np.linalg.solve(x @ t, y)
    return w, np.linalg.norm(y - x @ w, axis=(-2, -1)) > _MISFIT * np.linalg.norm(y, axis=(-2, -1))


def _tall(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """At most as many columns as rows. A fit with dependent columns is doubtful."""
    q, r = np.linalg.qr(x)
    return np.linalg.solve(r, q.swapaxes(-1, -2) @ y), dependent(r)


def prune(x: ArrayLike, y: ArrayLike, counts: Iterable[int], *, seed: int | np.random.Generator) -> NDArray[np.bool_]:
    """Prune by magnitude in rounds: fit from zero what is left, keep the largest weights, begin again.

    Parameters
    ----------
    x : array of float, shape (..., n, d)
        The problems.
    y : array of float, shape (..., n)
        Their targets.
    counts : iterable of int
        Weights kept after each round, at least 1 and ever fewer; a single number is one-shot pruning.
    seed : int or Generator
        Breaks ties.

    Returns
    -------
    ndarray of bool, shape (rounds, ..., d)
        The mask after each round, with exactly the number asked for in each problem.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence.
    """
    problem, target = data(x, y)
    columns = np.ascontiguousarray(problem.swapaxes(-1, -2))
    d, rng, masks = problem.shape[-1], np.random.default_rng(seed), []
    mask, left = np.ones(columns.shape[:-1], dtype=bool), d + 1
    for given in counts:
        left = whole("counts", given, 1, left - 1)
        scores = np.where(mask, np.abs(_fit_kept(columns, target, mask)), -1.0)
        shuffle = rng.permutation(d)  # a stable sort in random order: equal weights are kept by chance
        order = np.argsort(-scores[..., shuffle], axis=-1, kind="stable")[..., :left]
        mask = np.zeros_like(mask)
        np.put_along_axis(mask, shuffle[order], True, axis=-1)
        masks.append(mask)
    if not masks:
        raise ValueError("counts: expected at least one round, got none")
    return np.array(masks)


def kept_counts(d: int, s: int, keep: float) -> list[int]:
    """How many weights are left after each round, from d down to s, if each round keeps the same fraction.

    Parameters
    ----------
    d, s : int
        Weights before the first round and after the last, s < d.
    keep : float
        Fraction kept in a round, in (0, 1). The number is rounded down, so that each round prunes at least one weight.

    Returns
    -------
    list of int
        Decreasing, the last one s.

    Notes
    -----
    Used in: tickets/existence.
    """
    d = whole("d", d, 2)
    s = whole("s", s, 1, d - 1)
    if not 0 < keep < 1:
        raise ValueError(f"keep: expected a fraction in (0, 1), got {keep!r}")
    counts = [d]
    while counts[-1] > s:
        # The hundredth of a millionth keeps 0.7 * 10 at 7, and cannot reach the count it came from: then one goes.
        counts.append(max(s, min(int(keep * counts[-1] + 1e-8), counts[-1] - 1)))
    return counts[1:]


def pursue(x: ArrayLike, y: ArrayLike, size: int) -> NDArray[np.bool_]:
    """Orthogonal matching pursuit: add the column nearest in angle to the residual, refit, and again.

    The opposite of pruning, for comparison. Cited result: J. A. Tropp and A. C. Gilbert, IEEE Trans. Inform. Theory 53
    (2007) 4655-4666.

    Parameters
    ----------
    x : array of float, shape (..., n, d)
        The problems.
    y : array of float, shape (..., n)
        Their targets.
    size : int
        How many columns to take, at most n and d.

    Returns
    -------
    ndarray of bool, shape (..., d)
        The columns taken.

    Notes
    -----
    Used in: tickets/existence.
    """
    problem, target = data(x, y)
    size = whole("size", size, 1, min(problem.shape[-2:]))
    norms = np.linalg.norm(problem, axis=-2)
    if not norms.all():
        raise ValueError("x: expected columns other than zero, got a column of zeros")
    columns = np.ascontiguousarray(problem.swapaxes(-1, -2))
    mask, residual = np.zeros(norms.shape, dtype=bool), target[..., None]
    for _ in range(size):
        cosines = np.abs((columns @ residual)[..., 0]) / norms
        best = np.argmax(np.where(mask, -1.0, cosines), axis=-1)
        np.put_along_axis(mask, best[..., None], True, axis=-1)
        residual = target[..., None] - problem @ _fit_kept(columns, target, mask)[..., None]
    return mask
