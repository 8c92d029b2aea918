"""When floating-point arithmetic makes no rounding error at all, so that a ticket's outputs are those of its target.

If every term of a sum is a whole multiple of a unit u, and the absolute values of all terms add up to less than
``2**53`` u (``2**24`` u in float32), then every partial sum is a number of the format, in whatever order, with or
without fused multiplication and on any device. This covers algorithms that add up the terms; Winograd, FFT and
Strassen do not.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._running import weigh_layer
from slthlib.strong.recipe import Recipe

__all__ = ["Exactness"]


@dataclass(frozen=True)
class Exactness:
    """How many bits the largest sums of a ticket may take.

    Parameters
    ----------
    layers : tuple of float
        For each layer of the target, the base-2 logarithm of the largest sum of absolute values of kept terms, in
        units of which every term is a multiple.
    integer_bits : float
        The same for `StrongTicket.integers`, whose units grow finer from layer to layer; infinite for real weights.

    Notes
    -----
    Used in: no chapter.
    """

    layers: tuple[float, ...]
    integer_bits: float

    @property
    def float64(self) -> bool:
        """Whether float64 is guaranteed to be exact: fewer than 53 bits in every layer."""
        return max(self.layers) < 53 - 1e-6

    @property
    def float32(self) -> bool:
        """Whether float32 is guaranteed to be exact: fewer than 24 bits in every layer."""
        return max(self.layers) < 24 - 1e-6

    @property
    def int64(self) -> bool:
        """Whether whole numbers of 64 bits are guaranteed to hold all sums."""
        return self.integer_bits < 63 - 1e-6

    def __str__(self) -> str:
        worst = max(self.layers)
        if math.isinf(worst):
            return "no arithmetic is exact: the weights are real numbers, not multiples of a unit"
        said = [f"sums take up to {worst:.1f} bits"]
        for name, good, limit in (("float64", self.float64, 53), ("float32", self.float32, 24)):
            said.append(f"{name} is {'exact' if good else 'not guaranteed to be exact'} ({limit} bits)")
        said.append(f"int64 {'holds' if self.int64 else 'may overflow with'} sums of {self.integer_bits:.1f} bits")
        return "; ".join(said)


def exactness_of(
    recipe: Recipe,
    words: tuple[NDArray[np.uint64], ...],
    input_bits: int,
    largest_input: float,
    *,
    one: int | None = None,
) -> Exactness:
    """Bits for inputs that are multiples of ``2**-input_bits``, at most ``largest_input`` in size."""
    if isinstance(input_bits, bool) or not isinstance(input_bits, int | np.integer) or not 0 <= input_bits <= 52:
        raise ValueError(f"input_bits: expected a whole number from 0 to 52, got {input_bits!r}")
    if not 0 < largest_input < math.inf:
        raise ValueError(f"largest_input: expected a positive number, got {largest_input!r}")
    if recipe.bits is None:
        return Exactness((math.inf,) * len(recipe.geometry), math.inf)
    bits: list[float] = []
    integer_bits = 0.0
    # Bounds of the inputs of a layer, in units that all of them are multiples of: on the target's grid for floats,
    # on that of the random weights for integers.
    values = np.full(recipe.geometry[0].inputs, largest_input * 2.0**input_bits)
    whole = values.copy()
    constant = float(2**input_bits if one is None else one)
    whole_constant = constant
    for place, shape in enumerate(recipe.geometry):
        layout = recipe.layout(place)
        rows: list[tuple[NDArray, ...]] = []
        before = recipe.gain(place - 1) if place else 0
        ends = constant * 2.0 ** (recipe.bits * place - before), whole_constant
        for _, sums, sizes in weigh_layer(recipe, place, words[place]):
            size, total = sizes.max(2).astype(np.float64), np.abs(sums).max(2).astype(np.float64)
            rows.append(tuple(
                matrix @ _spread(bounds, shape.taps, layout.bias, end)
                for bounds, end in zip((values, whole), ends, strict=True) for matrix in (size, total)
            ))  # fmt: skip
        largest, out, whole_largest, whole_out = (np.concatenate(one) for one in zip(*rows, strict=True))
        bits.append(_log2(largest.max()))
        integer_bits = max(integer_bits, _log2(whole_largest.max()))
        # What is reached is a multiple of 2**shift units of the layer, which is the target's own unit.
        one_of_each = slice(None, None, recipe.copies(place))
        values = out[one_of_each] * 2.0 ** -recipe.shift(place)
        whole = whole_out[one_of_each]
        whole_constant *= 2.0**layout.exponent
    return Exactness(tuple(bits), integer_bits)


def _spread(bounds: NDArray[np.float64], taps: int, bias: bool, constant: float) -> NDArray[np.float64]:
    rows = np.repeat(bounds, taps)
    return np.append(rows, constant) if bias else rows


def _log2(number: float) -> float:
    return math.log2(number) if number > 0 else 0.0
