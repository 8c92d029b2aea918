"""How many candidates a ticket needs, by the law: for each source and construction, and the reason in a sentence."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from slthlib.strong._layout import Law
from slthlib.strong.laws import choose_source_bits, network_failure, solve_failure
from slthlib.strong.recipe import Construction, Geometry, Recipe
from slthlib.strong.targets import Target
from slthlib.sums.laws import product_target_failure, sized_target_failure, target_failure

#: Grids of products may have so many bits in each factor, those of single weights so many.
FINEST_FACTOR, FINEST_SINGLE = 8, 14
#: The law of one solve is taken so many times as large as it is.
_SAFETY = 1.4
_MOST = 1000


@dataclass(frozen=True)
class Asked:
    """What `embed` was asked for, checked."""

    geometry: tuple[Geometry, ...]
    construction: Construction
    source: Law
    bits: int | None
    tolerance: float | None
    failure: float
    signed_inputs: bool
    sparsity: float | None
    seed: int
    scale: float

    def recipe(self, grids: tuple[int, ...] | None, units: tuple[int, ...]) -> Recipe:
        """The recipe with everything filled in."""
        return Recipe(
            self.seed, self.construction, self.source, self.geometry, self.bits, self.tolerance, grids, units,
            self.signed_inputs, self.scale,
        )  # fmt: skip

    @property
    def products(self) -> range:
        """The layers whose weights are sums of products; the others are sums of single weights."""
        return range(1 if self.construction == "copies" else len(self.geometry))

    def solves(self, places: range, copies: int = 1) -> int:
        """Subset sums of some layers; with copies each output but those of the last layer is made so often."""
        total = 0
        for place in places:
            shape = self.geometry[place]
            both = 2 if self.signed_inputs and place == 0 else 1
            times = copies if self.construction == "copies" and place + 1 < len(self.geometry) else 1
            total += times * shape.outputs * (shape.inputs * shape.taps * both + shape.bias)
        return total

    def constants(self, places: range, copies: int) -> int:
        """Those of the subset sums of some layers of copies that make a bias."""
        last = len(self.geometry) - 1
        return sum(
            self.geometry[place].outputs * self.geometry[place].bias * (copies if place < last else 1)
            for place in places
        )

    def branches(self, places: range) -> int:
        """Branches of all banks of the widest layer, since a layer looks at as many units everywhere."""
        return max(
            (self.geometry[place].inputs * (2 if self.signed_inputs and place == 0 else 1) + self.geometry[place].bias)
            for place in places
        )

    @property
    def banks(self) -> int:
        """Banks of units."""
        return sum(self.geometry[place].inputs + self.geometry[place].bias for place in self.products)


def grids_of(asked: Asked, source_bits: int | None) -> tuple[tuple[int, ...] | None, str]:
    """Bits of the random weights, layer by layer, and why."""
    layers = len(asked.geometry)
    if asked.bits is None or asked.source == "sign":
        if source_bits is not None:
            kind = "real" if asked.bits is None else "sign"
            raise ValueError(
                f"source_bits: expected None, as {kind} weights have no grid to choose, got {source_bits!r}"
            )
        return (None, "") if asked.bits is None else ((0,) * layers, "")
    coarsest, single = -(-asked.bits // 2), asked.construction == "copies" and layers > 1
    if (single and asked.bits > FINEST_SINGLE) or coarsest > FINEST_FACTOR:
        most = FINEST_SINGLE if single else 2 * FINEST_FACTOR
        raise ValueError(f"bits: expected at most {most} for this construction, got {asked.bits}")
    if source_bits is None:
        choice = choose_source_bits(
            asked.bits, asked.solves(asked.products, 2 * asked.bits), asked.banks, asked.failure, asked.signed_inputs
        )
        rows = [row for row in choice.alternatives if row[0] <= FINEST_FACTOR]
        chosen, why = min(rows, key=lambda row: (row[1], row[0]))[0], choice.why
    else:
        if (
            isinstance(source_bits, bool)
            or not isinstance(source_bits, int | np.integer)
            or not (coarsest <= source_bits <= FINEST_FACTOR)
        ):
            raise ValueError(f"source_bits: expected a whole number from {coarsest}, half the bits of the target, to "
                             f"{FINEST_FACTOR}, got {source_bits!r}")  # fmt: skip
        chosen, why = int(source_bits), ""
    return tuple(chosen if place in asked.products else max(asked.bits, chosen) for place in range(layers)), why


def units_of(asked: Asked, grids: tuple[int, ...] | None, candidates: int | tuple[int, int] | None) -> tuple[int, ...]:
    """Candidates layer by layer: as given, or as many as the law asks for."""
    least = math.ceil(_log2_targets(asked))
    both = 2 if asked.signed_inputs else 1
    if candidates is not None:
        pair = candidates if isinstance(candidates, tuple) else (candidates, candidates)
        if len(pair) != 2 or any(isinstance(one, bool) or not isinstance(one, int | np.integer) for one in pair):
            raise TypeError(f"candidates: expected a whole number, or a pair of them, got {candidates!r}")
        for count, needed in zip(pair, (least * both, least), strict=True):
            if count < 1:
                raise ValueError(f"candidates: expected a whole number of at least 1, got {count}")
            if count < needed:
                raise ValueError(f"candidates: {count} units give {2.0**count:.3g} masks, too few for every weight "
                                 f"of the grid; counting asks for {needed} at least")  # fmt: skip
        return tuple(int(pair[0] if place in asked.products else pair[1]) for place in range(len(asked.geometry)))
    copies = 1
    if len(asked.products) < len(asked.geometry):
        share = asked.failure / 2
        copies = least_count(lambda n: _failing(asked, grids, range(1, len(asked.geometry)), n, n) <= share, least)
    share = asked.failure / (2 if copies > 1 else 1)
    if asked.bits is not None and asked.source == "uniform" and asked.sparsity is None:
        assert grids is not None
        choice = choose_source_bits(
            asked.bits, asked.solves(asked.products, copies), asked.banks, share, asked.signed_inputs
        )
        units = next(row[1] for row in choice.alternatives if row[0] == grids[0])
    else:
        units = least_count(lambda n: _failing(asked, grids, asked.products, n, copies) <= share, least * both)
    return tuple(units if place in asked.products else copies for place in range(len(asked.geometry)))


def failure_of(asked: Asked, target: Target, recipe: Recipe) -> float:
    """Probability that anything is left unsolved, by the law; but for products on the grid by a union bound."""
    total = 0.0
    copies = recipe.units[-1]
    if asked.bits is not None and asked.source == "uniform" and asked.sparsity is None:
        layers = [recipe.integer_targets(target, place) >> recipe.shift(place) for place in asked.products]
        signs = [asked.signed_inputs and place == 0 for place in asked.products]
        assert recipe.source_bits is not None
        for rows, signed in zip(layers, signs, strict=True):
            said = network_failure(
                recipe.units[0], [rows], bits=asked.bits, source_bits=recipe.source_bits[0], signed_inputs=signed
            )
            total = 1 - (1 - total) * (1 - float(said.failure[0]))
    else:
        total = _failing(asked, recipe.source_bits, asked.products, recipe.units[0], copies)
    rest = range(len(asked.products), len(asked.geometry))
    return min(1.0, total + (_failing(asked, recipe.source_bits, rest, copies, copies) if len(rest) else 0.0))


def _failing(asked: Asked, grids: tuple[int, ...] | None, places: range, units: int, copies: int) -> float:
    """A union bound over the solves of some layers, each by the law of one solve."""
    if asked.source == "sign" and asked.bits is not None:
        return _failing_signs(asked, places, units, copies)
    single = places[0] not in asked.products
    grid = None if grids is None else grids[places[0]]
    each, constant = (
        _one_solve(
            units, single, constant, asked.source, asked.bits, grid, asked.tolerance, asked.sparsity,
            asked.branches(places),
        )
        for constant in (False, single)
    )  # fmt: skip
    constants = asked.constants(places, copies) if single else 0
    return min(1.0, (asked.solves(places, copies) - constants) * each + constants * constant)


def _failing_signs(asked: Asked, places: range, units: int, copies: int) -> float:
    """Signs make a weight if as many of them are right as it has steps: exact for one solve, then a union bound."""
    assert asked.bits is not None
    total = 0.0
    for place in places:
        one = range(place, place + 1)
        constants = asked.constants(one, copies if asked.construction == "copies" else 1)
        # Half of the units are alive, but all copies of a neuron; half of those have the right sign.
        share = 0.25 if place in asked.products else 0.5
        largest = 2 ** (asked.bits - 1)
        total += (asked.solves(one, copies) - constants) * float(binom.cdf(largest - 1, units, share))
        # Each layer before has made its outputs larger by 2**bits, and a constant is not.
        largest <<= asked.bits * place
        total += constants * float(binom.cdf(largest - 1, units, 0.25))
    return min(1.0, total)


@cache
def _one_solve(
    units: int, single: bool, constant: bool, source: Law, bits: int | None, grid: int | None,
    tolerance: float | None, sparsity: float | None, branches: int,
) -> float:  # fmt: skip
    """Probability that one solve fails, averaged over how many units are alive.

    All copies of a neuron are, but of units that stand for the ``constant`` only those with a positive bias.
    """
    n = np.arange(units + 1)
    share = 0.5 if source != "uniform" or grid is None else 2**grid / (2 ** (grid + 1) + 1)
    if single:
        share = 0.5 if constant else 1.0
    chance = binom.pmf(n, units, share)
    n, chance = n[chance > 1e-16], chance[chance > 1e-16]
    if sparsity is not None:  # all solves look at as many units as the poorest bank has alive
        above = binom.sf(n - 1, units, share) ** branches
        chance = above - np.append(above[1:], 0.0)
        law = _sized(n[chance > 1e-9], single, source, bits, grid, tolerance or 0.0, sparsity)
        return float(chance[chance > 1e-9] @ np.minimum(1.0, 3 * law))  # too hopeful where few are taken
    if bits is not None:
        assert grid is not None
        construction = "copies" if single else "diamond"
        return float(
            chance @ np.minimum(1.0, _SAFETY * solve_failure(n, bits, source_bits=grid, construction=construction))
        )
    safety = _SAFETY if source == "uniform" else 3 * _SAFETY
    return float(chance @ np.minimum(1.0, safety * _real(n, single, source, tolerance or 0.0)))


#: Real weights are taken as those of a grid of so many steps: for one factor, and for each of two.
_FINE, _FINE_FACTOR = 2048, 48


def _real(n: NDArray[np.int64], single: bool, source: Law, tolerance: float) -> NDArray[np.float64]:
    """The law on a fine grid with the tolerance in its steps; normal items are taken as uniform ones as wide."""
    spread = 1.0 if source == "uniform" else math.sqrt(3.0) if single else 3.0
    size = _FINE if single else _FINE_FACTOR
    steps = size if single else size * size
    near = math.floor(tolerance / spread * steps)
    targets = np.unique(np.linspace(near + 1, near + steps / (2 * spread), 9).astype(int))
    law = target_failure(n, size, targets, tolerance=near) if single else product_target_failure(
        n, size, size, targets, tolerance=near
    )  # fmt: skip
    return law.mean(-1)


def _sized(
    n: NDArray[np.int64], single: bool, source: Law, bits: int | None, grid: int | None, tolerance: float, share: float
) -> NDArray[np.float64]:
    """Subsets of a fixed size, at half the largest target; items are taken as uniform ones as wide."""
    size = np.rint(share * n).astype(int)
    good = (size > 0) & (size < n)
    failing = np.ones(n.size)
    if grid is None or bits is None:
        wide = 1.0 if single else 1 / math.sqrt(3)
        wide *= 1.0 if source == "uniform" else math.sqrt(3) if single else 3.0
        failing[good] = sized_target_failure(n[good], size[good], 0.25 / wide, eps=tolerance / wide)
        return failing
    half = 2**grid
    variance = half * (half + 1) / 3
    if not single:
        variance *= (half + 1) * (2 * half + 1) / 6
    alike = max(1, round((math.sqrt(1 + 12 * variance) - 1) / 2))
    target = 2 ** max(0, bits - 2) << max(0, (1 if single else 2) * grid - bits)
    failing[good] = sized_target_failure(n[good], size[good], target, M=alike)
    return failing


def least_count(enough: Callable[[int], bool], first: int) -> int:
    """Fewest candidates that are enough, from ``first`` on."""
    low, high = first - 1, max(first, 8)
    while not enough(high):
        if high >= _MOST:
            raise ValueError(f"failure: no number of candidates up to {_MOST} is enough for it")
        low, high = high, min(_MOST, high + max(8, high // 4))
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _log2_targets(asked: Asked) -> float:
    """Bits to tell apart the weights that a solve may be asked for."""
    if asked.bits is not None:
        return math.log2(2**asked.bits + 1)
    assert asked.tolerance is not None
    return max(0.0, math.log2(1 / (2 * asked.tolerance)))
