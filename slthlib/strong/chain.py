"""Any weights from signs alone, by doubling: random weights +1 and -1, and copies of 1, 2, 4, ... times each input.

A sum of signs is a small number, so the unary construction takes about 2**bits signs for a weight. The chain takes
``bits`` layers more instead: y' = relu(y + y) doubles, and an output reads one copy of 2**s x for each binary digit s
of its weight, a copy whose random sign is that of the weight. After Sreenivasan et al. 2022.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong._chain_parts import ChainLayer, Mask, run_layer, solve_layer, weigh_layer
from slthlib.strong._reference import run_target
from slthlib.strong.chain_costs import chain_copies
from slthlib.strong.cost import Cost
from slthlib.strong.embedding import _seed
from slthlib.strong.exactness import Exactness
from slthlib.strong.quantizing import check_bits, grid_integers
from slthlib.strong.targets import Target, read_target
from slthlib.strong.ticket import Unsolved, Verification

__all__ = ["SignChain", "embed_chain"]

#: Inputs that are run together.
_TOGETHER = 128


@dataclass(frozen=True, eq=False)
class SignChain:
    """A random network of signs, and the mask that turns it into the target.

    Call it to run it in floats.

    Parameters
    ----------
    layers : tuple of ChainLayer
        The shape of the random network, layer by layer of the target.
    seed : int
        Of all signs.
    masks : tuple of lists of bool arrays
        For each layer of the target those of the levels above the first, and of the outputs.
    live : tuple of lists of int64 [inputs, branches, slots]
        How many copies of 2**s relu(+-x) each level had, before those were removed that no output reads.
    scale : float
        What outputs are multiplied by in the end.
    unsolved : tuple of Unsolved
        Weights with a digit for which there was no copy of the right sign.
    target : Target, optional
        What it was made for.

    Notes
    -----
    Used in: no chapter.
    """

    layers: tuple[ChainLayer, ...]
    seed: int
    masks: tuple[list[Mask], ...] = field(repr=False)
    live: tuple[list[NDArray[np.int64]], ...] = field(repr=False)
    scale: float = 1.0
    unsolved: tuple[Unsolved, ...] = ()
    target: Target | None = field(default=None, repr=False)

    @property
    def bits(self) -> int:
        """Of the target's grid."""
        return self.layers[0].bits

    @property
    def unit(self) -> int:
        """Outputs of `integers` count units of ``2**-unit`` times that of the inputs, of the target's outputs."""
        return self.bits * len(self.layers)

    @property
    def depth(self) -> int:
        """Layers of weights: ``bits`` + 1 for each of the target."""
        return (self.bits + 1) * len(self.layers)

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons of each layer of the random network, inputs first."""
        found = [self.layers[0].inputs]
        for layer in self.layers:
            found += [*layer.widths, layer.outputs]
        return tuple(found)

    @property
    def cost(self) -> Cost:
        """Random signs of all dense matrices, units, and bits of the mask: connections within an input's copies."""
        return Cost(
            parameters=sum(one.parameters for one in self.layers),
            units=sum(self.widths[1:-1]),
            solves=sum(one.outputs * one.inputs * one.branches * one.bits for one in self.layers),
            mask_bits=sum(mask.size for masks in self.masks for mask in masks),
            kept=sum(int(mask.sum()) for masks in self.masks for mask in masks),
        )

    def integers(self, x: ArrayLike) -> NDArray[np.int64]:
        """Outputs [N, out] in whole numbers, for whole inputs [N, in]."""
        given = np.asarray(x)
        if given.dtype.kind not in "iu":
            raise TypeError(f"x: expected whole numbers, got dtype {given.dtype}")
        largest = max(1.0, float(np.abs(given.astype(np.int64)).max(initial=0)))
        needed = self.exactness(input_bits=0, largest_input=largest).integer_bits
        if needed > 63:
            raise ValueError(f"x: with inputs up to {largest:g} sums may take {needed:.1f} bits, int64 holds 63")
        return self._run(given.astype(np.int64))

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Outputs [N, out] in float64, scaled back."""
        given = np.asarray(x, np.float64)
        if not np.isfinite(given).all():
            raise ValueError("x: expected finite numbers")
        return self._run(given) * (self.scale * 2.0**-self.unit)

    def _run(self, x: NDArray[Any]) -> NDArray[Any]:
        first = self.layers[0]
        if x.ndim != 2 or x.shape[1] != first.inputs or not len(x):
            raise ValueError(f"x: expected shape [N, {first.inputs}], got {x.shape}")
        if not first.signed and (x < 0).any():
            raise ValueError(f"x: this ticket was made for inputs that are not negative, got {x.min()}; "
                             "embed with signed_inputs=True")  # fmt: skip
        parts = []
        for start in range(0, len(x), _TOGETHER):
            value = x[start : start + _TOGETHER]
            for place, (layer, masks) in enumerate(zip(self.layers, self.masks, strict=True)):
                value = run_layer(layer, masks, self.seed, place, value)
                if place + 1 < len(self.layers):
                    value = np.maximum(value, 0)
            parts.append(value)
        return np.concatenate(parts)

    def exactness(self, *, input_bits: int = 8, largest_input: float = 1.0) -> Exactness:
        """Which arithmetics give the target's outputs to the last bit; see `Exactness`.

        Weights are whole numbers, so floats and whole numbers hold the same sums.
        """
        bound = np.full(self.layers[0].inputs, largest_input * 2.0**input_bits)
        bits = []
        for place, (layer, masks) in enumerate(zip(self.layers, self.masks, strict=True)):
            weights, units = weigh_layer(layer, masks, self.seed, place)
            out = np.abs(weights).max(-1) @ bound
            inner = max((float((one.max((1, 2, 3)) * bound).max()) for one in units), default=0.0)
            bits.append(math.log2(max(1.0, float(out.max()), float(bound.max()), inner)))
            bound = out
        return Exactness(tuple(bits), max(bits))

    def verify(self, x: ArrayLike | None = None, *, target: Any = None) -> Verification:
        """Weigh every unit and output again, and compare them, and outputs on the inputs ``x``, with the target's.

        A unit is right if it carries its power of two, or nothing at all where the mask has removed it.
        """
        given = read_target(self.target if target is None else target)
        count = wrong = 0
        worst = 0.0
        for place, (layer, masks) in enumerate(zip(self.layers, self.masks, strict=True)):
            weights, units = weigh_layer(layer, masks, self.seed, place)
            wanted = grid_integers(given.layers[place], layer.bits, place)[0][:, :, None]
            sign = np.array([1, -1])[: layer.branches]
            error = np.abs(weights * sign - wanted) * 2.0**-layer.bits
            count += error.size + sum(one.size for one in units)
            wrong += int((error > 0).sum())
            worst = max(worst, float(error.max()))
            for value, mask in zip(units, masks, strict=False):
                power = 1 << np.arange(value.shape[2])
                wrong += int((value != np.where(mask.any(-1), power[:, None], 0)).sum())
        if x is None:
            return Verification(count, wrong, worst)
        numbers = np.asarray(x)
        if numbers.dtype.kind in "iu":
            difference = self.integers(numbers) - run_target(given, numbers.astype(np.int64), bits=self.bits)
        else:
            difference = self(numbers) - run_target(given, numbers.astype(np.float64)) * self.scale
        return Verification(count, wrong, worst, difference.size, float(np.abs(difference).max()))

    def matrices(self, *, masked: bool = True, limit: float = 1.0) -> list[NDArray[np.int8]]:
        """All matrices [out, in] of the random network, refused beyond ``limit`` GiB; `verify` runs without them."""
        size = self.cost.parameters / 2**30
        if size > limit:
            raise ValueError(f"limit: the dense network of {self.cost.parameters:,} signs takes {size:,.1f} GiB, the "
                             f"limit is {limit:g}")  # fmt: skip
        from slthlib.strong._chain_dense import dense_layers

        return [
            matrix
            for place, (layer, masks) in enumerate(zip(self.layers, self.masks, strict=True))
            for matrix in dense_layers(layer, masks, self.seed, place, masked)
        ]


def embed_chain(
    target: Any,
    *,
    bits: int | None = None,
    copies: int | tuple[int, int] | None = None,
    failure: float = 1e-2,
    signed_inputs: bool = True,
    seed: int | np.random.Generator,
) -> SignChain:
    """Find a dense network inside a random network of signs, of ``bits`` + 1 layers for each of the target.

    Parameters
    ----------
    target : sequence of layers, Sequential, or Target
        As in `slthlib.strong.embed`: dense, without biases.
    bits : int, optional
        Weights are multiples of ``2**-bits`` in [-1/2, 1/2]; taken from a quantized target.
    copies : int or (int, int), optional
        Copies of each power of two of each input; a pair says first how many units the first level has for an input,
        which is twice as many otherwise, since half of its signs are positive. By default as many as the law asks for.
    failure : float
        Probability that anything is left unsolved, by the law of the copies and a union bound over digits.
    signed_inputs : bool
        Whether inputs may be negative; if so, the first layer takes twice the width.
    seed : int or Generator
        Of the random network.

    Returns
    -------
    SignChain

    Raises
    ------
    ValueError, TypeError
        For convolutions and biases, weights off the grid or out of range, and too few copies to double anything.

    Notes
    -----
    Used in: strong/beyond_dense.
    """
    given = read_target(target)
    bits = check_bits(given.bits if bits is None else bits)
    if bits < 2:
        raise ValueError("bits: expected at least 2, as a chain of one bit doubles nothing")
    integers = _integers(given, bits)
    if copies is None:
        digits = sum(
            int(np.bitwise_count(np.abs(one)).sum()) * (2 if signed_inputs and place == 0 else 1)
            for place, one in enumerate(integers)
        )
        copies = chain_copies(max(1, digits), bits, failure)
    bank, each = copies if isinstance(copies, tuple) else (2 * copies, copies)
    for count in (bank, each):
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 2:
            raise ValueError(f"copies: expected whole numbers of at least 2, as doubling takes two, got {copies!r}")
    start = _seed(seed)
    layers, masks, live, unsolved = [], [], [], []
    for place, rows in enumerate(integers):
        layer = ChainLayer(rows.shape[1], rows.shape[0], bits, int(bank), int(each), signed_inputs and place == 0)
        found, alive, missed = solve_layer(layer, rows, start, place)
        layers.append(layer)
        masks.append(found)
        live.append(alive)
        unsolved += [Unsolved(place, int(o), int(j), bool(s)) for o, j, s in np.argwhere(missed)]
    return SignChain(tuple(layers), start, tuple(masks), tuple(live), given.scale, tuple(unsolved), given)


def _integers(target: Target, bits: int) -> list[NDArray[np.int64]]:
    found = []
    for place, layer in enumerate(target.layers):
        if layer.convolution:
            raise ValueError(f"target: layer {place} is a convolution; the chain is built for dense layers")
        if layer.bias is not None:
            raise ValueError(f"target: layer {place} has a bias, which the chain would have to double along with the "
                             "outputs; give the first layer an input that is one")  # fmt: skip
        found.append(grid_integers(layer, bits, place)[0])
    return found
