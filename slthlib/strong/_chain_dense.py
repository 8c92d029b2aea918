"""The random network of a chain written out: dense matrices of signs, all drawn, and those that the mask keeps."""

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._chain_parts import ChainLayer, Mask, slots_below

_REST = 1 << 22


def dense_layers(layer: ChainLayer, masks: list[Mask], seed: int, place: int, masked: bool) -> list[NDArray[np.int8]]:
    """Matrices [out, in] of the levels and the outputs; without the mask all entries are random signs."""
    sizes = (layer.inputs, *layer.widths, layer.outputs)
    found = []
    for level in range(layer.bits + 1):
        shape = (sizes[level + 1], sizes[level])
        if masked:
            found.append(np.zeros(shape, np.int8))
        else:
            rng = np.random.default_rng([seed, place, _REST, level])
            found.append(2 * rng.integers(0, 2, shape, dtype=np.int8) - 1)
    bank = layer.draw_bank(seed, place)
    own = np.arange(layer.inputs)
    found[0].reshape(layer.inputs, layer.bank, layer.inputs)[own, :, own] = bank
    for level in range(1, layer.bits):
        signs = layer.draw_level(seed, place, level) * (masks[level - 1] if masked else np.int8(1))
        above = found[level].reshape(layer.inputs, layer.branches, level + 1, layer.copies, sizes[level])
        for j in range(layer.inputs):
            for s in range(layer.branches):
                for slot, below in enumerate(slots_below(level).tolist()):
                    above[j, s, slot, :, _columns(layer, level - 1, j, s, below)] = signs[
                        j, s, slot
                    ].T  # indexed by arrays first
    last = layer.draw_outputs(seed, place) * (masks[-1] if masked else np.int8(1))
    for j in range(layer.inputs):
        for s in range(layer.branches):
            for slot in range(layer.bits):
                found[-1][:, _columns(layer, layer.bits - 1, j, s, slot)] = last[:, j, s, slot]
    return found


def _columns(layer: ChainLayer, level: int, j: int, s: int, slot: int) -> NDArray[np.int64]:
    """Where the copies of a slot stand among the units of a level; the bank serves both branches."""
    if level == 0:
        return j * layer.bank + np.arange(layer.bank)
    return ((j * layer.branches + s) * (level + 1) + slot) * layer.copies + np.arange(layer.copies)
