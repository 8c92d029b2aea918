"""The record of the phase transition, read back: what random networks needed until they contained their targets.

A row of the record says how many networks of a kind (``networks``) needed how many candidates (``least``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.lab.records import Record
from slthlib.lab.statistics import Interval, median_interval

__all__ = ["Medians", "SparseShares", "compare_medians", "least_candidates", "sparse_shares"]


@dataclass(frozen=True, eq=False)
class Medians:
    """Medians of the least number of candidates, beside those of the law; arrays [bits, weights].

    Parameters
    ----------
    bits, weights : int64 [K], [N]
        Bits of the targets, and numbers of their weights.
    measured : Interval
        Medians over networks, between their confidence limits.
    law : float64 [K, N]
        What the law says.
    solve : float64 [K, N]
        What the median solve needed.

    Notes
    -----
    Used in: no chapter.
    """

    bits: NDArray[np.int64]
    weights: NDArray[np.int64]
    measured: Interval
    law: NDArray[np.float64]
    solve: NDArray[np.float64]

    @property
    def excess(self) -> NDArray[np.float64]:
        """Measured minus law, in candidates."""
        return np.asarray(self.measured.mid) - self.law


@dataclass(frozen=True, eq=False)
class SparseShares:
    """How many networks contained their target if exactly a share of the items was kept; arrays over n.

    Parameters
    ----------
    n : int64 [n]
        Items for each weight.
    contained, networks : int64 [n]
        How many of how many.
    law : float64 [n]
        Probability by the law.

    Notes
    -----
    Used in: no chapter.
    """

    n: NDArray[np.int64]
    contained: NDArray[np.int64]
    networks: NDArray[np.int64]
    law: NDArray[np.float64]


def least_candidates(record: Record, series: str, bits: int, weights: int) -> NDArray[np.int64]:
    """With how many candidates each network of a kind began to contain its target, sorted.

    Parameters
    ----------
    record : Record
        Of ``experiments/strong_transition.py``.
    series : str
        Kind of random network.
    bits, weights : int
        Bits of the target, and number of its weights.

    Returns
    -------
    int64 [networks]
        One more than there were candidates, where these were not enough.

    Notes
    -----
    Used in: strong/quantized.
    """
    rows = _rows(record, series=series, bits=bits, weights=weights)
    least = np.where(record["least"][rows] < 0, record["units"][rows] + 1, record["least"][rows])
    return np.sort(np.repeat(least, record["networks"][rows]))


def compare_medians(record: Record, series: str, level: float = 0.99) -> Medians:
    """Medians of one series, over all its bits and weights, and what the law says.

    Parameters
    ----------
    record : Record
        As in `least_candidates`.
    series : str
        Kind of random network.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Medians

    Notes
    -----
    Used in: strong/quantized.
    """
    rows = _rows(record, series=series)
    bits, weights = np.unique(record["bits"][rows]), np.unique(record["weights"][rows])
    found = np.empty((5, bits.size, weights.size))
    for i, k in enumerate(bits.tolist()):
        for j, N in enumerate(weights.tolist()):
            one = median_interval(least_candidates(record, series, k, N), level)
            here = np.flatnonzero(_rows(record, series=series, bits=k, weights=N))[0]
            found[:, i, j] = one.low, one.mid, one.high, record["law"][here], record["q50"][here]
    return Medians(bits, weights, Interval(*found[:3]), found[3], found[4])


def sparse_shares(record: Record, density: float, bits: int, weights: int) -> SparseShares:
    """How many networks contained their target if exactly a share of the items was kept.

    Parameters
    ----------
    record : Record
        As in `least_candidates`.
    density : float
        The share.
    bits, weights : int
        Bits of the target, and number of its weights.

    Returns
    -------
    SparseShares

    Notes
    -----
    Used in: strong/quantized.
    """
    rows = _rows(record, series="sparse", density=density, bits=bits, weights=weights)
    units, networks = record["units"][rows], record["networks"][rows]
    n, first, which = np.unique(units, return_index=True, return_inverse=True)
    every = np.bincount(which, networks).astype(np.int64)
    contained = np.bincount(which, networks * (record["least"][rows] > 0)).astype(np.int64)
    return SparseShares(n, contained, every, record["law"][rows][first])


def _rows(record: Record, **settings: Any) -> NDArray[np.bool_]:
    rows = np.ones(len(record["series"]), dtype=bool)
    for name, value in settings.items():
        rows &= record[name] == value
    if not rows.any():
        raise ValueError(f"record: {record.path.name} has no rows with {settings}")
    return rows
