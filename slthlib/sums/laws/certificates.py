"""Statistical certificates: upper bounds on the probability of failure that hold with confidence 1 - alpha.

A certificate is a statement about draws. Whatever the true probability of failure is, the bound comes out below it
with probability at most alpha over the certifying draws, if the generator's draws are independent and uniform. It is
never a proof.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._batches import Halt
from slthlib.sums._certificate_kernels import hole_bounds
from slthlib.sums._check import check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums.laws._draws import chunked, seed_checked
from slthlib.sums.laws._pilot import Plan, Tail, predict_first, predict_second
from slthlib.sums.laws._sizes import whole
from slthlib.sums.laws.confidence import (
    LEVELS,
    dominating_masses,
    empirical_bernstein,
    product_above,
    upper_limit,
)

__all__ = ["Certificate", "certify_failure"]

_CHUNK = 2**14
_PILOT, _FULL, _BLOCK = 0, 1, 2  # streams of one seed
_PILOT_DRAWS, _PILOT_BLOCKS = 2**15, 2**17
#: Nominal seconds of work, on one core, that a certificate spends by default. Draw numbers come from counted steps
#: and not from a clock, so that one seed gives one certificate on every machine.
_SECONDS = 6.0


@dataclass(frozen=True)
class Certificate:
    """A statistical certificate: P(failure) <= bound, with confidence 1 - alpha over the draws. Not a proof.

    Parameters
    ----------
    bound : float
        The certified bound, at most 1.
    n : int
        Number of items.
    M : int
        Items are uniform on {-M..M}; failure means that some target in {-M..M} is missed.
    alpha : float
        Probability over the draws that the bound is too low, at most.
    draws : int
        Certifying draws of all n magnitudes.
    block_draws : int
        Certifying draws of blocks of n // 2 magnitudes; 0 for method B1.
    seed : int
        Seed of the draws; the pilot and the certifying draws are different streams of it.
    method : str
        The inequality: "B1" or "B2".
    cut : float
        f1 of method B2, fixed by the pilot; 1 for method B1.
    threshold : float
        l of method B2, chosen after the draws, as its proof allows; 0 for method B1.
    pilot_draws : int
        Draws of the pilot.

    Notes
    -----
    Used in: no chapter.
    """

    bound: float
    n: int
    M: int
    alpha: float
    draws: int
    block_draws: int
    seed: int
    method: str
    cut: float
    threshold: float
    pilot_draws: int

    def __str__(self) -> str:
        """One line that says what is certified, and on what grounds."""
        blocks = f" and {self.block_draws:,} of blocks" if self.block_draws else ""
        return (
            f"P(failure) <= {self.bound:.3g} for n = {self.n}, M = {self.M}, with confidence 1 - {self.alpha:g} "
            f"({self.method}, {self.draws:,} draws{blocks}, seed {self.seed}); a statistical certificate, not a proof"
        )


def certify_failure(
    n: int,
    M: int,
    *,
    alpha: float = 1e-6,
    draws: int | tuple[int, int] | None = None,
    seed: int | np.random.Generator,
    method: str | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> Certificate:
    """Certify an upper bound on the probability that some t in {-M..M} is no subset sum of n items.

    Labels ``thm-cert-b1`` and ``thm-cert-b2``: the bound holds with confidence 1 - alpha over the draws ("statistical
    certificate"); that is proved here, on two cited inequalities. A pilot, from a stream of its own, fixes the
    inequality, its constants and the numbers of draws before any certifying draw is made.

    Parameters
    ----------
    n : int
        Number of items, at least 1.
    M : int
        Items and targets are in {-M..M}.
    alpha : float
        Probability that the bound is too low, at most; in (0, 1).
    draws : int or (int, int), optional
        Certifying draws of all n magnitudes, at least 2, and of blocks for B2 (ten for each by default). By default
        the pilot chooses both for a few seconds of work.
    seed : int or numpy.random.Generator
        Same seed, same certificate, on any number of threads.
    method : {"B1", "B2"}, optional
        The inequality; by default the pilot chooses. B2 takes at least two items.
    threads : int, optional
        Threads to work with; all processors by default.
    progress : bool, optional
        Show a progress bar; by default on a terminal, when it takes more than a second or two.

    Returns
    -------
    Certificate

    Notes
    -----
    Every certificate tried counts, also those whose bound disappoints: the best of r certificates holds with
    confidence 1 - r alpha.

    Used in: no chapter.
    """
    items, largest = whole(n, "n"), whole(M)
    level = _alpha(alpha)
    given = _draws(draws)
    if method not in (None, "B1", "B2"):
        raise ValueError(f"method: expected 'B1', 'B2' or None, got {method!r}")
    if method == "B2" and items < 2:
        raise ValueError(f"method: B2 takes at least 2 items, got n = {n}")
    check_memory(items * largest / 8.0, "the set of all sums")
    number = seed_checked(seed)
    run = _Draws(items, largest, number, threads, progress)
    plan = _plan(run, level, given, method)
    if plan.method == "B1":
        bound, threshold = _first(run, plan, level), 0.0
    else:
        bound, threshold = _second(run, plan, level)
    # The guard covers the rounding of sums and, beyond n = 53, of counts.
    bound = min(1.0, bound * (1 + 1e-9))
    return Certificate(
        bound,
        items,
        largest,
        level,
        plan.draws,
        plan.block_draws,
        number,
        plan.method,
        plan.cut,
        threshold,
        run.pilot_draws,
    )


class _Draws:
    """Draws of fh, of all items or of blocks of half of them, from the streams of one seed."""

    def __init__(self, n: int, M: int, seed: int, threads: int | None, progress: bool | None) -> None:
        self.n, self.M, self.seed = n, M, seed
        self.threads, self.progress = threads, progress
        self.half = n // 2
        self.pilot_draws = _PILOT_DRAWS

    def unit(self, block: bool) -> int:
        return max(1, self.M // (64 if block else 512))

    def seconds(self, block: bool) -> float:
        """Nominal seconds of one draw."""
        n = self.half if block else self.n
        words, entries = n * self.M / 256 + 1, 2.5 * self.M / self.unit(block)
        return 1e-9 * n * (12 + 0.15 * words + 0.15 * entries)

    def each(self, stream: int, rows: int, block: bool, use: object) -> None:
        """Call ``use(chunk, values)`` with the values of fh, chunk by chunk."""
        n = self.half if block else self.n
        announce_compiling(hole_bounds)
        kind = np.int16 if 2 * self.M < 2**15 else np.int64

        def work(chunk: int, rng: np.random.Generator, halt: Halt) -> None:
            size = min(_CHUNK, rows - chunk * _CHUNK)
            out = np.empty(size)
            # |x - M| for x uniform on {0..2M}: the magnitude of an item.
            hole_bounds(rng.integers(0, 2 * self.M + 1, (size, n), dtype=kind), self.M, self.M, self.unit(block), out)
            use(chunk, out)  # type: ignore[operator]

        chunked(
            work,
            -(-rows // _CHUNK),
            (self.seed, stream),
            _CHUNK * self.seconds(block),
            self.threads,
            self.progress,
            "blocks" if block else "certifying",
        )

    def sample(self, stream: int, rows: int, block: bool) -> NDArray[np.float64]:
        out = np.empty(rows)

        def use(chunk: int, values: NDArray[np.float64]) -> None:
            out[chunk * _CHUNK : chunk * _CHUNK + values.size] = values

        self.each(stream, rows, block, use)
        return out


def _plan(run: _Draws, alpha: float, given: tuple[int, int] | None, method: str | None) -> Plan:
    pilot = min(_PILOT_DRAWS, max(64, given[0])) if given else _PILOT_DRAWS
    run.pilot_draws = pilot
    sample = run.sample(_PILOT, pilot, False)
    budget = _SECONDS
    first = given[0] if given else int(budget / run.seconds(False)) + 2
    if method == "B1" or run.half < 1:
        return Plan("B1", first, 0, 1.0)
    block = Tail(run.sample(_PILOT + 3, min(_PILOT_BLOCKS, 4 * pilot), True))
    full = Tail(sample)
    if given:
        options = [(float(given[0]), float(given[1]))]
    else:
        options = [
            (max(2.0, (1 - share) * budget / run.seconds(False)), share * budget / run.seconds(True))
            for share in (0.1, 0.3, 0.5, 0.7, 0.9)
        ]
    (value, cut), numbers = min((predict_second(full, block, *option, alpha), option) for option in options)
    if method is None and predict_first(sample, first, alpha) <= value:
        return Plan("B1", first, 0, 1.0)
    return Plan("B2", int(numbers[0]), int(numbers[1]), cut)


def _first(run: _Draws, plan: Plan, alpha: float) -> float:
    mean, variance, _ = _moments(run, plan)
    return empirical_bernstein(mean, variance, plan.draws, alpha)


def _second(run: _Draws, plan: Plan, alpha: float) -> tuple[float, float]:
    mean, variance, above = _moments(run, plan)
    middle = empirical_bernstein(mean, variance, plan.draws, alpha / 3, largest=plan.cut)
    exceed = upper_limit(above, plan.draws, alpha / 3)
    counts = np.zeros((-(-plan.block_draws // _CHUNK), LEVELS.size), dtype=np.int64)

    def use(chunk: int, values: NDArray[np.float64]) -> None:
        counts[chunk] = values.size - np.searchsorted(np.sort(values), LEVELS, side="left")

    run.each(_BLOCK, plan.block_draws, True, use)
    tails = upper_limit(counts.sum(axis=0), plan.block_draws, alpha / 480)
    product = product_above(dominating_masses(tails))
    thresholds = 2.0 ** (-(np.arange(product.size) + 0.5) / 8)
    rest = exceed * thresholds + product
    best = int(np.argmin(rest))
    return middle + float(rest[best]), float(thresholds[best])


def _moments(run: _Draws, plan: Plan) -> tuple[float, float, int]:
    """Mean and unbiased variance of min(fh, cut), and how often fh exceeds the cut."""
    chunks = -(-plan.draws // _CHUNK)
    sums, above = np.zeros((chunks, 2)), np.zeros(chunks, dtype=np.int64)

    def use(chunk: int, values: NDArray[np.float64]) -> None:
        bounded = np.minimum(values, plan.cut)
        sums[chunk] = bounded.sum(), (bounded * bounded).sum()
        above[chunk] = (values > plan.cut).sum()

    run.each(_FULL, plan.draws, False, use)
    m = plan.draws
    mean = math.fsum(sums[:, 0]) / m
    variance = max(0.0, math.fsum(sums[:, 1]) - m * mean**2) / (m - 1)
    return mean, variance, int(above.sum())


def _alpha(alpha: object) -> float:
    if isinstance(alpha, bool) or not isinstance(alpha, int | float | np.floating):
        raise TypeError(f"alpha: expected a number in (0, 1), got {alpha!r}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha: expected a number in (0, 1), got {alpha!r}")
    return float(alpha)


def _draws(draws: object) -> tuple[int, int] | None:
    if draws is None:
        return None
    pair = tuple(draws) if isinstance(draws, tuple | list) else (draws, None)
    if len(pair) != 2:
        raise ValueError(f"draws: expected a whole number, two of them, or None, got {draws!r}")
    full = whole(pair[0], "draws")
    blocks = 10 * full if pair[1] is None else whole(pair[1], "draws")
    if full < 2:
        raise ValueError(f"draws: expected at least 2, got {draws!r}")
    return full, blocks
