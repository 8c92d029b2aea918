"""The bookkeeping of a bank: how many units, parameters and mask bits it takes, beside what counting asks."""

import math
from dataclasses import dataclass

from scipy.special import bdtr

from slthlib.strong.bounds._checks import HypothesisError, bits_checked, flag, probability, real, whole
from slthlib.strong.bounds._items import least
from slthlib.strong.bounds._network import NetworkShape
from slthlib.strong.bounds._records import two_layers

__all__ = ["Bookkeeping", "alive_share", "bank_units", "bookkeeping"]


@dataclass(frozen=True)
class Bookkeeping:
    """What the banks of a whole network take.

    Parameters
    ----------
    items : int
        Alive units that every solve can count on.
    units : int
        Units in the bank of one input coordinate.
    failure : float
        Bound on the probability that some bank holds fewer alive units of some sign.
    solves : int
        Subset sums of the network.
    banks : int
        Pairs of a bank and a sign.
    widths : tuple of int
        Hidden widths of the random network, one for each layer of the target.
    parameters : int
        Parameters of the whole random network.
    mask_bits : int
        Entries of the masks that are not fixed beforehand: all even layers, and one a unit of the odd ones.
    counting : float
        Bits that any mask needs to tell the targets apart.
    overhead : float
        Parameters over the parameters of the target.
    parameters_to_counting : float
        Parameters over the counting bound.
    mask_bits_to_counting : float
        Mask bits over the counting bound.

    Used in: no chapter.
    """

    items: int
    units: int
    failure: float
    solves: int
    banks: int
    widths: tuple[int, ...]
    parameters: int
    mask_bits: int
    counting: float
    overhead: float
    parameters_to_counting: float
    mask_bits_to_counting: float


def alive_share(source_bits: int | None = None, *, signed: bool = True) -> float:
    """Probability that a unit serves a given sign of its input: M/(2M + 1) on the grid, M = 2**source_bits.

    Parameters
    ----------
    source_bits : int, optional
        Grid of the weight in front of the unit; None for +-1 and for continuous laws without an atom at 0.
    signed : bool
        Whether that weight takes both signs; drawn positive, every unit is alive for a positive input.

    Returns
    -------
    float

    Used in: no chapter.
    """
    if not flag("signed", signed):
        return 1.0
    if source_bits is None:
        return 0.5
    M = 2 ** whole("source_bits", source_bits, 0, 1000)
    return M / (2 * M + 1)


def bank_units(items: int, failure: float, *, banks: int, alive: float) -> int:
    """Least size of a bank with which all of them hold enough alive units.

    That is, banks P(Bin(units, alive) < items) <= failure. The binomial tail is exact; a bank that must serve both
    signs counts twice, by a union bound. Trust level: proved here.

    Parameters
    ----------
    items : int
        Alive units wanted, at least 1.
    failure : float
        Probability that some bank falls short, in (0, 1).
    banks : int
        Number of pairs of a bank and a sign.
    alive : float
        Probability that a unit serves a given sign, as `alive_share` tells.

    Returns
    -------
    int

    Used in: no chapter.
    """
    wanted, share = whole("items", items, 1), real("alive", alive, 0.0, 1.0, "(0, 1]")
    limit, count = probability("failure", failure), whole("banks", banks, 1)
    return least(lambda n: _short(n, wanted, share, count) <= limit, "bank_units")


def _short(units: int, items: int, alive: float, banks: int) -> float:
    """Bound on the probability that some bank is short of alive units."""
    if units < items:
        return 1.0
    return 0.0 if alive == 1.0 else min(1.0, banks * float(bdtr(items - 1, units, alive)))


def bookkeeping(
    network: NetworkShape,
    items: int,
    *,
    bits: int,
    failure: float,
    alive: float,
    signed_inputs: bool = True,
    full_range: bool = False,
) -> Bookkeeping:
    """Count units, parameters and mask bits of the diamond in which every solve can count on so many items.

    A layer of shape (out, in) becomes a bank of units for each input, in front of a layer that all outputs share:
    units in (in + out) parameters, of which the in out units of the even layer and one for each unit of the odd layer
    are useful mask bits. A kernel becomes a 1 x 1 bank and a kernel of its own size. Trust level: proved here (an exact
    count, and a binomial tail).

    Parameters
    ----------
    network : NetworkShape
        The target.
    items : int
        Alive units wanted in each bank, for each sign that its input can have.
    bits : int
        The target's grid is 2**-bits.
    failure : float
        Probability that some bank falls short, in (0, 1).
    alive : float
        Probability that a unit serves a given sign, as `alive_share` tells.
    signed_inputs : bool
        Whether the inputs of the network take both signs.
    full_range : bool
        Whether targets reach to 1 and not to 1/2: the counting bound is then log2(2M + 1) and not log2(M + 1) a weight.

    Returns
    -------
    Bookkeeping

    Used in: no chapter.
    """
    if not isinstance(network, NetworkShape):
        raise TypeError(f"network: expected a NetworkShape, got {type(network).__name__}; see bounds.network")
    k, _ = bits_checked(bits)
    banks = network.banks(signed_inputs)
    if alive == 1.0 and signed_inputs:
        raise HypothesisError("alive: units that are all of one sign serve inputs of one sign only")
    units = bank_units(items, failure, banks=banks, alive=alive)
    widths, parameters = two_layers(network, (units,) * network.depth)
    mask = sum(units * (x.weights + x.inputs) + (units * (x.outputs + 1) if x.bias else 0) for x in network.layers)
    counting = network.parameters * math.log2((2 if flag("full_range", full_range) else 1) * 2**k + 1)
    return Bookkeeping(
        items=items,
        units=units,
        failure=_short(units, items, alive, banks),
        solves=network.solves(signed_inputs),
        banks=banks,
        widths=widths,
        parameters=parameters,
        mask_bits=mask,
        counting=counting,
        overhead=parameters / network.parameters,
        parameters_to_counting=parameters / counting,
        mask_bits_to_counting=mask / counting,
    )
