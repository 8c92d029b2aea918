"""Record with how many candidates random networks begin to contain their targets, for k = 3 to 10 bits and N weights.

Written to ``chapters/results/strong_transition.csv``: for each kind of network how many of them needed how many
candidates until *all* their weights were solved, beside the median that the law gives. Targets are drawn uniformly from
the grid, anew for every network; inputs are taken to be nonnegative, so that a weight is one solve.

Four series of networks have candidates that are added one by one, and ``least`` is the largest number that one of the
solves needed, -1 where ``units`` were not enough. ``single``: even layers only, a weight is a sum of single random
weights on the target's grid. ``coarse``, ``finer`` and ``fine``: the diamond, from a source of half the bits (rounded
up), of one bit more, and of all bits. Every sum within sixteen times the largest item is kept, for single weights every
sum. ``q50`` and ``q99`` say what the median solve needed, and the ninety-ninth in a hundred. In ``sparse`` networks
have ``units`` items for each weight and exactly a share of these is taken; ``least`` is their number, or -1 where a
weight was left unsolved, and ``law`` the probability that none is. A chapter builds some of these networks again and
must agree.
"""

from pathlib import Path

import numpy as np

from slthlib.lab import records
from slthlib.strong._layout import Layout
from slthlib.strong._solve_grid import solve_on_grid
from slthlib.strong.laws import candidates_needed, solve_failure
from slthlib.sums import closest_subsets
from slthlib.sums.laws import sized_target_failure

SEED = 4004
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "strong_transition.csv"
BITS = range(3, 11)
#: Layers (out, in) of a target with so many weights; the largest is 784-500-10.
SHAPES = {
    100: [(10, 10)],
    1_000: [(20, 50)],
    10_000: [(100, 100)],
    100_000: [(250, 400)],
    397_000: [(500, 784), (10, 500)],
}
NETWORKS = {100: 1000, 1_000: 1000, 10_000: 400, 100_000: 150, 397_000: 100}
#: Series: single weights or not, and the bits of the source for targets of k bits.
SERIES = {
    "single": (True, lambda k: k),
    "coarse": (False, lambda k: -(-k // 2)),
    "finer": (False, lambda k: -(-k // 2) + 1),
    "fine": (False, lambda k: k),
}
#: The window of the search reaches so many times the largest item beyond the targets; None leaves out no sum.
REACH = {"single": None, "coarse": 16, "finer": 16, "fine": 16}
#: Shares of the items that sparse tickets keep, their numbers of items, their bits and numbers of weights.
DENSITIES = {0.25: range(8, 29, 4), 0.5: range(12, 33, 2)}
SPARSE = [(4, 100), (4, 1_000), (6, 100), (6, 1_000)]
FEWER = {"sparse": 200, "fine": 100}
COLUMNS = ("series", "bits", "weights", "density", "units", "source_bits", "least", "networks", "q50", "q99", "law")


def units_of(series: str, bits: int) -> int:
    """More candidates than any network will need, but for one in a thousand or so."""
    if series == "single":
        return 64
    return 240 if series == "coarse" and bits % 2 == 0 else 144


def targets(rng, bits, shape):
    """Targets uniform on the grid, in units of 2**-bits."""
    return rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), shape, endpoint=True)


def needed(series, bits, weights, seed):
    """How many candidates each solve of one random network took; -1 where there were not enough of them."""
    single, source = SERIES[series]
    rng, found = np.random.default_rng(seed), []
    for place, (outputs, inputs) in enumerate(SHAPES[weights]):
        layout = Layout(outputs, inputs, 1, False, units_of(series, bits), single, False, "uniform", source(bits))
        wanted = targets(rng, bits, (outputs, inputs)) << layout.exponent - bits
        solved = solve_on_grid(layout, wanted, seed, place, range(layout.blocks), stages=(REACH[series],))
        found.append(solved.needed.ravel())
    return np.concatenate(found)


def median_by_law(series, bits, weights):
    """The first number of candidates with which half of the networks succeed, by the law."""
    single, source = SERIES[series]
    if not single:
        return candidates_needed(SHAPES[weights], bits=bits, failure=0.5, source_bits=source(bits), signed_inputs=False)
    n = np.arange(1, 64)
    each = solve_failure(n, bits, source_bits=bits, construction="copies")
    return int(n[np.argmax((1 - each) ** weights >= 0.5)])


def prefixes(series, bits, weights, units, seeds):
    """Networks of one kind, with more and more candidates: how many needed how many."""
    least, count = [], np.zeros(units + 2, int)
    for seed in seeds:
        each = needed(series, bits, weights, seed)
        least.append(-1 if (each < 0).any() else int(each.max()))
        count += np.bincount(np.where(each < 0, units + 1, each), minlength=units + 2)
    below = np.cumsum(count) / count.sum()
    q50, q99 = (int(np.argmax(below >= level)) for level in (0.5, 0.99))
    shared = {"source_bits": SERIES[series][1](bits), "q50": q50, "q99": q99}
    return least, shared | {"law": float(median_by_law(series, bits, weights))}


def sparse(bits, weights, density, units, seeds):
    """Networks of single weights of which exactly a share is kept: which of them have a subset for every weight."""
    least, size, M = [], round(density * units), 2**bits
    for seed in seeds:
        rng = np.random.default_rng(seed)
        items, wanted = rng.integers(-M, M, (weights, units), endpoint=True), targets(rng, bits, weights)
        low, high = np.minimum(items, 0).sum(axis=1), np.maximum(items, 0).sum(axis=1)
        solved = bool(((wanted >= low) & (wanted <= high)).all())
        if solved:
            solved = bool((closest_subsets(items, wanted, size=size, progress=False).errors == 0).all())
        least.append(units if solved else -1)
    every = abs(np.arange(-(M // 2), M // 2 + 1))
    each = np.mean([sized_target_failure(units, size, int(t), M=M) for t in every])
    return least, {"source_bits": bits, "q50": -1, "q99": -1, "law": round(float((1 - each) ** weights), 9)}


def measure(series, bits, weights, density, units, seed):
    """One kind of network: a row for each number of candidates that one of them needed."""
    rng = np.random.default_rng(seed)
    seeds = rng.integers(2**62, size=FEWER.get(series, NETWORKS[weights])).tolist()
    if series == "sparse":
        least, shared = sparse(bits, weights, density, units, seeds)
    else:
        least, shared = prefixes(series, bits, weights, units, seeds)
    values, networks = np.unique(least, return_counts=True)
    return [shared | {"least": a, "networks": b} for a, b in zip(values.tolist(), networks.tolist(), strict=True)]


def grid():
    """Which kinds of network there are, those that take longest first."""
    for weights in sorted(SHAPES, reverse=True):
        for series in SERIES:
            for bits in reversed(BITS):
                # The window of the square of a fine grid takes long.
                if series != "fine" or (bits <= 8 and weights <= 1_000):
                    shared = {"density": 1.0, "units": units_of(series, bits)}
                    yield {"series": series, "bits": bits, "weights": weights, **shared}
    for density, numbers in DENSITIES.items():
        for bits, weights in SPARSE:
            for units in reversed(numbers):
                yield {"series": "sparse", "bits": bits, "weights": weights, "density": density, "units": units}


def main() -> None:
    with records.recording(
        OUT, command=f"python experiments/{Path(__file__).name}", seed=SEED, sources=[__file__]
    ) as record:  # fmt: skip
        rows = record.sweep(measure, grid())
        record.save({name: rows[name].tolist() for name in COLUMNS})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
