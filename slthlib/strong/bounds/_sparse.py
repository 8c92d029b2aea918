"""Tickets of prescribed density: Natale et al. 2024."""

import math

from slthlib.strong.bounds._checks import HypothesisError, constant, probability, real, tolerance, whole
from slthlib.strong.bounds._entropy import binary_entropy
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem, norms_at_most_one, plain_dense

__all__ = ["natale", "natale_items", "natale_lower"]

#: Theorem 5 is about tickets that keep at most this share.
_MOST_KEPT = 1 - 1 / (2 * math.pi)

NATALE = Theorem(
    "Natale et al. 2024, Theorem 3",
    "natale2024sparsity",
    "cited from the text",
    "enough",
    False,
    "With width 2 d_(i-1) n_i in front of layer i, n_i = c_amp log2(2 l d_(i-1) d_i g n_i/eps)^2 / H2(g), a random "
    "network of twice the depth contains, with probability 1 - eps, a network of density rho g within eps of every "
    "target, rho the largest ratio of neighbouring widths.",
)
NATALE_LOWER = Theorem(
    "Natale et al. 2024, Theorem 5",
    "natale2024sparsity",
    "cited from the text",
    "necessary",
    False,
    "If pruning n random parameters to exactly k of them meets each d x d map of norm at most sqrt(k) within eps with "
    "probability 1/2, then n >= (d^2/2) log2(k/eps) / H2(k/n).",
)


def natale_items(k: int, *, eps: float, c_hyp: float) -> int:
    """Natale et al. 2024, Theorem 2: least n with n H2(k/n) >= c_hyp log2(k/eps), n >= 2k.

    Then each fixed target in [-sqrt(k), sqrt(k)] is met within eps by a subset of exactly k of the n items with a
    probability above a constant, for items of a sum-bounded law such as the uniform one on [-1, 1]. Trust level: cited
    (text); the constants are only known to exist, c_hyp >= 1.

    Parameters
    ----------
    k : int
        Size of the subset, at least 1.
    eps : float
        Accuracy, in (0, 1).
    c_hyp : float
        Their constant, at least 1.

    Returns
    -------
    int

    Used in: strong/sparsity.
    """
    size, accuracy = whole("k", k, 1), tolerance(eps)
    scale = real("c_hyp", c_hyp, 1.0, math.inf, "[1, inf)")
    return _least_n(size, scale * math.log2(size / accuracy), 2 * size)


def _least_n(k: int, bits: float, first: int) -> int:
    """Least n >= first with n H2(k/n) >= bits; for fixed k the left side grows with n."""
    low, high = first - 1, max(first, 2)
    while high * binary_entropy(k / high) < bits:
        low, high = high, 2 * high
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle * binary_entropy(k / middle) >= bits else (middle, high)
    return high


def natale(network: NetworkShape, *, eps: float, density: float, c_amp: float | None = None) -> Requirement:
    """Natale et al. 2024, Theorem 3: tickets of density ``density`` in a network of 2 d_(i-1) n_i units.

    n_i = c_amp log2(2 l d_(i-1) d_i g n_i / eps)**2 / H2(g), with n_i on both sides; here the least whole number that
    is at least the right side and stays so for all larger ones. g = density/rho, rho the largest of d_i/d_(i-1) and
    d_(i-1)/d_i. The random weights are uniform on [-1, 1], and eps is accuracy and probability of failure in one.
    Trust level: cited (text, in the form of its appendix); c_amp is only known to exist.

    Parameters
    ----------
    network : NetworkShape
        The target: dense, without biases, spectral norms at most 1.
    eps : float
        Accuracy and failure, in (0, 1).
    density : float
        Density of the ticket, at most rho/2.
    c_amp : float, optional
        Their constant.

    Returns
    -------
    Requirement
        Without widths where c_amp is not given.

    Used in: strong/sparsity.
    """
    accuracy, wanted, scale = tolerance(eps), probability("density", density), constant("c_amp", c_amp)
    dense = plain_dense(network)
    checked, assumed = norms_at_most_one(network)
    rho = max(max(x.inputs / x.outputs, x.outputs / x.inputs) for x in network.layers)
    inner = wanted / rho
    if inner > 0.5:
        raise HypothesisError(f"density: expected at most rho/2 = {rho / 2:.4g}, got {density!r}")
    known = {"depth": 2 * network.depth, "checked": dense + checked, "assumed": assumed}
    if scale is None:
        return NATALE.asks(network, **known, reason="the constant c_amp is not known; give it")  # type: ignore[arg-type]
    entropy = float(binary_entropy(inner))
    factors = [2 * network.depth * x.inputs * x.outputs * inner / accuracy for x in network.layers]
    items = tuple(_fixed_point(scale / entropy, factor) for factor in factors)
    widths = tuple(2 * x.inputs * n for x, n in zip(network.layers, items, strict=True))
    parameters = sum(w * (x.inputs + x.outputs) for w, x in zip(widths, network.layers, strict=True))
    return NATALE.asks(
        network,
        widths=widths,
        parameters=parameters,
        items=items,
        failure=accuracy,
        **known,  # type: ignore[arg-type]
    )


def _fixed_point(scale: float, factor: float) -> int:
    """Least n from which on n >= scale log2(factor n)**2 for good."""

    def enough(n: int) -> bool:
        return n >= scale * math.log2(max(factor * n, 1.0)) ** 2

    # n / log2(factor n)**2 grows for good once ln(factor n) > 2: beyond e**2/factor the first crossing is the last.
    low = max(0, math.ceil(math.e**2 / factor) - 1)
    if enough(low + 1):
        return 1 if low == 0 or enough(low) else low + 1  # below e**2/factor the ratio falls, so all or none
    high = low + 1
    while not enough(high):
        low, high = high, 2 * high
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def natale_lower(
    network: NetworkShape, *, eps: float, kept: int | None = None, density: float | None = None
) -> Requirement:
    """Natale et al. 2024, Theorem 5: n >= (d**2/2) log2(k/eps) / H2(k/n) random parameters for tickets of exactly k.

    Stated for one layer of shape d x d; a layer of another shape contains the square one of its smaller side, and of
    a deep network the layer that asks most is taken. Trust level: cited (text).

    Parameters
    ----------
    network : NetworkShape
        The target's shapes.
    eps : float
        Accuracy, below 1/16.
    kept : int, optional
        Parameters k that the ticket keeps. The theorem is about n with k <= (1 - 1/(2 pi)) n; where it excludes none
        of them the answer is k itself.
    density : float, optional
        k/n in place of k, at most 1 - 1/(2 pi); one of the two is given.

    Returns
    -------
    Requirement
        ``parameters`` is the least n that satisfies the inequality.

    Used in: strong/sparsity.
    """
    accuracy = tolerance(eps)
    if accuracy >= 1 / 16:
        raise HypothesisError(f"eps: expected a number below 1/16, got {eps!r}")
    if (kept is None) == (density is None):
        raise ValueError(f"kept, density: expected exactly one of them, got {'neither' if kept is None else 'both'}")
    d = max(min(x.inputs, x.outputs) for x in network.layers)
    if kept is not None:
        k = whole("kept", kept, 1)
        first = math.ceil(k / _MOST_KEPT)
        # n H2(k/n) grows with n, so everything below the least n that satisfies the inequality is excluded; smaller
        # networks too, since they are larger ones with parameters that no ticket keeps.
        least = _least_n(k, 0.5 * d * d * math.log2(k / accuracy), first)
        least = k if least == first else least
    else:
        least = _least_at_density(probability("density", density), d, accuracy)
    return NATALE_LOWER.asks(
        network, parameters=least, checked=("eps < 1/16", f"square layer of side {d}"), assumed=("norms up to sqrt(k)",)
    )


def _least_at_density(share: float, d: int, eps: float) -> int:
    """Least n >= 1/share with n H2(share) >= (d**2/2) log2(share n/eps).

    The difference is convex in n: once it is negative it crosses zero once.
    """
    if share > _MOST_KEPT:
        raise HypothesisError(f"density: expected at most 1 - 1/(2 pi) = {_MOST_KEPT:.4f}, got {share}")
    entropy = float(binary_entropy(share))

    def enough(n: int) -> bool:
        return n * entropy >= 0.5 * d * d * math.log2(share * n / eps)

    low, high = 0, math.ceil(1 / share)
    if enough(high):
        return high
    while not enough(high):
        low, high = high, 2 * high
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
