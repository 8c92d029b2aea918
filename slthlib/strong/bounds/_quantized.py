"""Kumar and Natale 2025: targets on a grid, met exactly. Their statements, and what their probabilities are worth."""

import math
from itertools import pairwise

from slthlib.strong.bounds._checks import HypothesisError, bits_checked, constant, probability
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem, plain_dense, two_layers

__all__ = ["kumar_copies", "kumar_lower", "kumar_products"]

PRODUCTS = Theorem(
    "Kumar and Natale 2025, Theorem 1",
    "kumar2025quantization",
    "cited from the text, constants as we read its proofs",
    "enough",
    True,
    "A random network of twice the depth on the grid delta, delta^2 at most the target's grid, with "
    "C d_(i-1) log2(1/delta) units in front of layer i, contains the target exactly with probability at least "
    "N p - (N - 1), p = 1 - O(log2(1/delta)^(-1/7)).",
)
COPIES = Theorem(
    "Kumar and Natale 2025, Theorem 2",
    "kumar2025quantization",
    "cited from the text, constants as we read its proofs",
    "enough",
    True,
    "Depth l + 1 with single weights on a grid at most the target's: widths C d_0 log2(1/delta), then "
    "d_i log2(1/delta), contain the target exactly.",
)
LOWER = Theorem(
    "Kumar and Natale 2025, Theorem 3",
    "kumar2025quantization",
    "cited from the text; for any shape proved here",
    "necessary",
    True,
    "To contain each of the (2/delta + 1)^N weight arrays of a layer exactly with probability p, a random network "
    "needs at least N log2(2/delta + 1) + log2(p) parameters.",
)


def _failure(network: NetworkShape, bits: int, scale: float | None) -> float | None:
    """N c log2(1/delta)**(-1/7), at most 1: their union bound over the weights."""
    return None if scale is None else min(1.0, network.weights * scale * bits ** (-1 / 7))


def kumar_products(
    network: NetworkShape,
    *,
    bits: int,
    source_bits: int | None = None,
    C: float | None = None,
    C_failure: float | None = None,
) -> Requirement:
    """Kumar and Natale 2025, Theorem 1: C d_(i-1) log2(1/delta) units, delta**2 <= the target's grid.

    Two remarks on the text as read here. The union bound gives a probability of at least N p - (N - 1) with
    p = 1 - O(log2(1/delta)**(-1/7)); it says something only once log2(1/delta) exceeds about N**7. And one step makes
    products uniform by rejection, which the multiplication table does not allow. Both are repaired with an
    exponentially small failure: see `single_weights`, `coprime_products` and `product_failure`. Trust level: cited
    (text).

    Parameters
    ----------
    network : NetworkShape
        The target: dense, without biases.
    bits : int
        The target's grid is 2**-bits.
    source_bits : int, optional
        Grid 2**-source_bits of the random weights; by default as coarse as allowed, half the bits.
    C : float, optional
        Constant in front of the widths.
    C_failure : float, optional
        Constant of the failure of one weight, C_failure log2(1/delta)**(-1/7).

    Returns
    -------
    Requirement
        Its failure is 1 wherever the union bound says nothing.

    Used in: no chapter.
    """
    k, _ = bits_checked(bits)
    _, source = bits_checked(k, -(-k // 2) if source_bits is None else source_bits)
    scale, rate, dense = constant("C", C), constant("C_failure", C_failure), plain_dense(network)
    if 2 * source < k:
        raise HypothesisError(
            f"source_bits: the square of the source's grid must be at most the target's, so at least {-(-k // 2)} "
            f"bits for {k}; got {source}"
        )
    depth, failure = 2 * network.depth, _failure(network, source, rate)
    checked = (*dense, f"delta^2 = 2^-{2 * source} at most 2^-{k}")
    if scale is None:
        silent = "the constant C is not known; give it"
        return PRODUCTS.asks(network, depth=depth, failure=failure, checked=checked, reason=silent)
    units = tuple(math.ceil(scale * source) for _ in network.layers)
    widths, parameters = two_layers(network, units)
    return PRODUCTS.asks(
        network, depth=depth, widths=widths, parameters=parameters, items=units, failure=failure, checked=checked
    )


def kumar_copies(
    network: NetworkShape,
    *,
    bits: int,
    source_bits: int | None = None,
    C: float | None = None,
    C_failure: float | None = None,
) -> Requirement:
    """Kumar and Natale 2025, Theorem 2: depth l + 1, widths C d_0 log2(1/delta), then d_i log2(1/delta).

    Single weights, on a grid at most as coarse as the target's. The remark on the probability in `kumar_products`
    holds here too. Trust level: cited (text).

    Parameters
    ----------
    network : NetworkShape
        The target: dense, without biases.
    bits : int
        The target's grid is 2**-bits.
    source_bits : int, optional
        Grid 2**-source_bits of the random weights, by default the target's.
    C : float, optional
        Constant of the first width.
    C_failure : float, optional
        Constant of the failure of one weight, C_failure log2(1/delta)**(-1/7).

    Returns
    -------
    Requirement
        Without a parameter count where C is not given.

    Used in: no chapter.
    """
    k, source = bits_checked(bits, source_bits)
    scale, rate, dense = constant("C", C), constant("C_failure", C_failure), plain_dense(network)
    if source < k:
        raise HypothesisError(f"source_bits: expected at least the target's {k} bits, got {source}")
    depth, failure = network.depth + 1, _failure(network, source, rate)
    checked = (*dense, f"delta = 2^-{source} at most 2^-{k}")
    if scale is None:
        silent = "the constant C of the first width is not known; give it"
        return COPIES.asks(network, depth=depth, failure=failure, checked=checked, reason=silent)
    first = math.ceil(scale * source) * network.layers[0].inputs
    widths = (first, *(layer.outputs * source for layer in network.layers[:-1]))
    ends = (network.layers[0].inputs, *widths, network.layers[-1].outputs)
    parameters = sum(a * b for a, b in pairwise(ends))
    return COPIES.asks(network, depth=depth, widths=widths, parameters=parameters, failure=failure, checked=checked)


def kumar_lower(network: NetworkShape, *, bits: int, success: float) -> Requirement:
    """Kumar and Natale 2025, Theorem 3: at least N log2(2/delta + 1) + log2(success) parameters for N weights.

    The masks of a given network meet at most 2**parameters weight arrays, so at most that share of all of them. Weights
    range over the whole of [-1, 1]; `counting` has them in [-1/2, 1/2] too. A deep network is counted layer by layer,
    see there. Trust level: cited (text); for layers of any shape proved here.

    Parameters
    ----------
    network : NetworkShape
        The target's shapes.
    bits : int
        The target's grid is 2**-bits.
    success : float
        Probability with which each target must be contained, in (0, 1).

    Returns
    -------
    Requirement

    Used in: no chapter.
    """
    k, _ = bits_checked(bits)
    share = probability("success", success)
    least = math.ceil(network.parameters * math.log2(2 ** (k + 1) + 1) + math.log2(share) - 1e-9)
    return LOWER.asks(network, parameters=max(0, least), checked=("any law of the random weights",))
