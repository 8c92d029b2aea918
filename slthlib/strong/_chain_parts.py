"""Random signs of a doubling chain, and the masks found in them: plain NumPy, one layer of the target at a time.

Arrays of units are [inputs, branches, slots, copies]: slot s holds copies of 2**s relu(+-x). A unit of level l reads
the units of level l - 1 of its own input and branch: slot s reads slot s, but the new slot l reads slot l - 1 twice.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

Signs = NDArray[np.int8]
Mask = NDArray[np.bool_]
#: With the seed, the layer and the level it names a stream of random signs.
_OUTPUT, _BANK = 1 << 20, 1 << 21


@dataclass(frozen=True)
class ChainLayer:
    """The random network at one layer of the target: ``bits`` hidden levels and the outputs."""

    inputs: int
    outputs: int
    bits: int
    bank: int
    copies: int
    signed: bool

    @property
    def branches(self) -> int:
        """One for each sign of the input."""
        return 2 if self.signed else 1

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Neurons of the hidden levels."""
        above = (self.inputs * self.branches * (level + 1) * self.copies for level in range(1, self.bits))
        return (self.inputs * self.bank, *above)

    @property
    def parameters(self) -> int:
        """Random signs: all entries of all matrices."""
        sizes = (self.inputs, *self.widths, self.outputs)
        return sum(before * after for before, after in itertools.pairwise(sizes))

    def draw_bank(self, seed: int, place: int) -> Signs:
        """Signs of the first level [inputs, bank]."""
        return _signs([seed, place, _BANK], (self.inputs, self.bank))

    def draw_level(self, seed: int, place: int, level: int) -> Signs:
        """Signs from the copies a unit may read [inputs, branches, slots, copies, copies or bank below]."""
        below = self.bank if level == 1 else self.copies
        return _signs([seed, place, level], (self.inputs, self.branches, level + 1, self.copies, below))

    def draw_outputs(self, seed: int, place: int) -> Signs:
        """Signs from the last level [outputs, inputs, branches, slots, copies]."""
        shape = (self.outputs, self.inputs, self.branches, self.bits, self.copies)
        return _signs([seed, place, _OUTPUT], shape)

    def first(self, bank: Signs) -> Mask:
        """Which units of the bank each branch may use [inputs, branches, 1, bank]."""
        return np.stack([bank > 0, bank < 0][: self.branches], 1)[:, :, None]


def _signs(key: list[int], shape: tuple[int, ...]) -> Signs:
    return 2 * np.random.default_rng(key).integers(0, 2, shape, dtype=np.int8) - 1


def slots_below(level: int) -> NDArray[np.int64]:
    """Which slot of the level below each slot reads."""
    return np.minimum(np.arange(level + 1), level - 1)


def solve_layer(
    layer: ChainLayer, targets: NDArray[np.int64], seed: int, place: int
) -> tuple[list[Mask], list[NDArray[np.int64]], Mask]:
    """Masks of the levels and of the outputs, how many copies live [inputs, branches, slots], what is unsolved.

    A unit lives if it finds a copy of positive sign, two for the new slot. An output takes, for each binary digit of
    a weight, the first copy whose sign is that of the weight. What no output reads is removed in the end.
    """
    alive = layer.first(layer.draw_bank(seed, place))
    masks: list[Mask] = []
    live = [alive.sum(-1)]
    for level in range(1, layer.bits):
        good = (layer.draw_level(seed, place, level) > 0) & alive[:, :, slots_below(level), None, :]
        wanted = np.ones(level + 1, int)
        wanted[-1] = 2
        rank = good.cumsum(-1)
        found = rank[..., -1] >= wanted[:, None]
        masks.append(good & (rank <= wanted[:, None, None]) & found[..., None])
        alive = found
        live.append(alive.sum(-1))
    # A branch of negative inputs carries -x, so that its digits take the other sign.
    sign: NDArray[np.int64] = np.sign(targets)[:, :, None] * np.array([1, -1])[: layer.branches]
    digits: Mask = np.asarray((np.abs(targets)[:, :, None] >> np.arange(layer.bits)) & 1, bool)
    signs = layer.draw_outputs(seed, place)
    right = (signs == sign[..., None, None]) & alive & digits[:, :, None, :, None]
    last = right & (right.cumsum(-1) == 1)
    unsolved = (digits[:, :, None, :] & ~last.any(-1)).any(-1)
    last &= ~unsolved[..., None, None]  # half a weight is of no use
    masks.append(last)
    used: Mask = np.asarray(last.any(0))
    for level in range(layer.bits - 1, 0, -1):
        masks[level - 1] &= used[..., None]
        read: Mask = np.asarray(masks[level - 1].any(-2))
        used = np.zeros((*read.shape[:2], level, read.shape[-1]), bool)
        for slot, below in enumerate(slots_below(level)):
            used[:, :, below] |= read[:, :, slot]
    return masks, live, unsolved


def weigh_layer(
    layer: ChainLayer, masks: list[Mask], seed: int, place: int
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Effective weights [outputs, inputs, branches] of relu(+-x), and of every unit of the levels above the first."""
    value = layer.first(layer.draw_bank(seed, place)).astype(np.int64)
    units = []
    for level in range(1, layer.bits):
        kept = layer.draw_level(seed, place, level) * masks[level - 1]
        value = np.maximum((kept * value[:, :, slots_below(level), None, :]).sum(-1), 0)
        units.append(value)
    return (layer.draw_outputs(seed, place) * masks[-1] * value).sum((-1, -2)), units


def run_layer(layer: ChainLayer, masks: list[Mask], seed: int, place: int, x: NDArray) -> NDArray:
    """Outputs of the masked random layers [N, outputs], in the type of ``x`` [N, inputs]."""
    bank = layer.draw_bank(seed, place)
    value = np.maximum(x[:, :, None] * bank.astype(x.dtype), 0)[:, :, None, None, :]
    value = value * layer.first(bank)
    for level in range(1, layer.bits):
        kept = (layer.draw_level(seed, place, level) * masks[level - 1]).astype(x.dtype)
        value = np.maximum(np.einsum("dbsur,ndbsr->ndbsu", kept, value[:, :, :, slots_below(level)]), 0)
    last = (layer.draw_outputs(seed, place) * masks[-1]).astype(x.dtype)
    return value.reshape(len(x), -1) @ last.reshape(layer.outputs, -1).T


def copies_law(bank: int, copies: int, bits: int) -> NDArray[np.float64]:
    """P(m copies of 2**s x live at the last level): [slots, m]."""
    size = max(bank, copies) + 1
    m = np.arange(size)
    half = 0.5 ** m.astype(float)
    carried = binom.pmf(m[None], copies, (1 - half)[:, None])  # [alive below, alive]
    doubled = binom.pmf(m[None], copies, (1 - (1 + m) * half)[:, None])
    slots = binom.pmf(m, bank, 0.5)[None]
    for _ in range(1, bits):
        slots = np.concatenate([slots @ carried, slots[-1:] @ doubled])
    return slots
