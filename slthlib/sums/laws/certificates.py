"""Statistical certificates: upper bounds on the probability of failure that hold with confidence 1 - alpha.

A certificate is a statement about draws. Whatever the true probability of failure is, the bound comes out below it
with probability at most alpha over the certifying draws, if the generator's draws are independent and uniform. It is
never a proof.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._check import check_memory
from slthlib.sums.laws._common import between
from slthlib.sums.laws._draws import seed_checked
from slthlib.sums.laws._pilot import Plan, make_plan
from slthlib.sums.laws._runs import CHUNK, Runs
from slthlib.sums.laws._sizes import countable, whole
from slthlib.sums.laws.confidence import (
    LEVELS,
    THRESHOLDS,
    dominating_masses,
    empirical_bernstein,
    product_above,
    upper_limit,
)

__all__ = ["Certificate", "certify_failure"]

_FULL, _BLOCK = 2, 3  # streams of the seed; the pilot uses 0 and 1
#: Nominal seconds on one core that the certifying draws take by default. Draw numbers come from counted steps and not
#: from a clock, so that one seed gives one certificate on every machine.
_SECONDS = 4.0
_METHODS = ("B1", "B2", None)


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
        Draws of all n magnitudes in the pilot; 0 where there was nothing to choose.

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
            f"({self.method}, {self.draws:,} draws{blocks}, seed {self.seed}): a statistical certificate, not a proof"
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
    certificate"); that it does is proved here, from two cited inequalities. A pilot, on draws of its own, fixes the
    inequality, its constants and the numbers of draws before any certifying draw is made.

    Parameters
    ----------
    n : int
        Number of items, from 1 to 1000.
    M : int
        Items and targets are in {-M..M}.
    alpha : float
        Probability that the bound is too low, at most; in (0, 1).
    draws : int or (int, int), optional
        Certifying draws of all n magnitudes, at least 2, and of blocks for B2 (ten times as many where only one number
        is given). By default the pilot chooses both for a few seconds of work.
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

    Used in: sums/quantized, appendix/certificates.
    """
    items, largest, given = countable(whole(n, "n")), whole(M), _draws(draws)
    if np.ndim(alpha):
        raise TypeError(f"alpha: expected one number in (0, 1), got {alpha!r}")
    level = float(between("alpha", alpha, 0, 1, "(0, 1)"))
    if method not in _METHODS:
        raise ValueError(f"method: expected 'B1', 'B2' or None, got {method!r}")
    if method == "B2" and items < 2:
        raise ValueError(f"method: B2 takes at least 2 items, got n = {n}")
    # In the worst case the set of all sums up to half of their total, and a count for each.
    check_memory(items * largest * 8.25, "the table of all sums")
    runs = Runs(items, largest, seed_checked(seed), threads, progress)
    plan = make_plan(runs, level, _SECONDS, given, method)
    bound, threshold = (_first if plan.method == "B1" else _second)(runs, plan, level)
    # The guard covers the rounding of sums and, beyond n = 53, of counts.
    bound = min(1.0, bound * (1 + 1e-9))
    about = plan.draws, plan.block_draws, runs.seed, plan.method, plan.cut, threshold, plan.pilot_draws
    return Certificate(bound, items, largest, level, *about)


def _first(runs: Runs, plan: Plan, alpha: float) -> tuple[float, float]:
    mean, variance, _ = _moments(runs, plan)
    return empirical_bernstein(mean, variance, plan.draws, alpha), 0.0


def _second(runs: Runs, plan: Plan, alpha: float) -> tuple[float, float]:
    mean, variance, above = _moments(runs, plan)
    middle = empirical_bernstein(mean, variance, plan.draws, alpha / 3, largest=plan.cut)
    exceed = upper_limit(above, plan.draws, alpha / 3)
    counts = np.zeros((-(-plan.block_draws // CHUNK), LEVELS.size), dtype=np.int64)

    def use(chunk: int, values: NDArray[np.float64]) -> None:
        counts[chunk] = values.size - np.searchsorted(np.sort(values), LEVELS, side="left")

    runs.each(_BLOCK, plan.block_draws, True, use)
    tails = upper_limit(counts.sum(axis=0), plan.block_draws, alpha / 480)
    # One event serves all thresholds, so the best may be taken.
    rest = exceed * THRESHOLDS + product_above(dominating_masses(tails))
    best = int(np.argmin(rest))
    return middle + float(rest[best]), float(THRESHOLDS[best])


def _moments(runs: Runs, plan: Plan) -> tuple[float, float, int]:
    """Mean and unbiased variance of min(fh, cut), and how often fh exceeds the cut."""
    chunks, m = -(-plan.draws // CHUNK), plan.draws
    sums, above = np.zeros((chunks, 2)), np.zeros(chunks, dtype=np.int64)

    def use(chunk: int, values: NDArray[np.float64]) -> None:
        bounded = np.minimum(values, plan.cut)
        sums[chunk] = bounded.sum(), (bounded * bounded).sum()
        above[chunk] = (values > plan.cut).sum()

    runs.each(_FULL, m, False, use)
    mean = math.fsum(sums[:, 0]) / m
    variance = max(0.0, math.fsum(sums[:, 1]) - m * mean**2) / (m - 1)
    return mean, variance, int(above.sum())


def _draws(draws: object) -> tuple[int, int] | None:
    if draws is None:
        return None
    pair = tuple(draws) if isinstance(draws, tuple | list) else (draws, None)
    if len(pair) != 2:
        raise ValueError(f"draws: expected a whole number, two of them, or None, got {draws!r}")
    full = whole(pair[0], "draws", 2)
    return full, 10 * full if pair[1] is None else whole(pair[1], "draws", 2)
