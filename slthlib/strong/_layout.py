"""What the random network looks like at one layer of the target, and how its weights are drawn."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Law = Literal["uniform", "sign", "normal"]
LAWS: tuple[Law, ...] = ("uniform", "sign", "normal")

#: What a stream of random numbers is for; with the seed, the layer and the block it names the stream.
BANK, ROWS, MASKED = 0, 1, 2
#: So many weights are drawn at once, so that any block can be drawn again without the others.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Layout:
    """The rows of one even layer, and the banks of units that they read.

    A coordinate is an input of the layer at one tap of the kernel (a dense layer has one tap), or, last, the constant
    one that carries the bias. All taps of an input share its bank of ``units``; the weight b of a unit is random, or
    one where the units are copies of a neuron (``single``).

    ``law`` and ``bits`` say how weights are drawn: integers in units of ``2**-bits``, or real numbers if ``bits`` is
    None. Where no ReLU stands behind the units (``linear``), those of both signs of b serve one sum.
    """

    outputs: int
    inputs: int
    taps: int
    bias: bool
    units: int
    single: bool
    signed: bool
    law: Law
    bits: int | None
    linear: bool = False

    @property
    def coordinates(self) -> int:
        """Problems in a row."""
        return self.inputs * self.taps + self.bias

    @property
    def banks(self) -> int:
        """One for each input, and one for the bias."""
        return self.inputs + self.bias

    @property
    def branches(self) -> int:
        """Subset sums for each weight: one for each sign of the input, where a ReLU tells them apart."""
        return 2 if self.signed and not self.single and not self.linear else 1

    @property
    def words(self) -> int:
        """Words of 64 bits that a mask takes."""
        return -(-self.units // 64)

    @property
    def block(self) -> int:
        """Rows that are drawn together."""
        return max(1, _BLOCK // (self.coordinates * self.units))

    @property
    def blocks(self) -> int:
        """How many blocks the rows make."""
        return -(-self.outputs // self.block)

    @property
    def exponent(self) -> int:
        """The layer multiplies the unit of its input by ``2**-exponent``."""
        if self.bits is None:
            raise ValueError("a layer of real weights has no unit")
        return self.bits if self.single else 2 * self.bits

    @property
    def largest_item(self) -> int:
        """No item is larger, in units of the layer."""
        return 1 << self.exponent

    @cached_property
    def bank_of(self) -> NDArray[np.int64]:
        """The bank that each coordinate reads."""
        banks = np.repeat(np.arange(self.inputs), self.taps)
        return np.append(banks, self.inputs) if self.bias else banks

    def draw_banks(self, seed: int, place: int) -> NDArray[Any]:
        """The weights b of all units [banks, units]."""
        rng = np.random.default_rng([seed, place, BANK])
        if not self.single:
            return draw(rng, self.law, self.bits, (self.banks, self.units))
        ones = np.ones((self.banks, self.units), np.int16 if self.bits is not None else np.float64)
        if self.bias:  # units without inputs: their bias is a random sign, and a ReLU stops the negative ones
            ones[-1] = 2 * rng.integers(0, 2, self.units) - 1
        return ones

    def draw_rows(self, seed: int, place: int, block: int) -> NDArray[Any]:
        """The weights A [rows, coordinates, units] of one block."""
        first = block * self.block
        rows = min(self.block, self.outputs - first)
        rng = np.random.default_rng([seed, place, ROWS, block])
        return draw(rng, self.law, self.bits, (rows, self.coordinates, self.units))

    def alive(self, banks: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which units each branch of each bank may use [banks, branches, units], first so many [banks, branches].

        The branch of positive inputs uses positive b, the other one negative b; without a ReLU one branch uses both.
        The constant is positive.
        """
        units = np.zeros((self.banks, self.branches, self.units), np.int64)
        count = np.zeros((self.banks, self.branches), np.int64)
        signs = (banks != 0,) if self.linear else (banks > 0, banks < 0)[: self.branches]
        for s, chosen in enumerate(signs):
            order = np.argsort(~chosen, axis=1, kind="stable")
            count[:, s] = chosen.sum(1)
            units[:, s] = np.where(np.arange(self.units) < count[:, s, None], order, 0)
        return units, count

    def in_use(self, branch: int) -> slice:
        """The coordinates that have this branch: the constant is never negative."""
        return slice(0, self.coordinates - (branch == 1 and self.bias))


def draw(rng: np.random.Generator, law: Law, bits: int | None, shape: tuple[int, ...]) -> NDArray[Any]:
    if law == "normal":
        return rng.standard_normal(shape)
    if law == "sign":
        return (2 * rng.integers(0, 2, shape, dtype=np.int8) - 1).astype(np.int8 if bits is not None else np.float64)
    if bits is None:
        return rng.uniform(-1.0, 1.0, shape)
    size = 1 << bits
    dtype = np.int8 if bits <= 6 else np.int16 if bits <= 14 else np.int32
    return rng.integers(-size, size + 1, shape, dtype=dtype)
