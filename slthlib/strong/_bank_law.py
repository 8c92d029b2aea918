"""From one solve to a layer: solves that share a bank of b's, banks that are independent.

A bank of n_b units has n+ with b > 0 and n- with b < 0; given these, h of n are odd, Bin(n, 1/2). Given the bank its
solves are independent. So for a layer P(all solved) = prod over banks of E prod over solves (1 - p(t | bank)).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy
from scipy.stats import binom

from slthlib.strong._solve_law import SolveLaw

Array = NDArray[np.float64]

#: Sizes of a branch that are less likely than this are left out, and count as failures.
_NEGLIGIBLE = 1e-15


def histogram(rows: NDArray[np.int64], T: int) -> Array:
    """How often each |t| occurs in each column: [columns, T]."""
    size = np.abs(rows)
    out = np.zeros((rows.shape[1], T))
    np.add.at(out, (np.broadcast_to(np.arange(rows.shape[1]), size.shape), size), 1.0)
    return out


def uniform_column(solves: float, T: int) -> Array:
    """The mean of `histogram` for targets uniform on the grid: [1, T]."""
    share = np.full(T, 2.0 / (2 * T - 1))
    share[0] /= 2
    return solves * share[None]


def sizes(law: SolveLaw, candidates: int) -> tuple[NDArray[np.int64], Array]:
    """Numbers of alive units of a branch worth thinking of, and their probabilities."""
    if law.alive == 1.0:
        return np.array([candidates]), np.ones(1)
    n = np.arange(candidates + 1)
    chance = binom.pmf(n, candidates, law.alive)
    keep = chance > _NEGLIGIBLE
    return n[keep], chance[keep]


def branch_failure(law: SolveLaw, n: NDArray[np.int64], counts: Array, safety: float = 1.0) -> Array:
    """P(some solve of the column fails | n alive units of the branch): [columns, n]. ``counts`` as in `histogram`."""
    with np.errstate(divide="ignore"):
        log_rest = np.log1p(-np.minimum(safety * law.rest(n), 1.0))
    log_solved = _dot(counts, log_rest)
    if not law.parity:
        return -np.expm1(log_solved)
    odd = counts @ (law.targets % 2).astype(float)
    out = np.zeros(log_solved.shape)
    for i, size in enumerate(n.tolist()):
        h = np.arange(size + 1)
        chance = binom.pmf(h, size, 0.5)
        with np.errstate(divide="ignore"):
            log_odd = np.log1p(-(law.even ** h.astype(float)))
        both = log_solved[:, i, None] + _dot(odd[:, None], log_odd[:, None])
        out[:, i] = -np.expm1(both) @ chance
    return np.minimum(out, 1.0)


def _dot(counts: Array, logs: Array) -> Array:
    """Counts @ logs.T, with 0 times minus infinity 0: [columns, n]."""
    never = np.isneginf(logs)
    out = counts @ np.where(never, 0.0, logs).T
    if never.any():
        out[(counts @ never.T.astype(float)) > 0] = -np.inf
    return out


def bank_failure(law: SolveLaw, candidates: int, counts: Array, branches: int, safety: float = 1.0) -> Array:
    """P(some solve of a bank's column fails): [columns]."""
    n, chance = sizes(law, candidates)
    failed = branch_failure(law, n, counts, safety)
    lost = 1.0 - chance.sum()
    one = failed @ chance
    if branches == 1:
        return np.minimum(one + lost, 1.0)
    # Both branches fail together less often than if they were independent: where one is large the other is small.
    weight = np.exp(_log_trinomial(n, candidates, law.alive))
    both = np.einsum("ci,ij,cj->c", failed, weight, failed, optimize=True)
    return np.clip(2 * (one + lost) - both, 0.0, 1.0)


def _log_trinomial(n: NDArray[np.int64], candidates: int, alive: float) -> Array:
    first, second = n[:, None], n[None, :]
    left = candidates - first - second
    possible = left >= 0
    rest = np.where(possible, left, 0)
    log_ways = gammaln(candidates + 1) - gammaln(first + 1) - gammaln(second + 1) - gammaln(rest + 1)
    log_chance = (first + second) * np.log(alive) + xlogy(rest, 1 - 2 * alive)
    return np.where(possible, log_ways + log_chance, -np.inf)


def mean_misses(law: SolveLaw, candidates: int, counts: Array, branches: int) -> float:
    """Mean number of unsolved problems of a layer: the union form."""
    n, chance = sizes(law, candidates)
    return float(branches * (counts.sum(axis=0) @ (chance @ law.total(n))))
