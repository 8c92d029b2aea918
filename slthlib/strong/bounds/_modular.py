"""Sums that wrap around: constants that are exact at every size."""

import math

from slthlib.strong.bounds._checks import probability, whole
from slthlib.strong.bounds._items import least
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import Requirement, Theorem, two_layers, units_for_signs
from slthlib.sums import laws

__all__ = ["modular"]


MODULAR = Theorem(
    "Sums modulo 2^B",
    "",
    "proved here",
    "enough",
    True,
    "Weights uniform on the integers modulo 2^B, sums that wrap around in B bits: B + log2(N/eta) items meet N given "
    "weights, B + log2(B) + 2 + log2(N/eta) all weights at once.",
)


def modular(
    network: NetworkShape,
    *,
    word: int,
    failure: float,
    universal: bool = True,
    gate: int = 1,
    signed_inputs: bool = True,
) -> Requirement:
    """Sums that wrap around in words of B bits, weights uniform modulo 2**B: constants that are exact at every size.

    For one given network a target is missed with probability at most (2**B - 1)/(2**n - 1), for all at once
    `laws.group_failure_bound` holds. If one mask entry may gate ``gate`` weights, their group has order 2**(gate B)
    and a mask of ``log2|G|`` + log2(1/failure) bits serves them all. B is the width of the accumulator, and b x must
    not wrap before the ReLU. Odd layers +-1, or odd b. Trust level: proved here.

    Parameters
    ----------
    network : NetworkShape
        The target.
    word : int
        B, bits of the accumulator, from 1 to 64; ``gate`` times B at most 900.
    failure : float
        Probability that the target is not contained, in (0, 1).
    universal : bool
        Whether all targets are meant at once, or one that was fixed before the draw.
    gate : int
        Number of weights that one mask entry gates.
    signed_inputs : bool
        Whether the inputs of the network take both signs.

    Returns
    -------
    Requirement

    Used in: no chapter.
    """
    B, total, together = whole("word", word, 1, 64), probability("failure", failure), whole("gate", gate, 1)
    if together * B > 900:
        raise ValueError(f"gate: expected gate * word of at most 900 bits, got {together * B}")
    order, solves = 2 ** (together * B), math.ceil(network.solves(signed_inputs) / together)
    law = laws.group_failure_bound if universal else laws.group_missed_probability

    def risk(n: int) -> float:
        return solves * float(law(n, order))

    items = least(lambda n: risk(n) <= total, "modular")
    widths, parameters = two_layers(network, units_for_signs(network, items, signed_inputs))
    return MODULAR.asks(
        network,
        depth=2 * network.depth,
        widths=widths,
        parameters=parameters,
        items=items,
        failure=risk(items),
        assumed=("no product wraps before the ReLU",),
    )
