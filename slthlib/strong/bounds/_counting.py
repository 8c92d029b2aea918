"""Lower bounds by counting: what no construction can go below, whatever the law of its random weights."""

import math

from scipy.special import gammaln

from slthlib.strong.bounds._checks import bits_checked, flag, probability, whole
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem
from slthlib.sums import laws

__all__ = ["counting", "items_by_counting", "mask_bits", "permutation_bits"]

COUNTING = Theorem(
    "Counting, targets on a grid",
    "",
    "proved here",
    "necessary",
    True,
    "m random parameters have 2^m masks and each meets one target, so to meet each of V^N weight arrays with "
    "probability p it takes m >= N log2(V) + log2(p).",
)


def counting(network: NetworkShape, *, bits: int, success: float = 0.5, full_range: bool = False) -> Requirement:
    """Parameters by counting, N log2(M + 1) + log2(success) with M = 2**bits for ``|w|`` <= 1/2; 2M for 1.

    For each target the expected number of masks that meet it is at least ``success``, and all targets together share
    2**m masks. For one linear layer distinct weights are distinct functions. A deep network is counted by its weights:
    that bounds every construction that meets the target layer by layer. As functions some of these networks coincide;
    `permutation_bits` is what renaming hidden neurons takes off. Trust level: proved here.

    Parameters
    ----------
    network : NetworkShape
        The target's shapes; biases count as weights.
    bits : int
        The target's grid is 2**-bits.
    success : float
        Probability with which each target must be contained, in (0, 1).
    full_range : bool
        Whether weights reach to 1 and not to 1/2.

    Returns
    -------
    Requirement

    Used in: no chapter.
    """
    k, _ = bits_checked(bits)
    share = probability("success", success)
    values = (2 ** (k + 1) if flag("full_range", full_range) else 2**k) + 1
    least = max(0, math.ceil(network.parameters * math.log2(values) + math.log2(share) - 1e-9))
    items = items_by_counting(k, full_range=full_range)
    return COUNTING.asks(network, parameters=least, items=items, checked=("any law of the random weights",))


def items_by_counting(bits: int, *, full_range: bool = False) -> int:
    """Fewest items with which one solve can meet all its targets at all: 2**n >= M + 1, or 2M + 1 over [-1, 1].

    Trust level: proved here.

    Parameters
    ----------
    bits : int
        The target's grid is 2**-bits.
    full_range : bool
        Whether targets reach to 1 and not to 1/2.

    Returns
    -------
    int

    Used in: strong/quantized.
    """
    k, _ = bits_checked(bits)
    return laws.counting_bound(M=2 ** (k if flag("full_range", full_range) else k - 1))


def mask_bits(parameters: int, kept: int) -> float:
    """Bits of a mask that keeps exactly ``kept`` of ``parameters`` entries: log2 of the binomial coefficient.

    Trust level: proved here (a count); by logarithms of the gamma function, in float64.

    Parameters
    ----------
    parameters : int
        Entries of the mask.
    kept : int
        Ones among them.

    Returns
    -------
    float

    Used in: strong/sparsity.
    """
    m = whole("parameters", parameters, 1)
    k = whole("kept", kept, 0, m)
    if m <= 1000:
        return math.log2(math.comb(m, k))
    return float(gammaln(m + 1) - gammaln(k + 1) - gammaln(m - k + 1)) / math.log(2)


def permutation_bits(network: NetworkShape) -> float:
    """Bits that a network's function does not need because its hidden neurons have no names: the sum of log2(h!).

    A network whose hidden neurons all differ is one of prod h! with the same function. Rescaling a neuron by powers of
    two would take off a little more. Trust level: proved here for such networks.

    Parameters
    ----------
    network : NetworkShape
        The target's shapes.

    Returns
    -------
    float

    Used in: strong/bits.
    """
    return sum(math.lgamma(layer.outputs + 1) for layer in network.layers[:-1]) / math.log(2)
