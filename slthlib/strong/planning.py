"""What a ticket will take: the grid and the number of random weights, time, memory, and how likely it is to fail."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import get_args

import numpy as np

from slthlib.strong._layout import Law
from slthlib.strong._sizing import Asked, failure_of, grids_of, units_of
from slthlib.strong._solve_grid import HELD
from slthlib.strong.export import constant_tap
from slthlib.strong.quantizing import check_bits, grid_integers
from slthlib.strong.recipe import Construction, Recipe, geometry_of
from slthlib.strong.targets import Target
from slthlib.sums._batches import thread_count

__all__ = ["Plan"]

#: Seconds for a random weight, and for a word of a window and an item; measured on one core, rounded up.
_DRAWING, _SHIFTING = 3e-9, 5e-10


@dataclass(frozen=True)
class Plan:
    """What embedding a target would take; nothing has been solved.

    Parameters
    ----------
    recipe : Recipe
        With the candidates and the grid that were chosen or given.
    target : Target
        What is to be embedded.
    asked : object
        The options, checked.
    why : str
        What was chosen, and for what reason.
    seconds : float
        Expected time to draw and to solve on this machine: within a factor of three or so.
    memory : int
        Expected bytes at the most.

    Notes
    -----
    Used in: no chapter.
    """

    recipe: Recipe
    target: Target = field(repr=False)
    asked: Asked = field(repr=False)
    why: str
    seconds: float
    memory: int

    @cached_property
    def failure(self) -> float:
        """Probability that anything is left unsolved, by the law; a union bound where there is no better one."""
        return failure_of(self.asked, self.target, self.recipe)

    @property
    def candidates(self) -> tuple[int, ...]:
        """Units of a bank, or copies of a neuron, layer by layer of the target."""
        return self.recipe.units

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons, or channels, of each layer of the random network, inputs first."""
        return self.recipe.widths

    @property
    def parameters(self) -> int:
        """Random weights of the whole network."""
        return self.recipe.parameters()

    def __str__(self) -> str:
        weights = sum(one.weights for one in self.recipe.geometry)
        return (
            f"{weights:,} weights, {self.recipe.solves():,} subset sums; random network of widths "
            f"{' - '.join(f'{width:,}' for width in self.widths)}, {self.parameters:,} parameters "
            f"({self.parameters / weights:,.0f} a weight); unsolved with probability {self.failure:.2g} by the law; "
            f"about {self.seconds:.2g} s and {self.memory / 2**20:,.0f} MiB. {self.why}"
        )


def make_plan(
    target: Target, *, bits: int | None, tolerance: float | None, construction: Construction, source: Law,
    source_bits: int | None, candidates: int | tuple[int, int] | None, failure: float, signed_inputs: bool,
    sparsity: float | None, seed: int,
) -> Plan:  # fmt: skip
    """Check the options of `embed`, and choose those that were left open."""
    bits = target.bits if bits is None and tolerance is None else bits
    if (bits is None) == (tolerance is None):
        raise ValueError("bits: expected either bits, for weights on the grid, or a tolerance, for real weights; got "
                         f"bits={bits!r} and tolerance={tolerance!r}")  # fmt: skip
    bits = None if bits is None else check_bits(bits)
    _one_of("construction", construction, get_args(Construction))
    _one_of("source", source, get_args(Law))
    _between("failure", failure)
    if sparsity is not None:
        _between("sparsity", sparsity)
    if tolerance is not None and not (isinstance(tolerance, int | float) and 0 < tolerance < math.inf):
        raise ValueError(f"tolerance: expected a positive number, got {tolerance!r}")
    if bits is not None and source == "normal":
        raise ValueError("source: normal weights lie on no grid; give a tolerance instead of bits")
    geometry = geometry_of(target)
    for shape in geometry:
        if shape.bias:
            constant_tap(shape)  # refuses a padding that leaves no place for the bias
    for place, layer in enumerate(target.layers):
        if bits is not None:
            grid_integers(layer, bits, place)
        elif (large := float(np.abs(layer.weight).max())) > 0.5:
            raise ValueError(f"target: weights of layer {place}: expected numbers in [-1/2, 1/2], got one of size "
                             f"{large:g}; divide the layer by a power of two, and multiply the outputs")  # fmt: skip
    asked = Asked(geometry, construction, source, bits, tolerance, failure, signed_inputs, sparsity, seed, target.scale)
    grids, why = grids_of(asked, source_bits)
    recipe = asked.recipe(grids, units_of(asked, grids, candidates))
    return Plan(recipe, target, asked, why, *_cost(recipe))


def _cost(recipe: Recipe) -> tuple[float, int]:
    """Seconds on this machine, and bytes at the most."""
    seconds, kept, largest = 0.0, 0, 0
    for layout in recipe.layouts:
        drawn = layout.outputs * layout.coordinates * layout.units
        problems = layout.outputs * layout.coordinates * layout.branches
        if layout.bits is not None:
            words = 6 * layout.largest_item // 64 + 8
            seconds += problems * (1e-7 + 12 * _SHIFTING * words)
            largest = max(largest, 8 * words * layout.units * thread_count(None))
        else:
            seconds += problems * 3e-6
        seconds += _DRAWING * drawn
        kept += 8 * layout.words * layout.outputs * layout.coordinates + 4 * problems
        largest = max(largest, min(drawn * 8, HELD))
    return seconds / min(2, thread_count(None)), kept + largest


def _one_of(name: str, given: object, known: tuple[str, ...]) -> None:
    if given not in known:
        raise ValueError(f"{name}: expected one of {', '.join(known)}, got {given!r}")


def _between(name: str, number: object) -> None:
    if isinstance(number, bool) or not isinstance(number, int | float | np.number) or not 0 < number < 1:
        raise ValueError(f"{name}: expected a number strictly between 0 and 1, got {number!r}")
