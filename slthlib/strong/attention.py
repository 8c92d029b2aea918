"""Attention heads inside random ones: their merged matrices W_Q W_K^T / sqrt(d_K) and W_V W_O, entry by entry.

Between the two factors of a merged matrix there is no ReLU. So each entry is one subset sum, units of either sign of b
serve it, and no layer is added (Otsuka et al. 2025). Merged matrices lie on the grid: products of quantized factors
would leave it.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from slthlib.strong._layout import Layout
from slthlib.strong._sizing import FINEST_FACTOR, least_count
from slthlib.strong._solve_grid import solve_on_grid
from slthlib.strong.attention_target import AttentionTarget, integers_of
from slthlib.strong.attention_ticket import AttentionTicket
from slthlib.strong.embedding import _seed
from slthlib.strong.ticket import Unsolved
from slthlib.sums.laws import product_target_failure

__all__ = ["embed_attention"]

#: The law of one solve is taken so many times as large as it is.
_SAFETY = 1.4


def embed_attention(
    target: AttentionTarget,
    *,
    source_bits: int | None = None,
    candidates: int | None = None,
    failure: float = 1e-2,
    threads: int | None = None,
    seed: int | np.random.Generator,
) -> AttentionTicket:
    """Find attention heads inside random ones: one subset sum for each entry of the merged matrices.

    Unit r of the bank of coordinate i has the random query weight b, and the mask keeps some of its key weights a; an
    entry (i, j) of W_Q W_K^T is the sum of a b over the units that coordinate j keeps. Values are made alike. Weights
    are uniform on the grid of [-1, 1]; random weights that are larger by n_K**(1/4) with logits divided by the root of
    n_K are the same thing.

    Parameters
    ----------
    target : AttentionTarget
        As `merge_heads` makes it.
    source_bits : int, optional
        Grid of the random weights, from half the bits of the target; by default the one that needs the fewest units.
    candidates : int, optional
        Units in the bank of a coordinate, by default as many as the law asks for.
    failure : float
        Probability that any entry is left unsolved: the law of one solve, and a union bound.
    threads : int, optional
        How many threads to use.
    seed : int or Generator
        Of the random heads.

    Returns
    -------
    AttentionTicket

    Notes
    -----
    Used in: strong/beyond_dense.
    """
    if not isinstance(target, AttentionTarget):
        raise TypeError(f"target: expected an AttentionTarget, as merge_heads makes it, got {type(target).__name__}")
    if not 0 < failure < 1:
        raise ValueError(f"failure: expected a number strictly between 0 and 1, got {failure!r}")
    targets = integers_of(target)
    bits, (heads, d1, d2) = target.bits, target.values.shape
    coarsest = -(-bits // 2)
    if coarsest > FINEST_FACTOR:
        raise ValueError(f"bits: expected at most {2 * FINEST_FACTOR}, got {bits}")
    if source_bits is not None and (
        isinstance(source_bits, bool)
        or not isinstance(source_bits, int | np.integer)
        or not coarsest <= source_bits <= FINEST_FACTOR
    ):
        raise ValueError(f"source_bits: expected a whole number from {coarsest}, half the bits of the target, to "
                         f"{FINEST_FACTOR}, got {source_bits!r}")  # fmt: skip
    least = math.ceil(math.log2(2**bits + 1))
    if candidates is not None:
        if isinstance(candidates, bool) or not isinstance(candidates, int | np.integer):
            raise TypeError(f"candidates: expected a whole number, got {candidates!r}")
        if candidates < least:
            raise ValueError(f"candidates: {candidates} units give {2.0**candidates:.3g} masks, too few for every "
                             f"entry of the grid; counting asks for {least} at least")  # fmt: skip
    sizes = np.unique(np.abs(np.concatenate([one.ravel() for one in targets])), return_counts=True)
    grids = [int(source_bits)] if source_bits is not None else list(range(coarsest, min(bits, FINEST_FACTOR) + 1))
    if candidates is None or source_bits is None:
        options = [(_least_units(one, bits, sizes, failure, least), one) for one in grids]
        units, grid = min(options)
    else:
        grid = grids[0]
    units = int(candidates) if candidates is not None else units
    layouts = (
        Layout(d1, d1, 1, False, units, False, False, "uniform", grid, linear=True),
        Layout(d2, d1, 1, False, units, False, False, "uniform", grid, linear=True),
    )
    start, shift = _seed(seed), 2 * grid - bits
    words, needed, unsolved = [], [], []
    for place, rows in enumerate(targets):
        layout = layouts[place % 2]
        found = solve_on_grid(layout, rows << shift, start, place, range(layout.blocks), threads=threads)
        words.append(found.words)
        needed.append(found.needed)
        unsolved += [Unsolved(place, int(o), int(j), False) for o, j, _ in np.argwhere(found.needed < 0)]
    return AttentionTicket(
        bits, layouts, heads, start, tuple(words), target.logit_scale, target.value_scale, tuple(unsolved),
        tuple(needed), target,
    )  # fmt: skip


def _least_units(
    grid: int, bits: int, sizes: tuple[NDArray[np.int64], NDArray[np.int64]], failure: float, least: int
) -> int:
    return least_count(lambda units: _misses(units, grid, bits, *sizes) <= failure, least)


def _misses(units: int, grid: int, bits: int, sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> float:
    """Mean number of unsolved entries, by the law: all units but those with b = 0 are alive."""
    alive = np.arange(units + 1)
    chance = binom.pmf(alive, units, 2 ** (grid + 1) / (2 ** (grid + 1) + 1))
    total = 0.0
    for n in np.flatnonzero(chance > 1e-12).tolist():
        law = np.minimum(1.0, _SAFETY * _law(n, grid, bits))
        total += float(chance[n] * (counts @ np.where(sizes > 0, law[sizes], 0.0)))
    return total


@cache
def _law(n: int, grid: int, bits: int) -> NDArray[np.float64]:
    size = 1 << grid
    steps = np.arange(2 ** (bits - 1) + 1) << (2 * grid - bits)
    return product_target_failure(n, size, size, steps)
