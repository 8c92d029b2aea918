"""Residual blocks y = x + W2 relu(W1 x + b1) + b2, whose skip carries values of either sign past a ReLU.

A random residual network has the skips already: each block is then a plain ticket (``skip="free"``, as in Burkholz
2022). A random network without skips has to make them (``skip="solved"``): x = relu(x) - relu(-x), so two carriers for
each coordinate, one if x is never negative, take the weights 1 and -1 from random weights as any other weight is made.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong._layout import Law
from slthlib.strong._reference import compare_weights
from slthlib.strong._residual_parts import (
    Skip,
    enough_for_ones,
    reach,
    read_block,
    rows_of,
    run_blocks,
    with_carriers,
)
from slthlib.strong._saving import free_positions
from slthlib.strong.cost import Cost
from slthlib.strong.embedding import _seed, solve_part
from slthlib.strong.exactness import Exactness, exactness_of
from slthlib.strong.planning import make_plan
from slthlib.strong.recipe import Construction, Recipe
from slthlib.strong.targets import Target
from slthlib.strong.ticket import StrongTicket, Unsolved, Verification

__all__ = ["ResidualTicket", "embed_residual"]


@dataclass(frozen=True, eq=False)
class ResidualTicket:
    """Masked random networks, one for each block, and how they are put together.

    Call it to run it in floats.

    Parameters
    ----------
    blocks : tuple of StrongTicket
        With ``skip="free"`` the branch of each block beside its skip; with ``"solved"`` the block as a whole.
    skip : {"free", "solved"}
        Whether the random network has skips, or makes them from random weights.
    relu : bool
        Whether a ReLU stands between blocks; there is none after the last.
    target : tuple of Target
        What it was made for, block by block.

    Notes
    -----
    Used in: no chapter.
    """

    blocks: tuple[StrongTicket, ...]
    skip: Skip
    relu: bool
    target: tuple[Target, ...] = field(default=(), repr=False)

    @property
    def unsolved(self) -> tuple[Unsolved, ...]:
        """What could not be solved; layers are counted through all blocks."""
        return tuple(
            replace(one, layer=2 * place + one.layer) for place, b in enumerate(self.blocks) for one in b.unsolved
        )

    @property
    def unit(self) -> int:
        """Outputs of `integers` count units of ``2**-unit`` times that of the inputs, of the target's outputs."""
        return sum(one.unit for one in self.blocks)

    @property
    def depth(self) -> int:
        """Layers of weights of the random network."""
        return sum(one.recipe.depth for one in self.blocks)

    @property
    def cost(self) -> Cost:
        """Random weights, units, solves and mask bits of all blocks together."""
        recipes = [one.recipe for one in self.blocks]
        return Cost(
            parameters=sum(one.parameters() for one in recipes),
            units=sum(sum(one.widths[1:]) for one in recipes) - recipes[-1].widths[-1],
            solves=sum(one.solves() for one in recipes),
            mask_bits=sum(free_positions(one, place) for one in recipes for place in (0, 1)),
            kept=sum(one.kept for one in self.blocks),
        )

    def __call__(self, x: ArrayLike, *, arithmetic: Literal["float64", "float32"] = "float64") -> NDArray[Any]:
        """Outputs for inputs [N, d] or [N, channels, height, width]."""
        value = np.asarray(x).astype(arithmetic)
        for place, block in enumerate(self.blocks):
            branch = block(value, arithmetic=arithmetic)
            value = value + branch if self.skip == "free" else branch
            if self.relu and place + 1 < len(self.blocks):
                value = np.maximum(value, 0)
        return value

    def integers(self, x: ArrayLike, *, one: int = 1) -> NDArray[np.int64]:
        """Outputs in whole numbers, for inputs in units of ``1 / one``; see `unit`."""
        value = np.asarray(x)
        for place, block in enumerate(self.blocks):
            branch = block.integers(value, one=one)
            if self.skip == "free":
                largest = np.abs(value).max(initial=0).item() * 2.0**block.unit + float(np.abs(branch).max(initial=0))
                if largest >= 2.0**62:
                    raise ValueError(f"x: behind block {place} numbers may take {math.log2(largest):.1f} bits, "
                                     "int64 holds 63")  # fmt: skip
                branch = (value.astype(np.int64) << block.unit) + branch
            value = np.maximum(branch, 0) if self.relu and place + 1 < len(self.blocks) else branch
            one <<= block.unit
        return value

    def exactness(self, *, input_bits: int = 8, largest_input: float = 1.0) -> Exactness:
        """Which arithmetics give the target's outputs to the last bit; see `Exactness`."""
        bits: list[float] = []
        whole, bound, one = 0.0, float(largest_input), 1 << input_bits
        ours = bound * one  # the same bound in units of `integers`
        for block in self.blocks:
            recipe = block.recipe
            assert recipe.bits is not None
            if input_bits > 52:
                return Exactness((*bits, math.inf), math.inf)
            bits += exactness_of(recipe, block.words, input_bits, bound).layers
            whole = max(whole, exactness_of(recipe, block.words, 0, ours, one=one).integer_bits)
            grown = reach(block, bound)
            input_bits += 2 * recipe.bits
            bound = bound + grown if self.skip == "free" else grown
            one <<= block.unit
            ours = bound * one
            bits.append(math.log2(bound) + input_bits if bound > 0 else 0.0)
            whole = max(whole, math.log2(ours) if ours > 0 else 0.0)
        return Exactness(tuple(bits), whole)

    def verify(self, x: ArrayLike | None = None, *, target: Sequence[Any] | None = None) -> Verification:
        """Add up all effective weights again, those of the skip too, and compare them, and outputs, with the target."""
        asked = self.target if target is None else target
        targets = [read_block(one, place, self.blocks[0].recipe.bits) for place, one in enumerate(asked)]
        if len(targets) != len(self.blocks):
            raise ValueError(f"target: expected {len(self.blocks)} blocks, got {len(targets)}")
        weights = wrong = 0
        worst = 0.0
        for ticket, block in zip(self.blocks, targets, strict=True):
            wanted = [rows_of(ticket.recipe, block, place, self.skip) for place in (0, 1)]
            found = compare_weights(ticket.recipe, ticket.words, wanted)
            weights, wrong, worst = weights + found[0], wrong + found[1], max(worst, found[2])
        if x is None:
            return Verification(weights, wrong, worst)
        given = np.asarray(x)
        bits = self.blocks[0].recipe.bits
        assert bits is not None
        if given.dtype.kind in "iu":
            ours, theirs = self.integers(given), run_blocks(targets, given.astype(np.int64), self.relu, bits)
            finer = self.unit - 2 * bits * len(targets)
            ours, theirs = (ours, theirs << finer) if finer >= 0 else (ours << -finer, theirs)
        else:
            ours, theirs = self(given), run_blocks(targets, given.astype(np.float64), self.relu, None)
        return Verification(weights, wrong, worst, ours.size, float(np.abs(ours - theirs).max()))


def embed_residual(
    blocks: Sequence[Any],
    *,
    bits: int | None = None,
    skip: Skip = "free",
    relu: bool = True,
    construction: Construction = "diamond",
    source: Law = "uniform",
    source_bits: int | None = None,
    candidates: int | tuple[int, int] | None = None,
    failure: float = 1e-2,
    signed_inputs: bool = True,
    threads: int | None = None,
    seed: int | np.random.Generator,
) -> ResidualTicket:
    """Find a stack of residual blocks inside a random network, exactly on the grid.

    A block is y = x + W2 relu(W1 x + b1) + b2. With ``skip="solved"`` the random network has no skips, and makes each
    from two more solves a coordinate and carrier: weights 1 and -1 to carriers relu(x) and relu(-x), from random
    weights. Without a ReLU between blocks what enters a block has either sign, so that all its first layer takes
    two solves a weight, and the random network has no ReLU there either.

    Parameters
    ----------
    blocks : sequence of targets
        Each of two layers, as `slthlib.strong.embed` reads them, with as many outputs as inputs. Convolutions keep the
        size of the image: an odd kernel, stride 1, and padding to match.
    bits : int, optional
        Weights are multiples of ``2**-bits`` in [-1/2, 1/2]; taken from quantized blocks.
    skip : {"free", "solved"}
        Whether the random network has skips as the target does, as in Burkholz 2022, or has to make them.
    relu : bool
        Whether there is a ReLU between blocks.
    construction : {"diamond", "copies"}
        Of each block: four random layers, or three.
    source : {"uniform", "sign"}
        Law of the random weights.
    source_bits : int, optional
        Grid of the random weights.
    candidates : int, optional
        Units in the bank of an input, and for "copies" how many copies of a neuron there are, or a pair of both.
    failure : float
        Probability that anything is left unsolved, by the law and a union bound over blocks.
    signed_inputs : bool
        Whether inputs of the first block may be negative.
    threads : int, optional
        How many threads to use.
    seed : int or Generator
        Of the random network.

    Returns
    -------
    ResidualTicket

    Raises
    ------
    ValueError, TypeError
        For blocks that no identity can be added to, scales that a skip would not pass on, and all that
        `slthlib.strong.embed` refuses.

    Notes
    -----
    Used in: strong/beyond_dense.
    """
    if skip not in ("free", "solved"):
        raise ValueError(f"skip: expected one of free, solved, got {skip!r}")
    if isinstance(blocks, Target) or not isinstance(blocks, Sequence) or not blocks:
        raise TypeError("blocks: expected a sequence of blocks, each of two layers")
    targets = [read_block(one, place, bits) for place, one in enumerate(blocks)]
    first = targets[0].layers[0].weight
    for place, target in enumerate(targets):
        other = target.layers[0].weight
        if (other.shape[1], other.ndim) != (first.shape[1], first.ndim):
            raise ValueError(f"blocks: block {place} takes inputs {other.shape[1:]}, block 0 takes {first.shape[1:]}")
        if target.bits != targets[0].bits:
            raise ValueError(f"blocks: block {place} has {target.bits} bits, block 0 has {targets[0].bits}")
    start = _seed(seed)
    made = []
    for place, target in enumerate(targets):
        own = int(np.random.SeedSequence([start, place]).generate_state(1, np.uint64)[0] >> 2)
        signed = signed_inputs if place == 0 else not relu
        share = failure / len(targets)
        plan = make_plan(
            target if skip == "free" else with_carriers(target, signed), bits=target.bits, tolerance=None,
            construction=construction, source=source, source_bits=source_bits, candidates=candidates,
            failure=share if skip == "free" else share / 2, signed_inputs=signed, sparsity=None, seed=own,
        )  # fmt: skip
        recipe = plan.recipe
        if skip == "solved" and candidates is None:
            recipe = enough_for_ones(recipe, share / 2)
        made.append(_solve(recipe, target, skip, threads))
    return ResidualTicket(tuple(made), skip, relu, tuple(targets))


def _solve(recipe: Recipe, target: Target, skip: Skip, threads: int | None) -> StrongTicket:
    words, needed, unsolved = [], [], []
    for place in (0, 1):
        rows = rows_of(recipe, target, place, skip)
        found = solve_part(recipe, place, rows, range(recipe.layout(place).blocks), None, threads)
        words.append(found.words)
        needed.append(found.needed)
        unsolved += [Unsolved(place, int(o), int(j), bool(s)) for o, j, s in np.argwhere(found.needed < 0)]
    return StrongTicket(recipe, tuple(words), tuple(unsolved), tuple(needed))
