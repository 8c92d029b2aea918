"""Find a strong ticket: one subset sum for each weight of the target, in a network that is random and stays so."""

from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from slthlib.strong._layout import Law
from slthlib.strong._solve_grid import Solved, solve_on_grid
from slthlib.strong._solve_with_lists import solve_with_lists
from slthlib.strong.planning import Plan, make_plan
from slthlib.strong.recipe import Construction, Recipe
from slthlib.strong.targets import Target, read_target
from slthlib.strong.ticket import StrongTicket, Unsolved

__all__ = ["embed"]

#: An executor gets so many parts of a layer at most.
_PARTS = 64


def embed(
    target: Any,
    *,
    bits: int | None = None,
    tolerance: float | None = None,
    construction: Construction = "diamond",
    source: Law = "uniform",
    source_bits: int | None = None,
    candidates: int | tuple[int, int] | None = None,
    failure: float = 1e-2,
    signed_inputs: bool = True,
    sparsity: float | None = None,
    plan: bool = False,
    executor: Executor | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int | np.random.Generator,
) -> StrongTicket | Plan:
    """Find a network inside a random one: nothing is trained, connections are only removed.

    Each weight of the target is a sum of random products or random weights that the mask keeps. On the grid
    (``bits``) the ticket is the target exactly; for real weights each is met within ``tolerance``.

    Parameters
    ----------
    target : sequence of layers, Sequential, or Target
        Arrays shaped (out, in) or (out, in, height, width), or pairs of weights and biases, with ReLU between them and
        none after the last; or a torch Sequential of Linear, Conv2d and ReLU; or what `quantize` returned.
    bits : int, optional
        Weights are multiples of ``2**-bits`` in [-1/2, 1/2], as `quantize` makes them; taken from a quantized target.
    tolerance : float, optional
        Largest error of a weight, where ``bits`` is None.
    construction : {"diamond", "copies"}
        "diamond" makes each layer of two random ones: units with random weights b for each input, and above them
        random weights a, of which the mask keeps some; a weight is a sum of products a b. "copies" needs only one layer
        more than the target has: from the second on each neuron is made several times, and a weight is a sum of single
        random weights to these copies.
    source : {"uniform", "sign", "normal"}
        Law of the random weights: uniform on the grid, or on [-1, 1] for real targets; fair signs; or standard normal.
    source_bits : int, optional
        Grid of the random weights; by default the one that needs the fewest candidates, see `Plan`.
    candidates : int, optional
        How many units the bank of an input has, and for "copies" how many copies of a neuron there are, or a pair of
        both; by default as many as the law asks for at this probability of failure.
    failure : float
        Probability that anything is left unsolved, by the law.
    signed_inputs : bool
        Whether inputs may be negative; if so, each weight of the first layer takes two subset sums.
    sparsity : float, optional
        Keep exactly this share of the units that a weight may use.
    plan : bool
        Solve nothing, and return what it would take.
    executor : concurrent.futures.Executor, optional
        Where to solve; the ticket is the same, bit for bit. By default threads of this process.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for work of more than a second or two.
    threads : int, optional
        How many threads to use; by default SLTHLIB_THREADS or every processor.
    seed : int or Generator
        Of the random network.

    Returns
    -------
    StrongTicket or Plan
        The ticket; its ``unsolved`` lists weights for which there was no subset.

    Raises
    ------
    ValueError, TypeError
        For weights off the grid or out of range, layers that do not fit or are not supported, and candidates that are
        too few for the number of different weights.

    Notes
    -----
    Used in: strong/pruning_is_all, strong/sparsity, strong/beyond_dense, strong/quantized, strong/bits.
    """
    given = read_target(target)
    found = make_plan(
        given, bits=bits, tolerance=tolerance, construction=construction, source=source, source_bits=source_bits,
        candidates=candidates, failure=failure, signed_inputs=signed_inputs, sparsity=sparsity, seed=_seed(seed),
    )  # fmt: skip
    if plan:
        return found
    recipe = found.recipe
    targets = [_targets(recipe, given, place) for place in range(len(recipe.geometry))]
    words, needed, unsolved = [], [], []
    seconds = {"drawing": 0.0, "solving": 0.0}
    for place, rows in enumerate(targets):
        if executor is None:
            solved = solve_part(recipe, place, rows, range(recipe.layout(place).blocks), sparsity, threads, progress)
        else:
            solved = _spread(executor, recipe, place, rows, sparsity, progress)
        words.append(solved.words)
        needed.append(solved.needed)
        seconds["drawing"] += solved.drawing
        seconds["solving"] += solved.solving
        unsolved += [Unsolved(place, int(o), int(j), bool(s)) for o, j, s in np.argwhere(solved.needed < 0)]
    return StrongTicket(recipe, tuple(words), tuple(unsolved), tuple(needed), seconds, given)


def solve_part(
    recipe: Recipe, place: int, targets: NDArray[Any], blocks: range, sparsity: float | None,
    threads: int | None = None, progress: bool | None = False,
) -> Solved:  # fmt: skip
    """Masks of some blocks of rows of one layer; a function of its arguments alone, wherever it runs."""
    layout = recipe.layout(place)
    if recipe.bits is not None and sparsity is None:
        return solve_on_grid(layout, targets, recipe.seed, place, blocks, threads=threads, progress=progress)
    return solve_with_lists(
        layout, targets, recipe.seed, place, blocks, tolerance=recipe.tolerance or 0.0, density=sparsity,
        threads=threads,
    )  # fmt: skip


def _spread(
    executor: Executor, recipe: Recipe, place: int, targets: NDArray[Any], sparsity: float | None, progress: bool | None
) -> Solved:
    layout = recipe.layout(place)
    each = -(-layout.blocks // _PARTS)
    parts = [range(first, min(first + each, layout.blocks)) for first in range(0, layout.blocks, each)]
    futures = [
        executor.submit(
            solve_part,
            recipe,
            place,
            targets[part[0] * layout.block : (part[-1] + 1) * layout.block],
            part,
            sparsity,
            1,
        )
        for part in parts
    ]
    try:
        bar = tqdm(
            futures, f"layer {place}", unit=" parts", leave=False, disable=None if progress is None else not progress
        )
        results = [future.result() for future in bar]
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return Solved(
        np.concatenate([one.words for one in results]),
        np.concatenate([one.needed for one in results]),
        sum(one.drawing for one in results),
        sum(one.solving for one in results),
    )


def _targets(recipe: Recipe, target: Target, place: int) -> NDArray[Any]:
    return recipe.integer_targets(target, place) if recipe.bits is not None else recipe.real_targets(target, place)


def _seed(seed: object) -> int:
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**62))
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise TypeError(f"seed: expected a whole number of at least 0 or a numpy Generator, got {seed!r}")
    return int(seed)
