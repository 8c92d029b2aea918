"""The chapter on the constrained phase diagram: each step of its proofs, and its laws, held to exact numbers."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import ndtr

from slthlib.lab.statistics import wilson, z_score
from slthlib.sums import best_partitions, count_perfect_partitions, laws

LOG2 = math.log(2)
GRID, WEIGHT = np.polynomial.legendre.leggauss(400)
GRID, WEIGHT = (GRID + 1) / 2, WEIGHT / 2


def log_2cosh(u):
    return np.logaddexp(u, -u)


def dual(zeta, eta, b):
    """G_b of the chapter."""
    return WEIGHT @ log_2cosh(zeta + eta * GRID) - b * zeta


def all_signs(n):
    return np.array(list(itertools.product((-1, 1), repeat=n)))


def leading_digits(X, M, blocks):
    """Index and least integer of each number's block, and the length of a shortest block."""
    starts = np.array([1 + k * M // blocks for k in range(blocks)])
    index = np.searchsorted(starts, X, side="right") - 1
    return index, starts, M // blocks


# --- the tilt


@pytest.mark.ledger("prop-tilt")
def test_the_tilt_solves_its_equations_and_minimises_the_dual():
    for b in (0.0, 0.05, 0.2, 0.35, 0.41):
        zeta, eta = laws.critical_tilt(b)
        u = np.tanh(zeta + eta * GRID)
        assert WEIGHT @ u == pytest.approx(b, abs=1e-10)
        assert WEIGHT @ (GRID * u) == pytest.approx(0, abs=1e-10)
        least = dual(zeta, eta, b)
        assert laws.critical_ratio(b) == pytest.approx(least / LOG2, abs=1e-10)
        for angle in np.linspace(0, 2 * math.pi, 24, endpoint=False):
            assert dual(zeta + 0.1 * math.cos(angle), eta + 0.1 * math.sin(angle), b) > least


@pytest.mark.ledger("prop-tilt")
@pytest.mark.parametrize("b", [0.1, 0.3])
def test_no_profile_has_a_larger_entropy(b):
    """Maximise the entropy over step profiles, without multipliers."""
    x = (np.arange(60) + 0.5) / 60

    def loss(t):
        p = np.clip((1 + t) / 2, 1e-12, 1 - 1e-12)
        return (p * np.log2(p) + (1 - p) * np.log2(1 - p)).mean(), np.log2(p / (1 - p)) / 2 / 60

    ties = [{"type": "eq", "fun": lambda t: t.mean() - b, "jac": lambda t: np.full(60, 1 / 60)}]
    ties += [{"type": "eq", "fun": lambda t: (x * t).mean(), "jac": lambda t: x / 60}]
    best = minimize(loss, np.zeros(60), jac=True, bounds=[(-1, 1)] * 60, constraints=ties, method="SLSQP")
    assert best.success
    assert -best.fun == pytest.approx(laws.critical_ratio(b), abs=3e-4)  # 60 steps, not a continuum
    zeta, eta = laws.critical_tilt(b)
    assert abs(best.x - np.tanh(zeta + eta * x)).max() < 0.01


@pytest.mark.ledger("prop-tilt")
def test_the_border_of_the_tilt_and_the_shape_of_the_line():
    b_c = laws.SORTED_BIAS
    for angle in np.linspace(0, 2 * math.pi, 721):
        zeta, eta = math.cos(angle), math.sin(angle)
        assert WEIGHT @ abs(zeta + eta * GRID) >= b_c * abs(zeta) - 1e-4  # the quadrature meets a kink
    assert WEIGHT @ abs(1 - math.sqrt(2) * GRID) == pytest.approx(b_c, abs=1e-4)
    assert dual(200, -200 * math.sqrt(2), b_c) < 0.01
    assert dual(200, -200 * math.sqrt(2), b_c + 0.01) < 0
    b = np.linspace(0, b_c, 200)
    line = laws.critical_ratio(b)
    assert line[0] == pytest.approx(1, abs=1e-12)
    assert line[-1] == 0
    assert (np.diff(line) < 0).all()
    assert (np.diff(line, 2) < 1e-9).all()


# --- the theorem, step by step


@pytest.mark.ledger("lem-blocks")
@pytest.mark.parametrize(("n", "M", "blocks"), [(5, 40, 4), (6, 23, 5), (6, 50, 7)])
def test_few_hits_for_few_signs(n, M, blocks):
    rng = np.random.default_rng([2004, n, M])
    signs = all_signs(n)
    for _ in range(6):
        X = rng.integers(1, M + 1, n)
        index, starts, L = leading_digits(X, M, blocks)
        h = starts[index] / M
        assert (h <= X / M).all()
        assert (X / M - h <= 1 / blocks + 1e-12).all()
        ranges = [np.arange(starts[k], starts[k + 1] if k + 1 < blocks else M + 1) for k in index]
        assert {len(r) for r in ranges} <= {L, L + 1}
        for sigma in signs[:: max(1, len(signs) // 8)]:
            for other in (np.zeros(n, int), rng.choice([-1, 1], n)):
                coefficients = sigma - other  # the second case of the lemma, and the first
                if not coefficients.any():
                    continue
                law = {0: 1.0}
                for c, values in zip(coefficients, ranges, strict=True):
                    new: dict[int, float] = {}
                    for total, chance in law.items():
                        for x in values:
                            new[total + c * x] = new.get(total + c * x, 0) + chance / len(values)
                    law = new
                assert max(law.values()) <= 1 / L + 1e-12
        for s, (zeta, eta) in itertools.product(range(n % 2, n, 2), ((0, 0), (1, -1.5), (2.5, -3.6), (0.3, 2))):
            count = ((signs.sum(axis=1) == s) & (abs(signs @ h) <= 2)).sum()
            assert count <= math.exp(2 * abs(eta) - zeta * s) * np.prod(2 * np.cosh(zeta + eta * h)) * (1 + 1e-12)


@pytest.mark.ledger("thm-quenched-threshold")
def test_the_first_half_holds_at_finite_n():
    """P(difference <= d | blocks) <= (3 d / L) times the count, averaged over the blocks and cut off at 1."""
    n, s, M, d = 8, 2, 8**3, 6
    rng = np.random.default_rng(2004)
    zeta, eta = laws.critical_tilt(s / n)
    X = rng.integers(1, M + 1, (20_000, n))
    index, starts, L = leading_digits(X, M, n * n)
    h = starts[index] / M
    count = np.exp(2 * abs(eta) - zeta * s + log_2cosh(zeta + eta * h).sum(axis=1))
    bound = np.minimum(1, 3 * d / L * count)
    near = best_partitions(X, imbalance=s).differences <= d
    for top in (0.7, 0.95, 1.0):  # also where the bound is not the trivial one
        some = bound <= np.quantile(bound, top)
        assert wilson(int(near[some].sum()), int(some.sum()), 0.999).low <= bound[some].mean()
    signs = all_signs(n)
    signs = signs[signs.sum(axis=1) == s]
    for x, leading in zip(X[:500], h[:500], strict=True):
        hit = abs(signs @ x) <= M
        assert (abs(signs[hit] @ leading) <= 2).all()


@pytest.mark.ledger("lem-shell")
def test_steering_meets_any_target_near_the_mean():
    """The tilt of the second group exists within the radius of the proof, and the count bound holds."""
    rng = np.random.default_rng(2004)
    m, t = 400, np.array(laws.critical_tilt(0.25))
    g = np.stack([np.ones(m), rng.random(m)], axis=1)

    def hessian(at):
        return np.einsum("i,ij,ik->jk", 1 - np.tanh(g @ at) ** 2, g, g)

    F = np.tanh(g @ t) @ g
    around = [t + r * np.array([math.cos(a), math.sin(a)]) for r in (0, 0.5, 1) for a in np.linspace(0, 6.2, 12)]
    gamma = min(np.linalg.eigvalsh(hessian(at))[0] for at in around) / m
    assert gamma > 0
    for _ in range(20):
        w = F + rng.uniform(-1, 1, 2) * gamma * m / 6
        found = minimize(lambda at, w=w: log_2cosh(g @ at).sum() - at @ w, t, method="BFGS").x
        assert np.tanh(g @ found) @ g == pytest.approx(w, abs=1e-2)
        assert np.linalg.norm(found - t) <= 3 * np.linalg.norm(F - w) / (gamma * m)
        # -ln P'(sigma) >= sum f - t.w2 - (t' - t).(w2 - F)
        sigma = rng.choice([-1, 1], m)
        w2 = sigma @ g
        exact = log_2cosh(g @ found).sum() - found @ w2
        assert exact >= log_2cosh(g @ t).sum() - t @ w2 - (found - t) @ (w2 - F) - 1e-9


@pytest.mark.ledger("lem-shell")
def test_mending_ends_within_five_eighths():
    rng = np.random.default_rng(2004)
    for _ in range(200):
        n = 3_000
        h, sigma = rng.random(n), rng.choice([-1, 1], n)
        rooms = int(rng.integers(2, 20))  # the square root of m
        s = int(sigma.sum()) + 2 * int(rng.integers(-rooms, rooms + 1))
        c = sigma @ h + rng.uniform(-2, 2) * rooms
        before = sigma.copy()
        side = 1 if s > sigma.sum() else -1
        chosen = np.flatnonzero((h < 1 / 8) & (sigma == -side))[: abs(s - int(sigma.sum())) // 2]
        sigma[chosen] = side
        assert sigma.sum() == s
        assert abs(sigma @ h - c) <= 3 * rooms
        exchanges = 0
        while abs(sigma @ h - c) > 5 / 8:
            high = 1 if sigma @ h > c else -1
            i = np.flatnonzero((h >= 1 / 2) & (h < 5 / 8) & (sigma == high))[0]
            j = np.flatnonzero((h < 1 / 8) & (sigma == -high))[0]
            sigma[[i, j]] = -high, high
            exchanges += 1
        assert sigma.sum() == s
        assert exchanges <= 4 * rooms + 1
        assert (sigma != before).sum() <= 10 * rooms + 2


@pytest.mark.ledger("lem-pairs")
@pytest.mark.parametrize("M", range(2, 10))
def test_a_pair_adds_what_the_lemma_says(M):
    """Every set at once: expectation over the exact law of the difference of two numbers."""
    W = M // 2
    size = 2 * W + 1
    sets = ((np.arange(1, 2**size)[:, None] >> np.arange(size)) & 1).astype(bool)
    v = sets.mean(axis=1)
    gain, inverse = np.zeros(len(v)), np.zeros(len(v))
    for a in range(-M + 1, M):
        chance = (M - abs(a)) / M**2
        moved = np.zeros_like(sets)  # the set lowered by a
        for y in range(size):
            if 0 <= y - a < size:
                moved[:, y - a] = sets[:, y]
        after = (sets | moved).mean(axis=1)
        gain += chance * after
        inverse += chance * (1 / after - 1)
    assert (gain >= v * (1 + (1 - v) / 4) - 1e-12).all()
    assert (inverse <= 7 / 8 * (1 / v - 1) + 1e-12).all()
    if M > 2:  # not idle
        assert (gain < v * (1 + (1 - v) / 2)).any()


@pytest.mark.slow
@pytest.mark.ledger("thm-quenched-threshold")
@pytest.mark.parametrize(("N", "s"), [(6, 2), (7, 1), (8, 0)])
def test_reached_points_are_perfect_partitions(N, s):
    """The construction of the second half, all of it enumerated: a reached point is a partition, and is perfect."""
    rng = np.random.default_rng([2004, N])
    T, M = 3, 30
    W, total_hits = M // 2, 0
    base = all_signs(N)
    base = base[base.sum(axis=1) == s]
    for _ in range(60):
        X = rng.integers(1, M + 1, N + 2 * T + 2)
        D = X[N::2] - X[N + 1 :: 2]
        Delta, a, e = D[:T].sum(), X[:N].sum() % 2, X.sum() % 2
        centre = a + 2 * (2 * W + 1) * rng.integers(-1, 2)
        starts = {(r - centre) // 2 for r in (base @ X[:N]).tolist() if abs(r - centre) <= 2 * W}
        reached = set(starts)
        for d in D[:T]:
            reached |= {y - d for y in reached if abs(y - d) <= W}
        last = np.arange(
            -M + 1, M
        )  # whatever the last pair: where it must land, of the right parity and in two windows
        landing = (Delta + last + a) % 2 - Delta - last
        assert ((landing - a) % 2 == 0).all()
        assert np.unique(landing, return_counts=True)[1].max() <= 2
        assert np.ptp(landing) < 2 * M
        assert len(np.unique((landing - a + 2 * W) // (4 * W + 2))) <= 2
        r = e - Delta - D[T]
        assert (r - a) % 2 == 0
        if abs(r - centre) <= 2 * W and (r - centre) // 2 in reached:
            total_hits += 1
            assert best_partitions(X[None], imbalance=s).differences[0] <= 1
            assert count_perfect_partitions(X, imbalance=s) >= 1
    assert total_hits > 5
    assert 60 * math.log(8 / 7) > 8


@pytest.mark.slow
@pytest.mark.ledger("cor-critical-line")
def test_the_exponent_given_the_numbers_decides():
    """Half the problems have a perfect partition, but not at random: those with the larger exponent do."""
    n, s, M = 32, 10, round(2 ** (32 * 0.60))
    zeta, eta = laws.critical_tilt(s / n)
    X = np.random.default_rng(2004).integers(1, M + 1, (1_500, n))
    exponent = log_2cosh(zeta + eta * X / M).sum(axis=1) - zeta * s
    perfect = best_partitions(X, imbalance=s).differences <= 1
    order = np.argsort(exponent)
    low, high = perfect[order[:500]].mean(), perfect[order[-500:]].mean()
    print(f"perfect: {low:.3f} in the lower third, {high:.3f} in the upper")
    assert low < 0.15
    assert high > 0.85
    assert abs(exponent.std() / math.sqrt(n) / LOG2 / laws.critical_width(s / n) - 1) < 0.1


# --- laws


@pytest.mark.slow
@pytest.mark.ledger("law-quenched")
def test_the_count_given_the_numbers():
    rng = np.random.default_rng(2004)
    for n, s, M in ((24, 0, 16), (24, 6, 16), (40, 0, 64), (40, 10, 64), (60, 18, 64)):
        X = rng.integers(1, M + 1, (400, n))
        counts, law = count_perfect_partitions(X, imbalance=s), laws.quenched_partition_count(X, s)
        some = (counts > 0) & (law > 0)
        assert (some | (law < 30)).all()
        large = some & (law > 1e3)
        ratio = np.log2(counts[large] / law[large])
        print(f"n = {n}, s = {s}: log2 ratio {ratio.mean():.3f} +- {ratio.std():.3f} in {large.sum()}")
        assert -4 / n < ratio.mean() < 0  # an error of order 1 / n, from above
        assert ratio.std() < 0.06


@pytest.mark.slow
@pytest.mark.ledger("law-quenched")
@pytest.mark.parametrize(("n", "s", "ratio"), [(20, 4, 0.75), (24, 6, 0.70), (28, 8, 0.65)])
def test_the_probability_given_the_numbers(n, s, ratio):
    """Optimistic, by little: the gap is seen, and is below three hundredths."""
    X = np.random.default_rng(2004).integers(1, round(2 ** (n * ratio)) + 1, (8_000, n))
    hit = best_partitions(X, imbalance=s).differences <= 1
    chance = -np.expm1(-laws.quenched_partition_count(X, s))
    gap = hit.mean() - chance.mean()
    spread = math.sqrt((chance * (1 - chance)).sum()) / len(X)
    print(f"n = {n}, s = {s}: measured {hit.mean():.4f}, formula {chance.mean():.4f}, {gap / spread:.1f} sd")
    assert -0.03 < gap < 3 * spread
    for some in (chance < 0.4, (chance > 0.4) & (chance < 0.8), chance > 0.8):  # and it tells the problems apart
        assert -0.06 < hit[some].mean() - chance[some].mean() < 0.03


@pytest.mark.ledger("law-critical-line")
@pytest.mark.parametrize(("n", "s"), [(80, 0), (80, 10), (80, 20), (320, 40), (320, 80)])
def test_the_closed_form_at_finite_n(n, s):
    """Against the average over problems of the formula given the numbers; its error is of order n**(-1/2)."""
    M = 2.0**40
    X = np.random.default_rng(2004).integers(1, M + 1, (4_000, n))
    Z = laws.quenched_partition_count(X, s) / (1 + X.sum(axis=1) % 2)
    for level in np.linspace(-3, 3, 7):
        ratio = laws.critical_ratio(s / n) - math.log2(n) / n + level * max(laws.critical_width(s / n), 0.1) / n**0.5
        z = Z * M / 2 ** (n * ratio)
        chance = 1 - (np.exp(-z) + np.exp(-2 * z)) / 2
        law = laws.constrained_probability(n, ratio, s / n, finite=True)
        noise = chance.std() / math.sqrt(len(chance))
        assert abs(chance.mean() - law) < 0.3 / math.sqrt(n) + 3.5 * noise


# --- the sorted phase


def sorted_difference(X, s):
    """D of the chapter: the smaller numbers, (n + s) / 2 of them, minus the larger ones."""
    n = X.shape[1]
    return np.sort(X, axis=1) @ np.where(np.arange(n) < (n + s) // 2, 1, -1)


@pytest.mark.ledger("thm-sorted")
@pytest.mark.parametrize("n", range(2, 9))
def test_when_the_sorted_partition_is_best(n):
    rng = np.random.default_rng([2004, n])
    signs = all_signs(n)
    for s in range(2 - n % 2, n, 2):
        rows = signs[signs.sum(axis=1) == s]
        X = rng.integers(1, 15, (300, n))
        D, values = sorted_difference(X, s), abs(X @ rows.T)
        best, ways = values.min(axis=1), (values == values.min(axis=1, keepdims=True)).sum(axis=1)
        k, ordered = (n + s) // 2, np.sort(X, axis=1)
        step = ordered[:, k] - ordered[:, k - 1]
        assert (best == D)[D >= 0].all()
        assert (ways == 1)[(D >= 0) & (step > 0)].all()
        assert (best < -D)[(D < 0) & (step > 0) & (step < -D)].all()


@pytest.mark.ledger("thm-sorted")
def test_the_sorted_difference_is_nearly_a_sum():
    """0 <= D - (q s - sum |X_i - q|) <= 2 |k - k'| times the distance from q to the farther order statistic."""
    rng = np.random.default_rng(2004)
    for n, s in ((9, 3), (30, 12), (101, 41)):
        X, k = rng.random((400, n)), (n + s) // 2
        q, ordered = k / n, np.sort(X, axis=1)
        gap = sorted_difference(X, s) - (q * s - abs(X - q).sum(axis=1))
        wrong = abs((q >= X).sum(axis=1) - k)
        far = np.maximum(abs(ordered[:, k - 1] - q), abs(ordered[:, min(k, n - 1)] - q))
        assert (gap >= -1e-12).all()
        assert (gap <= 2 * wrong * far + 1e-12).all()


@pytest.mark.ledger("thm-sorted")
@pytest.mark.parametrize(("n", "s"), [(2_500, 1000), (2_500, 1036), (2_500, 1080)])
def test_the_window_of_the_sorted_phase(n, s):
    """The limit law, with the exact mean of D, which moves it by less than 0.02 at this n."""
    X = np.random.default_rng([2004, s]).random((3_000, n))
    hits = int((sorted_difference(X, s) >= 0).sum())
    k = (n + s) // 2
    V = 1 / math.sqrt(2) - 2 / 3
    exact = ndtr((k * (k + 1) / (n + 1) - n / 2) / math.sqrt(n * V))
    limit = ndtr((math.sqrt(2) - 4 / 3) ** -0.5 * math.sqrt(n) * (s / n - laws.SORTED_BIAS))
    assert abs(limit - exact) < 0.03
    assert abs(z_score(hits, 3_000, exact)) <= 3.5
    k_law = laws.sorted_probability(n, s / n)
    assert abs(k_law - exact) < 0.02


@pytest.mark.ledger("law-sorted")
@pytest.mark.parametrize("n", [25, 100, 400])
def test_sorted_probability(n):
    rng = np.random.default_rng([2004, n])
    for bias in (0.32, 0.4, 0.44, 0.52):
        s = 2 * round((bias * n - n % 2) / 2) + n % 2
        hits = int((sorted_difference(rng.random((4_000, n)), s) >= 0).sum())
        law = laws.sorted_probability(n, s / n)
        print(f"n = {n}, s = {s}: {hits / 4_000:.4f} against {law:.4f}")
        assert abs(hits / 4_000 - law) < 0.3 / math.sqrt(n)
        if n >= 100:
            assert abs(z_score(hits, 4_000, law)) <= 3.5
