"""The statements of the chapter on random subset sums, step by step, against exact numbers and simulation.

Written against the proofs and not against the library's formulas: what is computed here is computed from definitions.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import quad

from slthlib.lab.statistics import clopper_pearson, z_score
from slthlib.sums import closest_subsets, covering_radii, laws, reachable_sums


def window(M):
    """Offsets, and whether two places of {-M..M} are at most M apart."""
    places = np.arange(-M, M + 1)
    return places, abs(np.subtract.outer(places, places)) <= M


def near_and_all(R, M):
    """Pairs of a point of R and a point outside, at most M apart and in all; R is 0/1, [..., 2M+1]."""
    _, close = window(M)
    outside = 1 - R
    return np.einsum("...i,ij,...j->...", R, close.astype(int), outside), R.sum(-1) * outside.sum(-1)


def sets_of(M):
    """Every subset of {-M..M}, neither empty nor full, as rows of 0 and 1."""
    N = 2 * M + 1
    return (np.arange(1, 2**N - 1)[:, None] >> np.arange(N)) & 1


@pytest.mark.ledger("lem-near-far")
@pytest.mark.parametrize("M", [1, 2, 3, 4, 5])
def test_half_of_the_pairs_are_near_and_only_half_lines_attain_it(M):
    R = sets_of(M)
    near, pairs = near_and_all(R, M)
    assert (2 * near >= pairs).all()
    steps = (np.diff(R, axis=1) != 0).sum(axis=1)
    assert ((2 * near == pairs) == (steps == 1)).all()  # one border inside the window: a half line


@pytest.mark.ledger("lem-near-far")
@pytest.mark.parametrize("cells", [1, 2, 3, 4, 5])
def test_half_of_the_area_is_near_for_sets_of_intervals(cells):
    # Sets made of cells of width 1/cells: two cells lie within distance 1 wholly, by half, or not at all.
    apart = abs(np.subtract.outer(np.arange(2 * cells), np.arange(2 * cells)))
    weight = np.where(apart < cells, 2, np.where(apart == cells, 1, 0))
    R = (np.arange(1, 4**cells - 1)[:, None] >> np.arange(2 * cells)) & 1
    near = np.einsum("bi,ij,bj->b", R, weight, 1 - R)
    pairs = 2 * R.sum(1) * (1 - R).sum(1)
    assert (2 * near >= pairs).all()
    assert (2 * near == pairs).any()


@pytest.mark.ledger("lem-near-far")
@pytest.mark.parametrize("M", [1, 2, 7, 40])
def test_steps_of_the_square_wave_proof(M):
    rng = np.random.default_rng([4, M])
    N, places, K = 2 * M + 1, np.arange(-M, M + 1), np.where(window(M)[1], 1, -1)
    largest = 2 * M**2 + 2 * M + 1
    assert K.sum() == largest
    for g in [*rng.choice([-1, 1], (200, N)), np.where(places < 1, 1, -1)]:
        y = np.arange(-M, M + N + 1)
        turns, index = np.divmod(y[:, None] + places + M, N)
        G = ((1 - 2 * (turns % 2)) * g[index]).sum(axis=1)  # over the N places around y of the antiperiodic extension
        assert (G[:N] == K @ g).all()
        assert (G % 2 == 1).all()
        assert (abs(np.diff(G)) == 2).all()
        assert (G[N:] == -G[: len(G) - N]).all()
        assert g @ K @ g <= abs(G[:N]).sum() <= largest
    assert g @ K @ g == largest  # the last one belongs to a half line


def fill(R, x, M):
    """R with its copy moved by x, within the window; sets as bits of an integer array."""
    full = 2 ** (2 * M + 1) - 1
    return R | ((R << x if x >= 0 else R >> -x) & full)


def potential(R, M):
    """1/v - 1 as an exact fraction."""
    return Fraction(2 * M + 1, int(R).bit_count()) - 1


@pytest.mark.ledger("thm-three-quarters")
@pytest.mark.parametrize("M", [1, 2, 3])
@pytest.mark.parametrize("p", [Fraction(1), Fraction(1, 3)])
def test_one_item_shrinks_the_potential(M, p):
    # With probability 1 - p the item is of another law: never moving anything is the worst it can do.
    N, worst = 2 * M + 1, Fraction(0)
    for R in range(1, 2**N - 1):
        v = Fraction(R.bit_count(), N)
        after = [fill(R, x, M) for x in range(-M, M + 1)]
        grown = p * sum(Fraction(S.bit_count(), N) for S in after) / N + (1 - p) * v
        assert grown >= v * (1 + p * (1 - v) / 2)
        mean = p * sum(potential(S, M) for S in after) / N + (1 - p) * potential(R, M)
        worst = max(worst, mean / potential(R, M))
    assert worst == 1 - p / 4


def chain(M, n):
    """Law of the set found inside the window after n uniform items, exactly: {set: numerator}, over N**n."""
    law = {1 << M: 1}
    for _ in range(n):
        after = {}
        for R, weight in law.items():
            for x in range(-M, M + 1):
                S = fill(R, x, M)
                after[S] = after.get(S, 0) + weight
        law = after
    return law


@pytest.mark.ledger("thm-three-quarters")
@pytest.mark.parametrize(("M", "n"), [(1, 1), (1, 8), (1, 20), (2, 12), (2, 20), (3, 16)])
def test_the_bound_for_integers_against_the_exact_chain(M, n):
    N, law = 2 * M + 1, chain(M, n)
    total = Fraction(N) ** n
    mean = sum(weight * potential(R, M) for R, weight in law.items()) / total
    failed = 1 - law.get(2**N - 1, 0) / total
    assert mean <= Fraction(3, 4) ** n * 2 * M
    assert failed <= 2 * M * mean  # Markov's inequality, as a miss costs at least 1/(2M)
    bound = 4 * M**2 * 0.75**n
    assert failed <= bound
    assert math.isclose(laws.three_quarters_bound(n, M=M), min(bound, 1), rel_tol=1e-9)


@pytest.mark.ledger("thm-three-quarters")
@pytest.mark.parametrize(("M", "n"), [(1, 8), (2, 7), (3, 6)])
def test_the_window_loses_nothing_the_bound_needs(M, n):
    # Sums that leave the window and come back are ignored by the chain: the truth fails less often.
    failed = 0
    for items in itertools.combinations_with_replacement(range(-M, M + 1), n):
        ways = math.factorial(n)
        for x in set(items):
            ways //= math.factorial(items.count(x))
        failed += ways * (not reachable_sums(np.array(items), -M, M).all())
    lost = (2 * M + 1) ** n - chain(M, n).get(2 ** (2 * M + 1) - 1, 0)
    assert failed <= lost
    assert failed > 0


def union(intervals):
    """Disjoint intervals with the same union, in order."""
    merged = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1]:
            merged[-1][1] = max(high, merged[-1][1])
        else:
            merged.append([low, high])
    return merged


def cover(items, half):
    """What the proof follows for reals: [-half, half] and its copies, cut to [-1, 1] after each item."""
    R = [[-half, half]]
    for x in items:
        R = union([*R, *([max(low + x, -1.0), min(high + x, 1.0)] for low, high in R if high + x > -1 and low + x < 1)])
    return R


@pytest.mark.ledger("thm-three-quarters")
def test_the_growth_of_covered_intervals():
    rng = np.random.default_rng(1998)
    for n in (0, 2, 4, 8):
        R = cover(rng.uniform(-1, 1, n), 0.05)
        v = sum(high - low for low, high in R) / 2
        x = (np.arange(4000) + 0.5) / 2000 - 1  # midpoints: the mean over the next item, to within the error below
        grown = np.mean([sum(high - low for low, high in cover_once(R, one)) / 2 for one in x])
        assert grown >= v * (1 + (1 - v) / 2) - 1e-4
        assert v < 1


def cover_once(R, x):
    return union([*R, *([max(a + x, -1.0), min(b + x, 1.0)] for a, b in R if b + x > -1 and a + x < 1)])


@pytest.mark.ledger("thm-three-quarters")
def test_a_target_missed_by_eps_leaves_a_hole_of_the_size_claimed():
    rng, eps, holes = np.random.default_rng(75), 0.05, 0
    for items in rng.uniform(-1, 1, (400, 7)):
        v = sum(high - low for low, high in cover(items, eps / 2)) / 2
        if covering_radii(items[None])[0] > eps:
            holes += 1
            assert 1 / v - 1 >= eps / 4
    assert 50 < holes < 400
    # The smallest hole there is: sums up to just below 1 - eps, so that only the end of the window is missed.
    tight = np.append((1 - 1.01 * eps) / 31 * 2.0 ** np.arange(5), -1.0)
    v = sum(high - low for low, high in cover(tight, eps / 2)) / 2
    assert covering_radii(tight[None])[0] > eps
    assert eps / 4 <= 1 / v - 1 < 1.1 * eps / 4


@pytest.mark.slow
@pytest.mark.ledger("thm-three-quarters")
def test_the_bound_for_reals_holds():
    eps, n = 0.8, 12
    radii = covering_radii(np.random.default_rng(8).uniform(-1, 1, (40_000, n)))
    failed = clopper_pearson(int((radii > eps).sum()), radii.size, level=0.999)
    bound = 8 / eps**2 * 0.75**n
    assert failed.high < bound < 1
    assert math.isclose(laws.three_quarters_bound(n, eps=eps), bound, rel_tol=1e-9)


@pytest.mark.ledger("thm-three-quarters")
def test_the_explicit_number_of_items_suffices():
    for eps, delta in itertools.product((0.5, 1e-2, 1e-5), (0.5, 1e-3)):
        n = math.ceil((2 * math.log2(1 / eps) + 3 + math.log2(1 / delta)) / math.log2(4 / 3))
        assert 8 / eps**2 * 0.75**n <= delta < 8 / eps**2 * 0.75 ** (n - 1)


@pytest.mark.ledger("thm-lueker")
def test_the_theorem_follows_with_a_constant():
    # The box follows from the theorem with constants: at delta = eps it asks for 7.3 log2(1/eps) + 7.3 items.
    for eps in 2.0 ** -np.arange(1, 60):
        n = math.ceil((3 * math.log2(1 / eps) + 3) / math.log2(4 / 3))
        assert laws.three_quarters_bound(n, eps=eps) <= eps
        assert n <= 7.3 * math.log2(1 / eps) + 8.3


@pytest.mark.ledger("cor-continuous")
def test_rounding_to_integers_is_uniform_and_close():
    rng, M = np.random.default_rng(5), 20
    N = 2 * M + 1
    items = rng.uniform(-1, 1, (200_000,))
    rounded = np.rint(N * items / 2).astype(int)
    assert abs(rounded).max() == M
    assert abs(items - 2 * rounded / N).max() <= 1 / N
    counts = np.bincount(rounded + M, minlength=N)
    assert abs(z_score(counts, items.size, 1 / N)).max() < 4.5


@pytest.mark.ledger("cor-continuous")
def test_all_integers_reached_means_all_reals_within_n_plus_one_over_N():
    rng, n, M = np.random.default_rng(6), 12, 40
    N, reached, widest = 2 * M + 1, 0, 0.0
    for items in rng.uniform(-1, 1, (1500, n)):
        if reachable_sums(np.rint(N * items / 2).astype(np.int64), -M, M).all():
            reached += 1
            widest = max(widest, covering_radii(items[None])[0])
    assert reached > 500
    assert widest <= (n + 1) / N
    assert widest > 1 / N  # without the term for rounding the items it would be false


def density_at_zero(k):
    """Density at 0 of the sum of k uniforms on [-1, 1], exactly."""
    x = Fraction(k, 2)
    terms = ((-1) ** j * math.comb(k, j) * (x - j) ** (k - 1) for j in range(k // 2 + 1) if x > j)
    return sum(terms) / math.factorial(k - 1) / 2


@pytest.mark.ledger("thm-continuous-lower")
def test_constants_of_the_lower_bound():
    # Ball's theorem, cited: density at most 1/sqrt(2 k); attained at k = 2.
    density = {k: density_at_zero(k) for k in range(1, 60)}
    assert all(d * d * 2 * k <= 1 for k, d in density.items())
    assert density[2] ** 2 * 4 == 1
    for n in range(1, 300):
        assert sum(math.comb(n, k) / math.sqrt(k) for k in range(1, n + 1)) <= 2 * 2**n / math.sqrt(n)
    assert 2 * math.sqrt(2) * 2 <= 5.7


@pytest.mark.ledger("thm-continuous-lower")
@pytest.mark.parametrize(("n", "eps"), [(6, 0.02), (8, 0.05), (12, 0.001)])
def test_the_mean_number_of_sums_near_the_targets_is_within_its_bound(n, eps):
    masks = np.arange(2**n)[:, None] >> np.arange(n) & 1
    items = np.random.default_rng([7, n]).uniform(-1, 1, (3_000, n))
    counts = np.array([(abs(masks @ row) <= 1 + eps).sum() for row in items])
    bound = 1 + 2 * math.sqrt(2) * (1 + eps) * 2**n / math.sqrt(n)
    assert counts.mean() + 4 * counts.std() / math.sqrt(3_000) <= bound
    assert counts.mean() > bound / 2  # so that a constant half as large would be caught
    covered = covering_radii(items) <= eps
    assert (counts[covered] * eps >= 1).all()
    assert laws.coverage_upper_bound(n, eps=eps) == pytest.approx(min(eps * bound, 1), rel=1e-9)


@pytest.mark.ledger("thm-continuous-lower")
def test_one_sided_items_miss_the_other_side():
    radii = covering_radii(-np.random.default_rng(3).uniform(0, 1, (200, 6)))
    assert (radii >= 1).all()


def entropy(p):
    return -p * np.log(p) - (1 - p) * np.log1p(-p)


@pytest.mark.ledger("thm-constant-two")
@pytest.mark.parametrize("h", [0.3, 2.0, 7.0])
def test_moments_under_the_tilted_law(h):
    # The tilted law has density 1/(1 + exp(-h x)) on [-1, 1].
    def tilted(f):
        return quad(lambda x: f(x) / (1 + math.exp(-h * x)), -1, 1)[0]

    log = lambda x: math.log1p(math.exp(-h * x))  # noqa: E731
    mean = tilted(log)
    assert math.isclose(tilted(lambda x: 1), 1, rel_tol=1e-12)
    assert math.isclose(mean, quad(lambda x: entropy(1 / (1 + math.exp(-h * x))), 0, 1)[0], rel_tol=1e-9)
    assert mean <= math.pi**2 / (6 * h)
    assert tilted(lambda x: log(x) ** 2) - mean**2 <= h**2 / 4
    assert math.isclose(log(-1) - log(1), h, rel_tol=1e-12)


@pytest.mark.ledger("thm-constant-two")
def test_covering_needs_a_large_partition_function():
    rng, covered = np.random.default_rng(2), 0
    for items in rng.uniform(-1, 1, (300, 9)):
        eps = covering_radii(items[None])[0]
        for h in (0.1, 1.0, 4.0):
            assert np.prod(1 + np.exp(-h * items)) >= math.exp(-h * (1 + eps)) / eps
        covered += eps < 0.1
    assert covered > 50
    # Sixteen sums in even steps: hardly one to spare.
    items = np.array([1, 2, 4, -8]) / 8
    assert np.prod(1 + np.exp(-0.01 * items)) < 2.1 * math.exp(-0.01) / covering_radii(items[None])[0]


@pytest.mark.ledger("thm-constant-two")
@pytest.mark.parametrize("C", [1.2, 2.0, 3.0])
def test_a_tilt_exists_and_pays_for_itself(C):
    def mean(h):
        return quad(lambda x: entropy(1 / (1 + math.exp(-h * x))), 1e-12, 1)[0]

    top = math.pi**2 * C / (3 * math.log(2))
    assert mean(top) <= math.log(2) / (2 * C)
    for n in (10**6, 10**8):
        log_eps = n * math.log(2) / C  # ln(1/eps) at its smallest
        assert n * mean(top) + top * (2 + math.sqrt(n / 2)) <= log_eps < n * mean(1e-9) + 1e-3
        # The loss is largest at the largest tilt; K as in the proof.
        K = top * (2 + math.sqrt(2)) + 1
        assert math.log(2) + top * (2 + math.sqrt(2 * n)) <= K * math.sqrt(n)


@pytest.mark.slow
@pytest.mark.ledger("law-one-real")
@pytest.mark.parametrize(("z", "n", "eps"), [(0.5, 14, 1e-4), (0.5, 16, 1e-4), (1.0, 16, 1e-4), (0.5, 12, 1e-3)])
def test_law_of_one_target(z, n, eps):
    items = np.random.default_rng([10, n, round(10 * z)]).uniform(-1, 1, (6_000, n))
    # Beyond the sum of all positive items, that sum is the closest.
    goals = np.clip(z, np.minimum(items, 0).sum(axis=1), np.maximum(items, 0).sum(axis=1))
    hits = int((abs(closest_subsets(items, goals).totals - z) <= eps).sum())
    assert abs(hits / 6_000 - laws.subset_sum_probability(n, z, eps=eps)) <= 0.03


@pytest.mark.slow
@pytest.mark.ledger("law-all-reals")
@pytest.mark.parametrize(("eps", "n"), [(0.01, 12), (0.01, 14), (0.002, 14), (0.002, 16), (0.0005, 16)])
def test_law_of_all_targets(eps, n):
    radii = covering_radii(np.random.default_rng([11, n]).uniform(-1, 1, (20_000, n)))
    assert abs((radii <= eps).mean() - laws.all_targets_probability(n, eps=eps)) <= 0.03
