"""What products of two random weights ask of a network: the diamond with both layers on the grid."""

import math

from slthlib.strong.bounds._banks import alive_share, bank_units, bookkeeping
from slthlib.strong.bounds._checks import HypothesisError, bits_checked, probability
from slthlib.strong.bounds._coprime import coprime_failure, coprime_share
from slthlib.strong.bounds._items import items_needed, least
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem, half_range, two_layers

__all__ = ["coprime_products", "sharp_products"]

_MOST_COUNTED = 20

COPRIME = Theorem(
    "Products, coprime pairs",
    "",
    "proved here",
    "enough",
    True,
    "Both layers uniform on the grid delta: so many pairs of units with coprime factors in [1/2, 1] represent every "
    "weight on the grid delta^2 with |w| <= 1/8 exactly; four blocks of them every |w| <= 1/2.",
)
SHARP = Theorem(
    "Products, sharp theorem",
    "",
    "proved here; new work, not refereed outside",
    "enough",
    True,
    "Both layers on the grid delta, targets on delta^2: items per solve over the counting bound tends to 1, once the "
    "networks are large enough.",
)


def coprime_products(
    network: NetworkShape,
    *,
    bits: int,
    failure: float,
    source_bits: int | None = None,
    signed_inputs: bool = True,
) -> Requirement:
    """The diamond with both layers on the grid: rigorous at every size, with a poor constant.

    The solves take `coprime_failure`, with half of ``failure``; the other half is for the banks. In a bank the units
    are taken two by two; a couple counts for a sign if both factors have it, lie in [M/2, M] and share no divisor,
    which has probability `coprime_share` each. Weights up to 1/2 are sums of four weights up to 1/8, each with pairs of
    its own. Trust level: proved here.

    Parameters
    ----------
    network : NetworkShape
        The target.
    bits : int
        The target's grid is 2**-bits.
    failure : float
        Probability that some target is not contained, in (0, 1).
    source_bits : int, optional
        Grid of both layers, at least 2; by default half the bits, rounded up.
    signed_inputs : bool
        Whether the inputs of the network take both signs.

    Returns
    -------
    Requirement
        Its ``items`` are units of one sign's pairs: twice the pairs, the blocks counted.

    Used in: no chapter.
    """
    k, _ = bits_checked(bits)
    _, s = bits_checked(k, max(2, -(-k // 2)) if source_bits is None else source_bits)
    total, checked = probability("failure", failure), half_range(network)
    if s < 2 or 2 * s < k:
        raise HypothesisError(f"source_bits: expected at least {max(2, -(-k // 2))} for a target of {k} bits, got {s}")
    if s > _MOST_COUNTED:
        raise HypothesisError(f"source_bits: coprime factors are counted up to {_MOST_COUNTED} bits, got {s}")
    blocks = 1 if network.largest is not None and network.largest <= 1 / 8 else 4
    solves = network.solves(signed_inputs) * blocks
    pairs = least(lambda n: solves * float(coprime_failure(n, 2**s)) <= total / 2, "coprime pairs")
    couples = bank_units(blocks * pairs, total / 2, banks=network.banks(signed_inputs), alive=coprime_share(2**s))
    widths, parameters = two_layers(network, (2 * couples,) * network.depth)
    return COPRIME.asks(
        network,
        depth=2 * network.depth,
        widths=widths,
        parameters=parameters,
        items=2 * blocks * pairs,
        failure=total,
        checked=checked[0],
        assumed=checked[1],
    )


def sharp_products(
    network: NetworkShape,
    *,
    bits: int,
    failure: float,
    source_bits: int | None = None,
    signed_inputs: bool = True,
) -> Requirement:
    """The diamond by the sharp theorem on products; no number unless its hypotheses hold, which takes huge grids.

    Half of ``failure`` is for the solves, by `product_failure` for ``|w|`` <= 1/2, half for the banks. Trust level:
    proved here; new work of this project, not refereed outside.

    Parameters
    ----------
    network : NetworkShape
        The target.
    bits : int
        The target's grid is 2**-bits.
    failure : float
        Probability that some target is not contained, in (0, 1).
    source_bits : int, optional
        Grid of both layers; by default half the bits, rounded up.
    signed_inputs : bool
        Whether the inputs of the network take both signs.

    Returns
    -------
    Requirement
        Raises an error where the hypotheses of the theorem fail.

    Used in: no chapter.
    """
    k, _ = bits_checked(bits)
    _, s = bits_checked(k, -(-k // 2) if source_bits is None else source_bits)
    total, checked = probability("failure", failure), half_range(network)
    # M2 >= n0 >= (8.5 (b + 1 + T/B))**2 with b >= 1 and T/B = 1/2: no smaller grid will do.
    b = math.ceil(math.log2(math.log2(5) + 2 * s))
    lowest = max(150, math.ceil((8.5 * (b + 1.5)) ** 2))
    if 2**s < lowest:
        raise HypothesisError(f"source_bits: the theorem asks for 2^source_bits >= {lowest} here, got 2^{s}")
    given = {"bits": k, "source_bits": s}
    items = items_needed("products", total / 2, solves=network.solves(signed_inputs), **given)
    book = bookkeeping(network, items, bits=k, failure=total / 2, alive=alive_share(s), signed_inputs=signed_inputs)
    return SHARP.asks(
        network,
        depth=2 * network.depth,
        widths=book.widths,
        parameters=book.parameters,
        items=items,
        failure=total,
        checked=(*checked[0], "hypotheses of the sharp theorem"),
        assumed=checked[1],
    )
