"""What it costs that items may all have one sign: a failure that no argument can push below its floor."""

import math

from slthlib.strong.bounds._checks import bits_checked, probability
from slthlib.strong.bounds._counting import items_by_counting
from slthlib.strong.bounds._items import least
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem

__all__ = ["one_sign"]


ONE_SIGN = Theorem(
    "Single weights, all of one sign",
    "",
    "proved here",
    "necessary",
    True,
    "Where all items of a solve have one sign its targets of the other sign cannot be met, so n items are too few "
    "unless about N 2^(1 - n) is at most the failure allowed; and 2^n masks meet no more than 2^n targets.",
)


def one_sign(
    network: NetworkShape, *, bits: int, failure: float, source_bits: int | None = None, signed_inputs: bool = True
) -> Requirement:
    """Least number of single weights a solve needs so that one-sided items alone do not spoil too many networks.

    All n items are >= 0, or all <= 0, with probability q = 2 ((M + 1)/(2M + 1))**n - (2M + 1)**-n, M = 2**source_bits.
    Solves have fresh items of their own, so the network is spoiled with probability 1 - (1 - q)**solves: n is about
    1 + log2(solves/failure) at least. With it stands the number of masks, 2**n >= 2**bits + 1. Trust level: proved
    here.

    Parameters
    ----------
    network : NetworkShape
        The target's shapes; all targets with weights in [-1/2, 1/2] are meant.
    bits : int
        The target's grid is 2**-bits.
    failure : float
        Probability of failure that is allowed, in (0, 1).
    source_bits : int, optional
        Grid of the random weights, by default the target's.
    signed_inputs : bool
        Whether the inputs of the network take both signs.

    Returns
    -------
    Requirement

    Used in: strong/quantized.
    """
    k, s = bits_checked(bits, source_bits)
    limit, solves, M = probability("failure", failure), network.solves(signed_inputs), 2**s

    def risk(n: int) -> float:
        q = min(1.0, 2 * ((M + 1) / (2 * M + 1)) ** n - (2 * M + 1.0) ** -n)
        return 1.0 if q == 1 else -math.expm1(solves * math.log1p(-q))

    items = max(least(lambda n: risk(n) <= limit, "one_sign"), items_by_counting(k))
    return ONE_SIGN.asks(network, items=items, failure=risk(items), checked=("even layers uniform on their grid",))
