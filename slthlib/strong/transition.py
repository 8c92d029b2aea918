"""The bounds that stand beside the law in the picture of the phase transition: what is proved, and what is certified.

Everything here is about one number of items for all solves, and targets uniform on the grid. The lower bounds hold for
single weights and for products; the proved upper bound, and the certificate, for single weights only. For products no
proved bound says anything at practical sizes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong._solve_law import solve_law
from slthlib.sums.laws import (
    Certificate,
    certify_failure,
    counting_bound,
    failure_bound,
    missed_given_magnitudes,
    product_parity_bound,
)
from slthlib.sums.laws.confidence import empirical_bernstein

__all__ = ["TransitionBounds", "certify_drawn_targets", "certify_network", "transition_bounds"]


@dataclass(frozen=True, eq=False)
class TransitionBounds:
    """Bounds on the probability that something is left unsolved.

    Parameters
    ----------
    n : int64 [N]
        Items of each solve.
    counting : int
        Fewest items with which every target could be met at all.
    lower : float64 [N]
        No network of independent solves fails less often.
    upper : float64 [N]
        None fails more often; 1 where nothing is proved.

    Notes
    -----
    Used in: no chapter.
    """

    n: NDArray[np.int64]
    counting: int
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def transition_bounds(
    n: ArrayLike, solves: int, *, bits: int, source_bits: int, construction: str = "copies"
) -> TransitionBounds:
    """Proved bounds on the failure of a network of ``solves`` solves with n items each, targets uniform on the grid.

    Lower: a solve with n items meets at most 2**n of the 2**bits + 1 targets, so it succeeds with probability
    2**n / (2**bits + 1) at most; and it fails, for every target that is not 0, if all items are 0 or of the other sign,
    and for odd targets on the coarsest products if all items are even (`product_parity_bound`). Solves are independent
    given the banks, so for products only the first of the three is raised to the power of their number. Upper, for
    single weights: the union bound over `failure_bound`. Labels ``thm-necessity``, ``thm-fixed-m``,
    ``prop-products-parity``: proved here.

    Parameters
    ----------
    n : int, array-like
        Items of each solve, at least 1.
    solves : int
        How many solves.
    bits : int
        Grid of the targets.
    source_bits : int
        Grid of the random weights.
    construction : {"copies", "diamond"}
        Single weights, or products a b with b > 0.

    Returns
    -------
    TransitionBounds

    Used in: strong/quantized.
    """
    if construction not in ("copies", "diamond"):
        raise ValueError(f"construction: expected 'copies' or 'diamond', got {construction!r}")
    if isinstance(solves, bool) or not isinstance(solves, int | np.integer) or solves < 1:
        raise ValueError(f"solves: expected a whole number of at least 1, got {solves!r}")
    single = construction == "copies"
    law = solve_law(bits, source_bits, single)
    items = np.atleast_1d(np.asarray(n)).astype(np.int64)
    if (items < 1).any():
        raise ValueError(f"n: expected whole numbers of at least 1, got {n!r}")
    size = items.astype(float)
    grid = 2**bits + 1
    few = -np.expm1(solves * np.minimum(0.0, size * np.log(2.0) - np.log(grid)))
    one_sided = (grid - 1) / grid * np.exp(size * np.log(law.even))
    lower = np.maximum(few, -np.expm1(solves * np.log1p(-one_sided)) if single else one_sided)
    upper = np.ones(items.size)
    if single:
        upper = np.minimum(1.0, solves * np.asarray(failure_bound(items, M=law.S)))
    elif law.parity:
        odd_targets = 2 * ((2 ** (bits - 1) + 1) // 2) / grid
        lower = np.maximum(lower, odd_targets * np.asarray(product_parity_bound(items, law.S, law.S, positive=True)))
    return TransitionBounds(items, counting_bound(M=2 ** (bits - 1)), lower, upper)


def certify_network(
    n: int, solves: int, *, source_bits: int, alpha: float = 1e-6, seed: int | np.random.Generator
) -> tuple[float, Certificate]:
    """Certify an upper bound on the failure of ``solves`` solves with n single weights each.

    The union bound over `certify_failure`, which covers all targets of the grid of the source: a statistical
    certificate, that holds with confidence 1 - alpha over its draws. Labels ``thm-cert-b1`` and ``thm-cert-b2``.

    Parameters
    ----------
    n : int
        Items of each solve.
    solves : int
        How many solves.
    source_bits : int
        Grid of the random weights.
    alpha : float
        Probability that the bound is too low, at most.
    seed : int or numpy.random.Generator
        Same seed, same certificate.

    Returns
    -------
    float, Certificate
        The bound for the network, and the certificate for one solve.

    Used in: no chapter.
    """
    one = certify_failure(n, 2**source_bits, alpha=alpha, seed=seed)
    return min(1.0, solves * one.bound), one


def certify_drawn_targets(
    n: int,
    solves: int,
    *,
    bits: int,
    source_bits: int,
    draws: int = 300_000,
    alpha: float = 1e-6,
    seed: int | np.random.Generator,
) -> float:
    """Certify an upper bound on the failure of ``solves`` solves by n single weights, targets uniform on the grid.

    A draw is the magnitudes of n items and one target; given these the share of sign patterns that miss the target is
    exact (`missed_given_magnitudes`), and its mean is bounded by the empirical Bernstein inequality. Then a union over
    the solves. A statistical certificate: it holds with confidence 1 - alpha over the draws. Every certificate tried
    counts. Labels ``lem-cert-signs`` and ``thm-cert-bernstein``.

    Parameters
    ----------
    n : int
        Items of each solve.
    solves : int
        How many solves.
    bits : int
        Grid of the targets, at most 1/2 in size.
    source_bits : int
        Grid of the random weights.
    draws : int
        Certifying draws, at least 2.
    alpha : float
        Probability that the bound is too low, at most.
    seed : int or numpy.random.Generator
        Same seed, same certificate.

    Returns
    -------
    float, at most 1

    Used in: strong/quantized.
    """
    law, rng = solve_law(bits, source_bits, True), np.random.default_rng(seed)
    size = np.abs(rng.integers(-law.S, law.S, (draws, n), endpoint=True))
    half = 2 ** (bits - 1)
    targets = np.abs(rng.integers(-half, half, draws, endpoint=True))
    missed = np.zeros(draws)
    for target in np.unique(targets[targets > 0]):
        rows = targets == target
        missed[rows] = missed_given_magnitudes(size[rows], int(target) * law.step, progress=False)
    # The guard covers the rounding of sums and, beyond n = 53, of counts.
    each = empirical_bernstein(missed.mean(), missed.var(ddof=1), draws, alpha) * (1 + 1e-9)
    return float(min(1.0, solves * each))
