"""The masked random heads themselves: run in whole numbers and in floats, verified, and counted."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong._layout import MASKED, Layout, draw
from slthlib.strong._running import weigh
from slthlib.strong.attention_target import AttentionTarget, integers_of, softmax
from slthlib.strong.cost import Cost
from slthlib.strong.exactness import Exactness
from slthlib.strong.ticket import Unsolved, Verification

__all__ = ["AttentionTicket"]


@dataclass(frozen=True, eq=False)
class AttentionTicket:
    """Random projections of some heads, and the masks that make them those of the target.

    In W_Q and W_V each unit keeps the weight to its own input; the masks of W_K and W_O are solved. Call it to run the
    masked random heads in float64.

    Parameters
    ----------
    bits : int
        Of the target's grid.
    layouts : (Layout, Layout)
        How the factors of logits and of values are drawn.
    heads : int
        How many there are.
    seed : int
        Of all random weights.
    words : tuple of uint64 [outputs, inputs, W]
        Masks of W_K and W_O, in turn, head by head.
    logit_scale, value_scale : float
        Of the target.
    unsolved : tuple of Unsolved
        What could not be solved; ``layer`` is 2 h for the logits of head h, and 2 h + 1 for its values.
    needed : tuple of int16 [outputs, inputs, 1]
        After how many units each entry was solved.
    target : AttentionTarget, optional
        What it was made for.

    Notes
    -----
    Used in: no chapter.
    """

    bits: int
    layouts: tuple[Layout, Layout]
    heads: int
    seed: int
    words: tuple[NDArray[np.uint64], ...] = field(repr=False)
    logit_scale: float
    value_scale: float
    unsolved: tuple[Unsolved, ...] = ()
    needed: tuple[NDArray[np.int16], ...] = field(default=(), repr=False)
    target: AttentionTarget | None = field(default=None, repr=False)

    @property
    def exponent(self) -> int:
        """Products count units of ``2**-exponent``."""
        return self.layouts[0].exponent

    @property
    def key_width(self) -> int:
        """Width n_K of the random queries and keys of a head."""
        return self.layouts[0].inputs * self.layouts[0].units

    @property
    def value_width(self) -> int:
        """Width n_V of the random values of a head."""
        return self.layouts[1].inputs * self.layouts[1].units

    @property
    def cost(self) -> Cost:
        """Random weights H (2 d1 n_K + (d1 + d2) n_V), units, solves and mask bits."""
        first, second = self.layouts
        d1, d2 = first.inputs, second.outputs
        free = 0
        for place in range(2 * self.heads):
            layout = self.layouts[place % 2]
            free += layout.outputs * int(layout.alive(layout.draw_banks(self.seed, place))[1].sum())
        return Cost(
            parameters=self.heads * (2 * d1 * self.key_width + (d1 + d2) * self.value_width),
            units=self.heads * (2 * self.key_width + self.value_width),
            solves=self.heads * d1 * (d1 + d2),
            mask_bits=free,
            kept=sum(int(np.bitwise_count(one).sum()) for one in self.words),
        )

    def projections(self, head: int, *, masked: bool = True) -> tuple[NDArray[np.int64], ...]:
        """W_Q, W_K [d1, n_K], W_V [d1, n_V] and W_O [n_V, d2] of a head, in units of the random weights."""
        if isinstance(head, bool) or not isinstance(head, int | np.integer) or not 0 <= head < self.heads:
            raise ValueError(f"head: expected a whole number from 0 to {self.heads - 1}, got {head!r}")
        queries, keys = self._factors(2 * int(head), masked)
        values, outputs = self._factors(2 * int(head) + 1, masked)
        return queries, keys, values, outputs.T

    def _factors(self, place: int, masked: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The factor with the banks [inputs, units], and the one that was solved [outputs, units]."""
        layout = self.layouts[place % 2]
        shape = (layout.inputs, layout.inputs, layout.units)
        inner = np.zeros(shape, np.int64)
        if not masked:
            rng = np.random.default_rng([self.seed, place, MASKED])
            inner[:] = draw(rng, layout.law, layout.bits, shape)
        own = np.arange(layout.inputs)
        inner[own, own] = layout.draw_banks(self.seed, place)
        outer = np.concatenate([layout.draw_rows(self.seed, place, block) for block in range(layout.blocks)])
        if masked:
            kept = np.unpackbits(self.words[place].view(np.uint8), axis=-1, bitorder="little")
            outer = outer * kept[..., : layout.units]
        return inner.reshape(layout.inputs, -1), outer.astype(np.int64).reshape(layout.outputs, -1)

    def logits(self, x: ArrayLike) -> NDArray[Any]:
        """Logits [..., heads, T, T] before scaling: queries times keys.

        Whole numbers give whole numbers, in units of ``2**-exponent`` times those of the input squared; floats floats.
        """
        tokens = self._tokens(x)
        found = []
        for head in range(self.heads):
            queries, keys = (self._project(tokens, one) for one in self.projections(head)[:2])
            found.append(queries @ keys.swapaxes(-1, -2))
        return np.stack(found, -3)

    def values(self, x: ArrayLike) -> NDArray[Any]:
        """What attention averages, [..., heads, T, d2], before scaling: tokens times W_V times W_O."""
        tokens = self._tokens(x)
        found = []
        for head in range(self.heads):
            inner, outer = self.projections(head)[2:]
            unit = 1 if tokens.dtype.kind == "i" else 2.0**-self._bits
            found.append(self._project(tokens, inner) @ (outer * unit))
        return np.stack(found, -3)

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Outputs [..., T, d2] for tokens [..., T, d1]: what the masked random heads make of them, in float64."""
        tokens = self._tokens(np.asarray(x, np.float64))
        weights = softmax(self.logit_scale * self.logits(tokens))
        total = np.zeros((*tokens.shape[:-1], self.layouts[1].outputs))
        for head in range(self.heads):
            inner, outer = self.projections(head)[2:]
            total += weights[..., head, :, :] @ self._project(tokens, inner) @ (outer * 2.0**-self._bits)
        return total * self.value_scale

    def exactness(self, *, input_bits: int = 8, largest_input: float = 1.0) -> Exactness:
        """Which arithmetics give the target's logits, and values before averaging, to the last bit.

        The claim stops there: a softmax rounds.
        """
        bits = []
        for head in range(self.heads):
            queries, keys, values, outputs = (np.abs(one).astype(np.float64) for one in self.projections(head))
            # All partial sums are bounded by what comes out if every factor is taken with its absolute value.
            bits.append(math.log2(max(1.0, float(queries.sum(0) @ keys.sum(0)))) + 2 * math.log2(largest_input))
            bits.append(math.log2(max(1.0, float((values.sum(0) @ outputs).max()))) + math.log2(largest_input))
        bits = [one + input_bits * (2 if place % 2 == 0 else 1) for place, one in enumerate(bits)]
        return Exactness(tuple(bits), max(bits))

    def verify(self, x: ArrayLike | None = None, *, target: AttentionTarget | None = None) -> Verification:
        """Add up all entries of the merged matrices again, and compare logits and values on some tokens."""
        weights = wrong = 0
        worst = 0.0
        shift = self.exponent - self.bits
        asked = self.target if target is None else target
        if asked is None:
            raise ValueError("target: this ticket does not hold its target; pass target=")
        targets = integers_of(asked)
        if len(targets) != 2 * self.heads or any(
            one.shape != (self.layouts[i % 2].outputs, self.layouts[i % 2].inputs) for i, one in enumerate(targets)
        ):
            raise ValueError("target: expected heads of the shapes that were embedded")
        for place, wanted in enumerate(targets):
            for rows, sums, _ in weigh(self.layouts[place % 2], self.seed, place, self.words[place]):
                error = np.abs(sums[..., 0] - (wanted[rows] << shift))
                weights += error.size
                wrong += int((error > 0).sum())
                worst = max(worst, float(error.max()) * 2.0**-self.exponent)
        if x is None:
            return Verification(weights, wrong, worst)
        tokens = self._tokens(x)[..., None, :, :]
        Q = np.stack([one.T for one in targets[::2]])
        V = np.stack([one.T for one in targets[1::2]])
        factor: Any = 1 << shift if tokens.dtype.kind == "i" else 2.0**-self.bits
        differences = (
            self.logits(x) - tokens @ Q @ tokens.swapaxes(-1, -2) * factor,
            self.values(x) - tokens @ V * factor,
        )
        largest = max(float(np.abs(one).max()) for one in differences)
        return Verification(weights, wrong, worst, sum(one.size for one in differences), largest)

    @property
    def _bits(self) -> int:
        bits = self.layouts[0].bits
        assert bits is not None
        return bits

    def _tokens(self, x: ArrayLike) -> NDArray[Any]:
        tokens = np.asarray(x)
        if tokens.ndim < 2 or tokens.shape[-1] != self.layouts[0].inputs or not tokens.size:
            raise ValueError(f"x: expected tokens [..., T, {self.layouts[0].inputs}], got shape {tokens.shape}")
        if tokens.dtype.kind not in "iuf" or not np.isfinite(tokens).all():
            raise ValueError(f"x: expected whole numbers or finite floats, got dtype {tokens.dtype}")
        if tokens.dtype.kind == "f":
            return tokens.astype(np.float64)
        tokens = tokens.astype(np.int64)
        needed = self.exactness(input_bits=0, largest_input=float(max(1, np.abs(tokens).max()))).integer_bits
        if needed > 63:
            raise ValueError(f"x: sums may take {needed:.1f} bits, int64 holds 63")
        return tokens

    def _project(self, tokens: NDArray[Any], weight: NDArray[np.int64]) -> NDArray[Any]:
        return tokens @ (weight if tokens.dtype.kind == "i" else weight * 2.0**-self._bits)
