"""The sharp theorems themselves: exact failures by enumeration, the tilt, and the hypotheses in logarithms."""

import math
from fractions import Fraction as Fr

import numpy as np
import pytest
import sympy as sp
from sharp_twins import failures, multisets, set_law

# Weights of the amplification lemma, by rings rM < |y| <= (r+1)M: w[b][j] are the weights after j items.
WEIGHTS = {
    1: [(Fr(1), Fr(1, 2)), (Fr(1),)],
    2: [(Fr(1), Fr(3, 4), Fr(1, 3)), (Fr(1), Fr(1, 2)), (Fr(1),)],
    3: [(Fr(1), Fr(7, 8), Fr(13, 21), Fr(7, 26)), (Fr(1), Fr(3, 4), Fr(1, 3)), (Fr(1), Fr(1, 2)), (Fr(1),)],
}


def ring_weight(weights, y, M):
    ring = 0 if y == 0 else (abs(y) - 1) // M
    return weights[ring] if ring < len(weights) else Fr(0)


@pytest.mark.ledger("lem-sharp-weighted")
@pytest.mark.parametrize("b", [1, 2, 3])
@pytest.mark.parametrize("M", [1, 2, 3, 7])
def test_the_weights_satisfy_their_condition_exactly(b, M):
    for before, after in zip(WEIGHTS[b], WEIGHTS[b][1:], strict=False):
        edge = len(before) * M
        for y in range(-edge, edge + 1):
            for z in range(max(-edge, y - M), min(edge, y + M) + 1):
                mean = (ring_weight(after, y, M) + ring_weight(after, z, M)) / 2
                assert mean <= ring_weight(before, y, M) * ring_weight(before, z, M)
    # No weight of an outer ring can be lowered: the pair of this ring and the one inside it is tight.
    first, second = WEIGHTS[b][0], (*WEIGHTS[b][1], Fr(0))
    assert all((second[r - 1] + second[r]) / 2 == first[r - 1] * first[r] for r in range(1, b + 1))


@pytest.mark.ledger("lem-sharp-weighted")
@pytest.mark.parametrize(("M", "n", "b"), [(1, 3, 1), (1, 4, 3), (2, 3, 1), (2, 3, 2), (3, 2, 2), (3, 3, 1), (4, 2, 1)])
def test_the_weighted_lemma_for_every_start(M, n, b):
    N = 2 * M + 1
    law, home = set_law(M, n)
    window, shift = (1 << N) - 1, (b + 1) * M  # room below, so that no sum falls off
    worst = 0.0
    for sums in law:
        missed = sum(
            ring_weight(WEIGHTS[b][0], y, M)
            for y in range(-(b + 1) * M, (b + 1) * M + 1)
            if home + y < 0 or not sums >> (home + y) & 1
        )
        states = {sums << shift: 1}
        for _ in range(b):
            after = {}
            for state, weight in states.items():
                for x in range(-M, M + 1):
                    new = state | (state << x if x >= 0 else state >> -x)
                    after[new] = after.get(new, 0) + weight
            states = after
        low = home + shift - M
        fails = sum(w for state, w in states.items() if (state >> low) & window != window)
        bound = float(missed) / N ** (1 - 0.5**b)
        assert fails / N**b <= bound * (1 + 1e-12)
        worst = max(worst, fails / N**b / bound if bound else 0)
    assert worst > 0.2  # not idle


@pytest.mark.ledger("lem-sharp-weighted")
@pytest.mark.parametrize("M", [2, 5])
def test_one_step_of_the_weighted_lemma_on_any_set(M):
    rng, N, b = np.random.default_rng([8, M]), 2 * M + 1, 2
    for _ in range(200):
        y = np.arange(-3 * M, 3 * M + 1)
        missed = rng.random(len(y)) < rng.random()
        before = np.array([float(ring_weight(WEIGHTS[b][0], v, M)) for v in y])
        after = np.array([float(ring_weight(WEIGHTS[b][1], v, M)) for v in y])
        near = abs(y[:, None] - y) <= M
        mean = (after[:, None] * missed[:, None] * missed * near).sum() / N
        assert mean <= (before * missed).sum() ** 2 / N + 1e-12


# Theorem on halving


def entropy_mean(h, M):
    """mu(h) = E H(1/(1 + e^{-hX/M})), X uniform, by adding up the values."""
    u = h * np.arange(-M, M + 1) / M
    p = 1 / (1 + np.exp(-u))
    return float((-p * np.log(p) - (1 - p) * np.log1p(-p)).mean())


@pytest.mark.ledger("thm-sharp-halving")
@pytest.mark.parametrize("M", [1, 2, 5, 100])
@pytest.mark.parametrize("h", [0.1, 0.7, 1.3, 2.0])
def test_the_tilt_its_mean_and_its_variance(M, h):
    u = h * np.arange(-M, M + 1) / M
    tilted = 2 / (1 + np.exp(-u)) / (2 * M + 1)
    assert tilted.sum() == pytest.approx(1, abs=1e-14)
    log = np.log1p(np.exp(-u))
    mean = tilted @ log
    assert mean == pytest.approx(entropy_mean(h, M), abs=1e-13)
    assert tilted @ (log - mean) ** 2 <= h**2 / 4
    assert log.max() - log.min() == pytest.approx(h, abs=1e-13)
    assert mean <= math.log(2) - 0.02416 * h**2
    assert math.log(2) - mean >= 0.0242 * h**2


@pytest.mark.ledger("thm-sharp-halving")
def test_the_inequalities_for_entropy_and_tanh():
    p, x = sp.symbols("p x", positive=True)
    gap = sp.log(2) - 2 * (p - sp.Rational(1, 2)) ** 2 + p * sp.log(p) + (1 - p) * sp.log(1 - p)
    half = sp.Rational(1, 2)
    assert sp.simplify(gap.subs(p, half)) == sp.simplify(sp.diff(gap, p).subs(p, half)) == 0
    curvature = sp.factor(sp.diff(gap, p, 2))  # 1/(p(1-p)) - 4 = (2p - 1)^2/(p(1-p)) >= 0
    assert sp.simplify(curvature - (2 * p - 1) ** 2 / (p * (1 - p))) == 0
    assert sp.simplify(sp.diff(sp.tanh(x), x, 2) + 2 * sp.tanh(x) * (1 - sp.tanh(x) ** 2)) == 0  # concave
    assert sp.tanh(1).evalf(20) > sp.Rational(7615, 10000)
    assert sp.Rational(7615, 10000) ** 2 / 8 / 3 > sp.Rational(24, 1000)
    v = sp.symbols("v", real=True)
    assert sp.simplify((1 / (1 + sp.exp(-v)) - half - sp.tanh(v / 2) / 2).rewrite(sp.exp)) == 0


@pytest.mark.ledger("thm-sharp-halving")
@pytest.mark.parametrize(("M", "n"), [(1, 5), (2, 4), (3, 4)])
def test_the_change_of_measure_and_the_certain_failure(M, n):
    N = 2 * M + 1
    for h in (0.4, 1.5, 4.0):
        inverse, failing = 0.0, 0.0
        for items, orders in multisets(M, n):
            Z = math.prod(1 + math.exp(-h * x / M) for x in items)
            inverse += orders / Z
            sums = {0}
            for x in items:
                sums |= {s + x for s in sums}
            fails = not sums >= set(range(-M, M + 1))
            assert fails or Z * math.exp(h) >= N
            failing += orders * (Z * math.exp(h) < N) / N**n
        assert inverse / N**n == pytest.approx(2.0**-n, rel=1e-12)
        assert failing <= float(failures(M, n)[n]) + 1e-12


def tilted_lower_bound(n, M):
    """The proof's own bound with the best h rather than the estimated one; 0 where no h satisfies f(h) <= ln N."""
    N, best = 2 * M + 1, 0.0
    for h in np.linspace(0.02, 12, 600):
        mean = n * entropy_mean(h, M)
        if mean + h * (1 + math.sqrt(n / 2)) <= math.log(N):
            best = max(best, 0.5 * math.exp(mean - h * math.sqrt(n / 2)) / 2**n)
    return best


@pytest.mark.ledger("thm-sharp-halving")
@pytest.mark.parametrize(("M", "largest"), [(1, 14), (2, 12), (3, 9), (4, 7)])
def test_the_tilted_bound_is_below_the_exact_failure(M, largest):
    exact = failures(M, largest)
    bounds = [tilted_lower_bound(n, M) for n in range(1, largest + 1)]
    assert any(bound > 0 for bound in bounds)
    assert all(bound <= value for bound, value in zip(bounds, exact[1:], strict=True))


@pytest.mark.ledger("thm-sharp-halving")
def test_f_at_h1_and_the_final_constants():
    for n in (735, 1000, 5000, 10**5, 10**7):
        for delta in (1e-9, 0.01, 1.0, 10.0, ((math.sqrt(n) - 27.1) / 3.25) ** 2):
            if n < (27.1 + 3.25 * math.sqrt(delta)) ** 2 * (1 - 1e-12):
                continue
            x = 54.2 + 6.5 * math.sqrt(delta)
            h1 = x / math.sqrt(n)
            assert h1 <= 2 * (1 + 1e-12)
            assert 1 + math.sqrt(n / 2) <= 1.3 * math.sqrt(n)
            assert 0.024 * x**2 - 1.3 * x >= delta
            for M in (1, 3, 50):  # f(h1) <= ln N = n ln 2 - delta, with the true mu
                assert n * (entropy_mean(h1, M) - math.log(2)) + h1 * (1 + math.sqrt(n / 2)) <= -delta
            assert h1 * (1 + math.sqrt(2 * n)) <= 1.4512 * x <= 79 + 9.5 * math.sqrt(delta)


@pytest.mark.ledger("cor-sharp-halving")
def test_the_corollary_follows_from_the_theorem():
    # From M = 2^1381 on n >= log2 N satisfies the hypothesis, Delta being at most .01 ln M: sqrt(log2 M) grows faster.
    assert 27.1 + 3.25 * math.sqrt(0.01 * 1381 * math.log(2)) <= math.sqrt(1381)
    assert 27.1 + 3.25 * math.sqrt(0.01 * 1380 * math.log(2)) > math.sqrt(1380)
    assert 3.25 * math.sqrt(0.01 * math.log(2)) < 1
    for loss in np.linspace(0, 0.01 * 1e6, 4001)[1:]:  # loss = ln(1/eta)
        # n just below the claim: Delta as large as it can be, and the theorem contradicts P <= eta.
        delta = loss - math.log(2) * (13.8 * math.sqrt(loss) + 115)
        if delta > 0:
            assert delta + 9.5 * math.sqrt(delta) + 79 + math.log(2) < loss
