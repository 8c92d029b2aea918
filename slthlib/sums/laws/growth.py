"""The growth bound: the worst that a set of met targets can do if it grows on average as fast as it must."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._growth_kernels import growth_step
from slthlib.sums._jit import announce_compiling
from slthlib.sums.laws._common import plain
from slthlib.sums.laws._sizes import items_checked, probability, whole

__all__ = ["growth_bound"]

#: The recursion is run up to here; `failure_bound` calls it by itself up to GROWTH_LIMIT.
_LARGEST, GROWTH_LIMIT = 2**17, 2**15
_STEPS = 512


def growth_bound(n: ArrayLike, M: int) -> float | NDArray[np.float64]:
    """Bound on the probability that some target is missed: a recursion over the number of targets met.

    Let R be the targets met after some items, r of the N. With one more item r' of them are met, r <= r' <= 2r, and
    on average at least r + r (N - r)/(2N) (label ``lem-near-far``). Suppose that k items more fail with probability
    at most G_k(r), a function that nowhere increases. Then k + 1 items more fail with probability at most
    E G_k(r'). Let C be the least concave majorant of G_k on {r..min(2r, N)}; it does not increase either, since its
    largest value is G_k(r), at the left end. By Jensen's inequality E G_k(r') <= E C(r') <= C(E r') <=
    C(r + r (N - r)/(2N)). The largest of these numbers over all r'' >= r is G_{k+1}(r), again nowhere increasing.
    G_0(r) = 1 for r < N and G_0(N) = 0, and the bound is G_n(1). Label ``thm-growth``: proved here up to rounding,
    which is guarded by a factor of 1 + 1e-12 an item ("floating-point proof").

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int
        Items and targets are in {-M..M}; at most 131072, where 100 items take about a minute.

    Returns
    -------
    float or float64 array, in (0, 1]

    Notes
    -----
    The step from G_k to G_{k+1} is monotone, and doubles when G_k doubles. So if G_{k+1} <= q G_k everywhere, then
    G_{k+j} <= q**j G_k: that is how n beyond 512 is answered.

    Used in: sums/quantized, appendix/sharp, appendix/certificates.
    """
    count, largest = items_checked(n), whole(M)
    if largest > _LARGEST:
        raise ValueError(f"M: the recursion takes M up to {_LARGEST}, got {M}")
    logs, rate = growth_logs(largest, int(count.max()))
    inside = np.minimum(count, logs.size - 1).astype(np.int64)
    return plain(probability(logs[inside] + (count - inside) * rate))


def growth_logs(M: int, n: int) -> tuple[NDArray[np.float64], float]:
    """Logarithms of G_0(1), ..., G_k(1) for some k >= min(n, 512), and of the factor that every further item gains."""
    steps = 64
    while steps < min(n, _STEPS):
        steps *= 2
    logs, rate, _ = _run(M, steps, 0)
    return logs, rate


def growth_table(M: int, n: int) -> NDArray[np.float64]:
    """G_k(r) for k = 0..n and r = 0..N (r = 0 is not used), shape (n + 1, N + 1)."""
    return _run(M, n, n)[2]


@lru_cache(maxsize=16)
def _run(M: int, steps: int, kept: int) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    count = 2 * M + 1
    values = np.ones(count + 1)
    values[count] = 0.0
    out = np.ones(count + 1)
    logs, scale = np.zeros(steps + 1), 0.0
    table = np.empty((kept + 1, count + 1))
    table[0] = values
    announce_compiling(growth_step)
    rate = 0.0
    for k in range(1, steps + 1):
        growth_step(values, 0.5, out)
        out[0] = out[1]
        rate = float(np.log((out[1:count] / values[1:count]).max()))
        # Divided by its value at 1, so that nothing underflows: the step is linear in this respect.
        scale += float(np.log(out[1]))
        logs[k] = scale
        values[:] = out / out[1]
        if k <= kept:
            table[k] = values * np.exp(scale)
    return logs, rate, table
