"""Bring weights to a grid: the nearest multiples of 2**-bits in [-1/2, 1/2], each layer scaled by a power of two."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from slthlib.strong.targets import Target, TargetLayer, read_target

__all__ = ["Quantized", "quantize"]

MAX_BITS = 24


@dataclass(frozen=True, eq=False)
class Quantized(Target):
    """A target on the grid, and how it came there.

    Parameters
    ----------
    layers : tuple of TargetLayer
        From the input to the output.
    bits : int
        All weights are multiples of ``2**-bits``.
    scale : float
        Undoes the scaling of the layers at the output.
    exponents : tuple of int
        Layer i was divided by ``2**exponents[i]``.
    largest_change : float
        The largest rounding error of a weight, in units of the weights that came.

    Notes
    -----
    Used in: no chapter.
    """

    exponents: tuple[int, ...] = ()
    largest_change: float = 0.0


def quantize(target: Any, bits: int, *, scale: float | Literal["auto"] = "auto") -> Quantized:
    """Round a network to weights that are multiples of ``2**-bits`` in [-1/2, 1/2].

    Layers are divided by powers of two, which changes nothing but the scale of the output, since a ReLU passes
    positive factors on. Biases are divided by the product of the factors up to their layer.

    Parameters
    ----------
    target : Sequential, or sequence of layers
        As in `slthlib.strong.embed`.
    bits : int
        1 to 24.
    scale : float or "auto"
        What each layer is divided by, a power of two; "auto" takes, layer by layer, the least one that brings its
        weights and biases into [-1/2, 1/2].

    Returns
    -------
    Quantized
        The layers on the grid, the scale of the output, and the largest change of a weight.

    Notes
    -----
    Used in: strong/pruning_is_all, strong/beyond_dense.
    """
    check_bits(bits)
    given = read_target(target)
    if scale != "auto" and not (
        isinstance(scale, int | float | np.floating | np.integer) and scale > 0 and math.frexp(scale)[0] == 0.5
    ):
        raise ValueError(f"scale: expected a power of two or 'auto', got {scale!r}")
    layers, exponents, total, change = [], [], 0, 0.0
    for place, layer in enumerate(given.layers):
        largest = np.abs(layer.weight).max()
        exponent = _exponent(2 * largest) if scale == "auto" else math.frexp(scale)[1] - 1
        if scale == "auto" and layer.bias is not None:
            exponent = max(exponent, _exponent(2 * np.abs(layer.bias).max() * 2.0**-total))
        total += exponent
        weight, moved = _rounded(layer.weight, exponent, bits, f"weights of layer {place}")
        change = max(change, moved)
        bias = None
        if layer.bias is not None:
            bias, moved = _rounded(layer.bias, total, bits, f"bias of layer {place}")
            change = max(change, moved)
        layers.append(layer.with_numbers(weight, bias))
        exponents.append(exponent)
    return Quantized(tuple(layers), bits, given.scale * 2.0**total, tuple(exponents), change)


def check_bits(bits: object) -> int:
    """The bits of a grid as an int."""
    if isinstance(bits, bool) or not isinstance(bits, int | np.integer):
        raise TypeError(f"bits: expected a whole number from 1 to {MAX_BITS}, got {bits!r}")
    if not 1 <= bits <= MAX_BITS:
        raise ValueError(f"bits: expected a whole number from 1 to {MAX_BITS}, got {bits}")
    return int(bits)


def grid_integers(layer: TargetLayer, bits: int, place: int) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Weights and biases in units of ``2**-bits``, refused where they are off the grid or out of range."""
    advice = "slthlib.strong.quantize brings a network there"
    found: list[NDArray[np.int64] | None] = []
    for numbers, what in ((layer.weight, "weights"), (layer.bias, "bias")):
        if numbers is None:
            found.append(None)
            continue
        scaled = numbers * 2.0**bits
        integers = np.rint(scaled)
        if (beyond := np.abs(numbers) > 0.5).any():
            at, count = _first(beyond)
            raise ValueError(f"target: {what} of layer {place}: expected numbers in [-1/2, 1/2], got {numbers[at]:g} "
                             f"at {at}, and {count} such in all; {advice}")  # fmt: skip
        if (off := integers != scaled).any():
            at, count = _first(off)
            step = abs(integers[at] - scaled[at])
            raise ValueError(f"target: {what} of layer {place}: expected multiples of 2**-{bits}, got "
                             f"{float(numbers[at])!r} at {at}, {step:.2g} of a step off the grid, and {count} such in "
                             f"all; {advice}")  # fmt: skip
        found.append(integers.astype(np.int64))
    weight, bias = found
    assert weight is not None
    return weight, bias


def _first(bad: NDArray[np.bool_]) -> tuple[tuple[int, ...], int]:
    return tuple(map(int, np.argwhere(bad)[0])), int(bad.sum())


def _exponent(bound: float) -> int:
    """The least e with bound <= 2**e."""
    if bound == 0.0:
        return 0
    mantissa, exponent = math.frexp(bound)
    return exponent - 1 if mantissa == 0.5 else exponent


def _rounded(numbers: NDArray[np.float64], exponent: int, bits: int, what: str) -> tuple[NDArray[np.float64], float]:
    scaled = np.ldexp(numbers, bits - exponent)
    limit = 2.0 ** (bits - 1)
    if (np.abs(scaled) > limit).any():
        raise ValueError(f"scale: expected one that brings the {what} into [-1/2, 1/2], got 2**{exponent}; the largest "
                         f"has size {np.abs(numbers).max():g}")  # fmt: skip
    integers = np.rint(scaled)
    change = float(np.abs(np.ldexp(integers, exponent - bits) - numbers).max())
    return np.ldexp(integers, -bits), change
