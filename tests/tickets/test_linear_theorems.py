"""The provable toys of Part I, held to rational arithmetic, to exhaustion, and to simulation with intervals."""

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from linear_twins import fit, in_general_position, inverse, largest, loss, orthogonal, rational, solve, subsets
from scipy import integrate, stats
from scipy.special import ndtr

from slthlib.lab.statistics import clopper_pearson, z_score
from slthlib.tickets.linear import kept_counts, minimum_norm, planted, prune
from slthlib.tickets.linear_laws import interpolator_draws, one_shot_failure_bound, recovery_probability
from slthlib.tickets.linear_saliency import best_subset, deletion_costs, saliencies

HADAMARD = np.array([[1]])
for _ in range(3):
    HADAMARD = np.block([[HADAMARD, HADAMARD], [HADAMARD, -HADAMARD]])


# Saliency against the best subset


@pytest.mark.ledger("lem-toy-obs")
@pytest.mark.parametrize("seed", range(6))
def test_the_price_of_deleting_any_set_exactly(seed):
    rng, checked = np.random.default_rng(seed), 0
    while not checked:
        x, y = rational(rng.integers(-4, 5, (5, 4))), rational(rng.integers(-4, 5, 5))
        G = inverse(x.T @ x)
        if G is None:
            continue
        w, H = fit(x, y, range(4)), x.T @ x
        for size in range(1, 5):
            for gone in map(list, combinations(range(4), size)):
                kept = [i for i in range(4) if i not in gone]
                refit = fit(x, y, kept) if kept else rational(np.zeros(4))
                block = solve(G[np.ix_(gone, gone)], w[gone])
                assert loss(x, y, refit) - loss(x, y, w) == w[gone] @ block / 2
                assert (refit == w - G[:, gone] @ block).all()
                checked += 1
                if size == 1:
                    (i,) = gone
                    cost, saliency = w[i] ** 2 / (2 * G[i, i]), w[i] ** 2 * H[i, i] / 2
                    assert cost == loss(x, y, refit) - loss(x, y, w)
                    aside = any(H[i, j] for j in range(4) if j != i)
                    assert (G[i, i] * H[i, i] > 1) if aside else (G[i, i] * H[i, i] == 1)
                    assert cost <= saliency
                    numbers = x.astype(float), y.astype(float)
                    assert deletion_costs(*numbers)[i] == pytest.approx(float(cost), rel=1e-12, abs=1e-15)
                    assert saliencies(numbers[0], w.astype(float))[i] == pytest.approx(float(saliency), rel=1e-12)
    assert checked == 15


@pytest.mark.ledger("lem-toy-obs")
def test_one_at_a_time_can_miss_the_best_subset():
    x, y = rational([[1, 0, 1], [0, 1, 1], [0, 0, 1]]), rational([1, 1, 0])
    w = fit(x, y, range(3))
    assert w.tolist() == [1, 1, 0]
    losses = [loss(x, y, fit(x, y, [i])) for i in range(3)]
    assert losses == [Fraction(1, 2), Fraction(1, 2), Fraction(1, 3)]
    numbers = x.astype(float), y.astype(float)
    assert np.argmin(deletion_costs(*numbers)) == 2  # the surgeon takes the third column out first
    assert best_subset(*numbers, 1).tolist() == [False, False, True]  # and it is the best single column


@pytest.mark.ledger("thm-toy-saliency")
@pytest.mark.parametrize(("n", "d"), [(2, 2), (3, 3), (5, 3), (5, 4), (6, 5)])
@pytest.mark.parametrize("seed", range(3))
def test_the_largest_saliencies_are_the_best_subsets_exactly(n, d, seed):
    rng = np.random.default_rng([seed, n, d])
    x, y = orthogonal(rng, n, d), rational(rng.integers(-4, 5, n))
    w = fit(x, y, range(d))
    saliency = [w[i] ** 2 * (x[:, i] @ x[:, i]) / 2 for i in range(d)]
    for size in range(1, d + 1):
        losses = {}
        for kept in subsets(d, size):
            refit = fit(x, y, sorted(kept))
            assert all(refit[i] == (w[i] if i in kept else 0) for i in range(d))  # nothing to refit
            losses[kept] = loss(x, y, refit)
            assert losses[kept] == loss(x, y, w) + sum(saliency[i] for i in range(d) if i not in kept)
        best = {kept for kept, value in losses.items() if value == min(losses.values())}
        assert best == set(largest(saliency, size))


@pytest.mark.ledger("thm-toy-saliency")
@pytest.mark.parametrize("seed", range(4))
def test_magnitude_is_best_for_equal_norms_exactly(seed):
    rng = np.random.default_rng(seed)
    x, y = rational(3 * HADAMARD[:, rng.permutation(8)[:5]]), rational(rng.integers(-3, 4, 8))
    w = fit(x, y, range(5))
    for size in range(1, 6):
        losses = {kept: loss(x, y, fit(x, y, sorted(kept))) for kept in subsets(5, size)}
        best = {kept for kept, value in losses.items() if value == min(losses.values())}
        assert best == set(largest([abs(value) for value in w], size))


@pytest.mark.ledger("thm-toy-saliency")
@pytest.mark.parametrize("seed", range(4))
def test_unequal_norms_mislead_magnitude_at_every_size_exactly(seed):
    # The construction of the proof, with c = (1 + rho) / 2.
    rng, d = np.random.default_rng(seed), 5
    scales = rational(rng.permutation([1, 2, 3, 5, 8])[:d])
    x = rational(HADAMARD[:, :d]) * scales
    short, long = (0, 1) if scales[0] < scales[1] else (1, 0)
    ratio = scales[long] / scales[short]
    for size in range(1, d):
        w = rational(np.zeros(d))
        w[short], w[long] = (1 + ratio) / 2, Fraction(1)
        w[2 : size + 1] = 2 * ratio
        y = x @ w
        assert (fit(x, y, range(d)) == w).all()
        (chosen,) = largest([abs(value) for value in w], size)
        best = min(loss(x, y, fit(x, y, sorted(kept))) for kept in subsets(d, size))
        assert loss(x, y, fit(x, y, sorted(chosen))) > best


@pytest.mark.ledger("thm-toy-saliency")
def test_the_two_columns_of_the_chapter():
    x, y = np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([2.0, 3.0])
    w = minimum_norm(x, y)
    assert w.tolist() == [2.0, 1.0]
    assert saliencies(x, w).tolist() == [2.0, 4.5] == deletion_costs(x, y).tolist()
    assert best_subset(x, y, 1).tolist() == [False, True]
    assert prune(x, y, [1], seed=0)[-1].tolist() == [True, False]


@pytest.mark.slow
@pytest.mark.ledger("thm-toy-saliency")
def test_all_sizes_of_twelve_columns_against_exhaustion():
    rng, hits = np.random.default_rng(2018), []
    for _ in range(12):
        q = np.linalg.qr(rng.standard_normal((20, 12)))[0]
        x, y = q * rng.lognormal(0, 1, 12), rng.standard_normal(20)
        for size in range(1, 12):
            w = minimum_norm(x, y)
            keep = np.argsort(-saliencies(x, w))[:size]
            assert np.flatnonzero(best_subset(x, y, size)).tolist() == sorted(keep)
            magnitude = minimum_norm(q, y)
            assert (best_subset(q, y, size) == prune(q, y, [size], seed=0)[-1]).all()
            assert np.allclose(magnitude, q.T @ y)
            hits.append((best_subset(x, y, size) == prune(x, y, [size], seed=0)[-1]).all())
    assert not all(hits)  # with unequal norms magnitude does fail


@pytest.mark.ledger("prop-toy-recovery")
def test_recovery_probability_by_other_means():
    for d, s in [(2, 1), (5, 2), (12, 6), (30, 3)]:  # without a signal every set is as likely
        assert recovery_probability(0.0, d, s) == pytest.approx(1 / comb(d, s), rel=1e-9)
    for b, d, s in [(1.0, 2, 1), (2.5, 10, 9), (4.0, 200, 10), (5.0, 200, 10), (6.0, 5000, 40), (5.0, 10**5, 3)]:

        def integrand(m, b=b, d=d, s=s):
            density = np.sqrt(2 / np.pi) * np.exp(-(m**2) / 2)
            return (d - s) * density * (2 * ndtr(m) - 1) ** (d - s - 1) * (ndtr(b - m) + ndtr(-b - m)) ** s

        value, _ = integrate.quad(integrand, 0, 14, points=[2, 3, 4, 5, 6], epsabs=1e-13, limit=400)
        assert recovery_probability(b, d, s) == pytest.approx(value, abs=1e-10)
    # One of each, by hand: |N(b, 1)| > |N(0, 1)| if and only if sum and difference have one sign.
    half = ndtr(1.5 / np.sqrt(2))
    assert recovery_probability(1.5, 2, 1) == pytest.approx(half**2 + (1 - half) ** 2, rel=1e-12)
    assert recovery_probability(60.0, 20, 3) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.slow
@pytest.mark.ledger("prop-toy-recovery")
@pytest.mark.parametrize(("b", "sigma"), [(3.0, 0.5), (4.0, 2.0)])
def test_recovery_probability_by_simulation(b, sigma):
    n, d, s, draws = 40, 30, 4, 4000
    rng = np.random.default_rng([2018, round(b)])
    x = np.linalg.qr(rng.standard_normal((n, d)))[0] * rng.lognormal(0, 1, d)
    norms = np.linalg.norm(x, axis=0)
    w = np.where(np.arange(d) < s, b * sigma / norms, 0.0) * rng.choice([-1, 1], d)
    y = x @ w + sigma * rng.standard_normal((draws, n))
    scores = saliencies(np.broadcast_to(x, (draws, n, d)), minimum_norm(np.broadcast_to(x, (draws, n, d)), y))
    hits = int((scores[:, :s].min(axis=1) > scores[:, s:].max(axis=1)).sum())
    z = z_score(hits, draws, recovery_probability(b, d, s))
    print(f"{hits} of {draws}, z = {z:.2f}")
    assert abs(z) <= 3.5


# One shot against rounds


@pytest.mark.ledger("lem-toy-descent")
@pytest.mark.parametrize("shape", [(3, 7), (7, 3), (5, 5)])
@pytest.mark.parametrize("rank", [2, 3])
def test_gradient_descent_from_zero_ends_at_the_minimum_norm(shape, rank):
    rng = np.random.default_rng([*shape, rank])
    x = rng.standard_normal((shape[0], rank)) @ rng.standard_normal((rank, shape[1]))
    y = rng.standard_normal(shape[0])
    u, sigma, vt = np.linalg.svd(x)
    u, sigma, vt = u[:, :rank], sigma[:rank], vt[:rank]
    step, w = 1.9 / sigma[0] ** 2, np.zeros(shape[1])
    for t in range(1, 40_000):
        w = w - step * x.T @ (x @ w - y)
        if t in (1, 2, 10, 100):  # the formula of the proof
            along = (1 - (1 - step * sigma**2) ** t) * (u.T @ y) / sigma
            assert np.allclose(w, along @ vt, rtol=0, atol=1e-10 * np.linalg.norm(w))
    assert np.allclose(w, minimum_norm(x, y), rtol=0, atol=1e-9 * np.linalg.norm(w))
    assert np.allclose(minimum_norm(x, y), np.linalg.pinv(x) @ y, rtol=0, atol=1e-10 * np.linalg.norm(w))
    # A step beyond 2 / sigma^2 blows up: the hypothesis is not idle.
    w = np.zeros(shape[1])
    for _ in range(400):
        w = w - 2.2 / sigma[0] ** 2 * x.T @ (x @ w - y)
    assert np.linalg.norm(w) > 1e6


@pytest.mark.ledger("lem-toy-descent")
@pytest.mark.parametrize("seed", range(5))
def test_the_shortest_interpolator_exactly(seed):
    rng = np.random.default_rng(seed)
    x, y = rational(rng.integers(-4, 5, (3, 6))), rational(rng.integers(-4, 5, 3))
    w = fit(x, y, range(6))
    assert loss(x, y, w) == 0
    assert np.allclose(w.astype(float), minimum_norm(x.astype(float), y.astype(float)), rtol=0, atol=1e-12)
    for kept in combinations(range(6), 3):  # the other interpolators: w and these span all of them
        if solve(x[:, list(kept)], y) is not None:
            other = fit(x, y, kept)
            assert loss(x, y, other) == 0
            assert other @ other == w @ w + (other - w) @ (other - w)


def general(rng, n, d):
    while True:
        x = rational(rng.integers(-5, 6, (n, d)))
        if in_general_position(x):
            return x


def descend(x, y, counts, order):
    """Prune in rounds with rational weights, ties by the order given; every set kept, the first one included."""
    kept, sets = list(range(x.shape[1])), []
    for count in counts:
        w = fit(x, y, kept)
        kept = sorted(sorted(kept, key=lambda i: (-abs(w[i]), order[i]))[:count])
        sets.append(set(kept))
    return [set(range(x.shape[1])), *sets]


@pytest.mark.ledger("thm-toy-interpolation")
@pytest.mark.parametrize("seed", range(4))
def test_once_right_right_for_ever_exactly(seed):
    rng, n, d = np.random.default_rng(seed), 3, 6
    x, seen = general(rng, n, d), set()
    for s in (1, 2, 3):
        for support in combinations(range(d), s):
            w = rational(np.zeros(d))
            w[list(support)] = rational(rng.choice([-3, -2, -1, 1, 2, 3], s))
            y = x @ w
            for size in range(s, n + 1):
                for kept in subsets(d, size):
                    if kept >= set(support):
                        assert (fit(x, y, sorted(kept)) == w).all()
            order = rng.permutation(d)
            one_shot = descend(x, y, [s], order)[-1] == set(support)
            for length in range(d - s):
                for between in combinations(range(d - 1, s, -1), length):
                    sets = descend(x, y, [*between, s], order)
                    first = next(kept for kept in sets if len(kept) <= n)
                    recovered = sets[-1] == set(support)
                    assert recovered == (first >= set(support))
                    seen.add(recovered)
                    if [*between] == [n] and one_shot:
                        assert recovered
    assert seen == {True, False}  # neither side of the equivalence is idle


@pytest.mark.ledger("thm-toy-interpolation")
def test_dependent_columns_break_it():
    x, w = rational([[1, 1, 0], [0, 0, 1], [2, 2, 1]]), rational([1, 0, 0])
    fitted = minimum_norm(x.astype(float), (x @ w).astype(float))
    assert np.allclose(fitted, [0.5, 0.5, 0])  # the kept set holds the support, and the fit is not w


@pytest.mark.slow
@pytest.mark.ledger("thm-toy-interpolation")
@pytest.mark.parametrize("amplitudes", ["signs", "uniform", "normal"])
def test_nothing_is_lost_once_there_are_no_more_weights_than_rows(amplitudes):
    n, d, s = 24, 72, 4
    problems = planted(150, n, d, s, amplitudes=amplitudes, seed=2020)
    support = problems.w != 0
    one_shot = (prune(problems.x, problems.y, [s], seed=0)[-1] == support).all(axis=-1)
    for counts in ([n, s], [n, n - 1, s], kept_counts(d, s, 0.5), kept_counts(d, s, 0.9)):
        masks = prune(problems.x, problems.y, counts, seed=0)
        holds = (masks & support).sum(axis=-1) == s
        first = next(r for r, count in enumerate(counts) if count <= n)
        assert (holds[first:] == holds[first]).all()
        assert 0 < holds[first].mean() < 1
        assert ((masks[-1] == support).all(axis=-1) == holds[first]).all()
        for r in range(first, len(counts)):
            refit = minimum_norm(problems.x, problems.y, masks[r])[holds[first]]
            assert np.abs(refit - problems.w[holds[first]]).max() < 1e-7
        if counts == [n, s]:
            assert holds[-1][one_shot].all()


@pytest.mark.ledger("prop-toy-refit")
@pytest.mark.parametrize("seed", range(4))
def test_a_refit_hands_the_share_of_the_pruned_to_the_others_exactly(seed):
    rng, n, d = np.random.default_rng(seed), 3, 6
    x, y = general(rng, n, d), rational(rng.integers(-4, 5, n))
    w = fit(x, y, range(d))
    assert loss(x, y, w) == 0
    for size in range(1, d):
        for kept in map(sorted, subsets(d, size)):
            gone = [i for i in range(d) if i not in kept]
            share = x[:, gone] @ w[gone]
            expected = fit(x, share, kept)
            expected[kept] += w[kept]
            assert (fit(x, y, kept) == expected).all()
            assert any(share)  # the statement is not about nothing


@pytest.mark.slow
@pytest.mark.ledger("prop-toy-oneshot")
@pytest.mark.parametrize(("n", "d", "s"), [(1, 2, 1), (1, 3, 2), (3, 5, 2), (12, 40, 3)])
def test_the_law_of_the_interpolator(n, d, s):
    draws, rng = 4000, np.random.default_rng([7, n, d])
    w = np.zeros(d)
    w[:s] = rng.uniform(1, 2, s) * rng.choice([-1, 1], s)
    x = rng.standard_normal((draws, n, d))
    direct = minimum_norm(x, (x @ w[:, None])[..., 0])
    law = interpolator_draws(w, n, draws, seed=rng)
    for sample in (direct, law):
        a = sample @ w / (w @ w)
        assert stats.kstest(a, stats.beta(n / 2, (d - n) / 2).cdf).pvalue > 1e-3
        rest = sample - a[:, None] * w
        assert np.allclose((rest**2).sum(axis=1), a * (1 - a) * (w @ w), rtol=1e-5, atol=1e-9)
        # A fixed direction at right angles to w: the coordinate of a uniform point on a sphere, independent of a.
        e = rng.standard_normal(d)
        e -= e @ w / (w @ w) * w
        coordinate = rest @ e / np.linalg.norm(e) / np.linalg.norm(rest, axis=1)
        if d > 2:
            squares = stats.beta(0.5, (d - 2) / 2).cdf
            assert stats.kstest(coordinate**2, squares).pvalue > 1e-3
        else:
            assert np.allclose(np.abs(coordinate), 1)
        assert abs(z_score(int((coordinate > 0).sum()), draws, 0.5)) < 3.5
        assert abs(stats.spearmanr(a, np.abs(coordinate) if d > 2 else coordinate).statistic) < 3.5 / np.sqrt(draws)
    for coordinate in range(d):
        assert stats.ks_2samp(direct[:, coordinate], law[:, coordinate]).pvalue > 1e-3
    hits = [int((np.abs(m[:, :s]).min(axis=1) > np.abs(m[:, s:]).max(axis=1)).sum()) for m in (direct, law)]
    pooled = sum(hits) / (2 * draws)
    assert abs(hits[0] - hits[1]) < 3.5 * np.sqrt(2 * draws * pooled * (1 - pooled))


@pytest.mark.slow
@pytest.mark.ledger("prop-toy-oneshot")
@pytest.mark.parametrize(("n", "d"), [(1, 3), (2, 3), (5, 12), (60, 200), (60, 100_000)])
def test_a_coordinate_has_no_heavier_tail_than_students(n, d):
    # P(sqrt((1 - a) / a) <v, e> >= x / sqrt(n)), integrated over a, beside Student's tail.
    a = stats.beta(n / 2, (d - n) / 2)
    for x in (0.3, 1.0, 2.0, 4.0):

        def tail(q, x=x):
            p = a.ppf(q)
            return stats.beta.sf(min(1.0, x**2 / n * p / (1 - p)), 0.5, (d - 2) / 2) / 2

        value, _ = integrate.quad(tail, 0, 1, epsabs=1e-10, limit=400)
        student = stats.t.sf(x, n)
        assert value <= student * (1 + 1e-6)
        if d == 100_000:
            assert value > 0.95 * student  # and not by much lighter where there are many columns


@pytest.mark.slow
@pytest.mark.ledger("prop-toy-oneshot")
@pytest.mark.parametrize(("n", "d", "s"), [(1, 2, 1), (40, 120, 1), (60, 200, 6), (200, 600, 4), (240, 800, 6)])
def test_one_shot_fails_no_more_often_than_the_bound(n, d, s):
    w = np.where(np.arange(d) < s, 1.0, 0.0)
    sizes = np.abs(interpolator_draws(w, n, 2000, seed=5))
    failures = int((sizes[:, :s].min(axis=1) <= sizes[:, s:].max(axis=1)).sum())
    bound = one_shot_failure_bound(w, n)
    assert clopper_pearson(failures, 2000, level=0.999).low <= bound
    # The bound by another route, from the formula of the chapter.
    t, c = np.sqrt(n / s), np.linspace(0.005, 0.995, 199)
    again = (d - s) * 2 * stats.t.sf(c * t, n) + s * stats.t.sf((1 - c) * t, n)
    assert bound == pytest.approx(min(1.0, again.min()), rel=1e-8)
    assert bound < 0.2 or (n, d, s) in [(1, 2, 1), (60, 200, 6)]  # it says something where rows are plenty
