"""How many copies a doubling chain takes, and when it is cheaper than counting signs one by one."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import binom

from slthlib.strong._chain_parts import ChainLayer, copies_law
from slthlib.strong._sizing import least_count
from slthlib.strong.quantizing import check_bits

__all__ = ["SignCosts", "chain_copies", "compare_sign_costs"]


def chain_copies(digits: int, bits: int, failure: float) -> int:
    """Copies of each power of two with which so many digits all find one of the right sign.

    The number of copies that live is a Markov chain over the levels: binomial with 1/2 at first, then with 1 - 2**-m
    where a copy is carried on from m below, and 1 - (1 + m) 2**-m where two are added. A digit that has m copies is
    missed with probability 2**-m; digits are added. Label ``law-sign-chain``: law derived and simulated.

    Parameters
    ----------
    digits : int
        Binary digits 1 of all weights, twice where inputs have either sign.
    bits : int
        Of the grid.
    failure : float
        In (0, 1).

    Returns
    -------
    int

    Notes
    -----
    Used in: no chapter.
    """
    if not 0 < failure < 1:
        raise ValueError(f"failure: expected a number strictly between 0 and 1, got {failure!r}")

    def enough(count: int) -> bool:
        law = copies_law(2 * count, count, bits)
        missed = law @ 0.5 ** np.arange(law.shape[1]).astype(float)
        return bool(digits * missed.max() <= failure)

    return least_count(enough, 2)


@dataclass(frozen=True)
class SignCosts:
    """What one dense layer takes from random signs, by the chain and by counting signs one by one.

    Parameters
    ----------
    bits : int
        Of the grid.
    chain_copies, unary_units : int
        Copies of a power of two; units in the bank of an input.
    chain_depth, unary_depth : int
        Layers of weights.
    chain, unary : int
        Random parameters.

    Notes
    -----
    Used in: no chapter.
    """

    bits: int
    chain_copies: int
    unary_units: int
    chain_depth: int
    unary_depth: int
    chain: int
    unary: int


def compare_sign_costs(
    inputs: int, outputs: int, bits: int, *, failure: float = 1e-2, signed_inputs: bool = True
) -> SignCosts:
    """Random parameters of the two ways to make any dense layer on the grid from signs.

    Unary is what ``embed(source="sign")`` builds: d n (d + d') parameters for d inputs, d' outputs and banks of n,
    where each branch takes ``2**(bits - 1)`` products of the right sign, so n is about 2 * 2**bits. The chain takes
    some (branches d copies)**2 bits**3 / 3, so it wins only for fine grids. Both by the law and a union bound, for
    weights that may all be as large as 1/2, or have all digits. Label ``law-sign-chain``: law derived and simulated.

    Parameters
    ----------
    inputs, outputs : int
        Of the layer.
    bits : int
        Of the grid.
    failure : float
        Probability that anything is left unsolved.
    signed_inputs : bool
        Whether inputs take either sign.

    Returns
    -------
    SignCosts

    Notes
    -----
    Used in: strong/beyond_dense.
    """
    check_bits(bits)
    branches = 2 if signed_inputs else 1
    solves = inputs * outputs * branches
    copies = chain_copies(solves * bits, bits, failure)
    layer = ChainLayer(inputs, outputs, bits, 2 * copies, copies, signed_inputs)
    units = _unary_units(solves, bits, failure)
    return SignCosts(bits, copies, units, bits + 1, 2, layer.parameters, inputs * units * (inputs + outputs))


@cache
def _unary_units(solves: int, bits: int, failure: float) -> int:
    """Units of which, by the exact law, a quarter serves one sign of the input and one of the weight."""
    low, high = 0, 1
    while binom.cdf(2 ** (bits - 1) - 1, high, 0.25) * solves > failure:
        low, high = high, 2 * high
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if binom.cdf(2 ** (bits - 1) - 1, middle, 0.25) * solves <= failure else (middle, high)
        )
    return high
