"""What parity costs products of coarse weights: a failure that no argument can push below its floor."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from slthlib.strong.bounds._checks import HypothesisError, bits_checked, flag, probability
from slthlib.strong.bounds._items import least
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem

__all__ = ["network_parity_failure", "parity", "valuation_failure"]

PARITY = Theorem(
    "Products, parity",
    "",
    "proved here",
    "necessary",
    True,
    "Where all items of a solve are divisible by too high a power of two, its odd targets cannot be met: for a source "
    "on the square root of the target's grid that has probability (3/4)^n at least, however fine the grid.",
)


def _valuation(source_bits: int, positive: bool) -> NDArray[np.float64]:
    """P(v2 = 0..s) of a number uniform on {-M..M}, or {1..M}, M = 2**s; what is missing to 1 is the zero."""
    M = 2**source_bits
    counts = np.array([*(2 ** (source_bits - 1 - i) for i in range(source_bits)), 1], dtype=np.float64)
    return counts / M if positive else 2 * counts / (2 * M + 1)


def valuation_failure(
    n: ArrayLike, *, bits: int, source_bits: int, positive: bool = True
) -> float | NDArray[np.float64]:
    """Proved lower bound on the probability that n products of weights on the source's grid miss some target.

    On the grid of the products, 2**(-2 source_bits), targets are multiples of 2**j, j = 2 source_bits - bits, and some
    are no multiple of 2**(j + 1). If all n products are multiples of that, these are missed:
    P(v2(a) + v2(b) > j)**n. For j = 0 it is `laws.product_parity_bound`; each bit by which the source is finer takes
    most of it away. Trust level: proved here.

    Parameters
    ----------
    n : int, array-like
        Number of products, at least 1.
    bits : int
        The target's grid is 2**-bits.
    source_bits : int
        Grid of both factors, at least half the bits.
    positive : bool
        Whether the factors b are those of one sign, as in one branch of the diamond.

    Returns
    -------
    float or float64 array

    Used in: strong/quantized.
    """
    count = np.asarray(n, dtype=np.float64)
    if not np.all((count >= 1) & (count == np.floor(count)) & np.isfinite(count)):
        raise ValueError(f"n: expected whole numbers of at least 1, got {n!r}")
    all_even = 1 - _small(*_grids(bits, source_bits), flag("positive", positive))
    with np.errstate(under="ignore"):
        out = np.exp(count * math.log(all_even)) * (1 - 1e-12)
    return float(out) if out.ndim == 0 else out


def _grids(bits: object, source_bits: object) -> tuple[int, int]:
    k, s = bits_checked(bits, source_bits)
    if 2 * s < k:
        raise HypothesisError(f"source_bits: expected at least half the target's bits, {-(-k // 2)}, got {s}")
    return k, s


def _small(bits: int, source_bits: int, positive: bool) -> float:
    """P(v2(a b) <= j)."""
    a, b = _valuation(source_bits, False), _valuation(source_bits, positive)
    law = np.convolve(a, b)
    return float(law[: 2 * source_bits - bits + 1].sum())


def network_parity_failure(
    network: NetworkShape, n: int, *, bits: int, source_bits: int, signed_inputs: bool = True
) -> float:
    """Proved lower bound on the probability that parity alone spoils a network whose solves have n products each.

    All targets are meant: the weights may be those that no even products meet. Outputs share the bank of an input.
    Given h odd factors b in it a solve has no odd product with probability (1 - P(a odd))**h, independently of the
    other outputs; h is binomial, and banks are independent. That is exact where the target's grid is that of the
    products. Where it is coarser, one solve in each bank is counted only. Trust level: proved here.

    Parameters
    ----------
    network : NetworkShape
        The target's shapes.
    n : int
        Products of each solve.
    bits : int
        The target's grid is 2**-bits.
    source_bits : int
        Grid of both factors, at least half the bits.
    signed_inputs : bool
        Whether the inputs of the network take both signs.

    Returns
    -------
    float

    Used in: strong/quantized.
    """
    k, s = _grids(bits, source_bits)
    single = float(valuation_failure(n, bits=k, source_bits=s))
    even = 1 - float(_valuation(s, False)[0])  # a even, 0 included
    h = np.arange(n + 1)
    weight = binom.pmf(h, n, float(_valuation(s, True)[0]))
    log_good = 0.0
    for signs, layer in zip(network.branches(signed_inputs), network.layers, strict=True):
        bad = single
        if 2 * s == k:
            with np.errstate(divide="ignore", under="ignore"):
                spoiled = -np.expm1(layer.outputs * layer.taps * np.log1p(-(even**h)))
                bad = float((weight * spoiled).sum())
        log_good += signs * layer.inputs * math.log1p(-min(bad, 1 - 1e-16))
    return -math.expm1(log_good)


def parity(
    network: NetworkShape, *, bits: int, failure: float, source_bits: int | None = None, signed_inputs: bool = True
) -> Requirement:
    """Least number of products a solve needs so that parity alone does not spoil the network more often than allowed.

    A lower bound: with fewer products the network fails more often than ``failure``, whatever else is right. Trust
    level: proved here.

    Parameters
    ----------
    network : NetworkShape
        The target's shapes; all targets are meant.
    bits : int
        The target's grid is 2**-bits.
    failure : float
        Probability of failure that is allowed, in (0, 1).
    source_bits : int, optional
        Grid of both layers; by default half the bits, rounded up.
    signed_inputs : bool
        Whether the inputs of the network take both signs.

    Returns
    -------
    Requirement

    Used in: strong/quantized.
    """
    k, _ = bits_checked(bits)
    source = -(-k // 2) if source_bits is None else source_bits
    limit = probability("failure", failure)
    _grids(k, source)

    def risk(n: int) -> float:
        return network_parity_failure(network, n, bits=k, source_bits=source, signed_inputs=signed_inputs)

    items = least(lambda n: risk(n) <= limit, "parity")
    return PARITY.asks(
        network,
        depth=2 * network.depth,
        items=items,
        failure=risk(items),
        checked=("both layers uniform on their grid",),
    )
