"""The laws of sums of few and of many items, and sums of their weights over cells."""

import numpy as np
from numpy.typing import NDArray


def sum_laws(n: int, M: int) -> NDArray[np.float64]:
    """P(S_k = v) for k = 0..n (rows) and v = -nM..nM (columns), S_k a sum of k items uniform on {-M..M}."""
    count = 2 * M + 1
    p = np.zeros((n + 1, 2 * n * M + 1))
    p[0, n * M] = 1.0
    for k in range(1, n + 1):
        running = np.pad(np.cumsum(p[k - 1]), (M + 1, M), mode="edge")
        running[: M + 1] = 0.0
        row = (running[count:] - running[:-count]) / count
        p[k] = 0.5 * (row + row[::-1])  # symmetric, whatever the rounding
    return p


def in_cells(f: NDArray[np.float64], start: int, size: int, width: int) -> NDArray[np.float64]:
    """Sums of ``width`` consecutive weights, from ``start`` on; column 0 is there of the middle of ``f``."""
    zero = f.shape[1] // 2
    place = np.arange(start, start + size + width)
    inside = np.abs(place) <= zero
    prefix = np.zeros((f.shape[0], place.size + 1))
    prefix[:, 1:][:, inside] = f[:, zero + place[inside]]
    np.cumsum(prefix, axis=1, out=prefix)
    return prefix[:, width:-1] - prefix[:, : -width - 1]
