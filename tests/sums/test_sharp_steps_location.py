"""The steps of the location theorem: four regions of the torus, the count on the good event, and the constants."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.stats import binom
from sharp_twins import kernel, multisets, norm_of_phi, scaled_counts

CASES = [(30, 5, 1), (60, 9, 2), (40, 12, 1)]


def torus(M, n, points):
    """Angles a, b with distances to 2 pi Z, and F; midpoints, so that no angle sits on an edge of a region."""
    angle = (np.arange(points) + 0.5) * 2 * np.pi / points - np.pi
    a, b = angle[:, None], angle[None, :]
    d = np.remainder(a - b + np.pi, 2 * np.pi) - np.pi
    F = 1 + kernel(a, M) + kernel(b, M) + kernel(d, M)
    return a, b, d, F


def regions(M, n, a, b):
    T = math.pi * n / (2 * M + 1)
    far = (abs(a) > T) & (abs(b) > T)
    left, right = (abs(a) <= T) & (abs(b) > 2 * T), (abs(b) <= T) & (abs(a) > 2 * T)
    middle = (abs(a) <= 2 * T) & (abs(b) <= 2 * T)
    main = (abs(a) <= 2 * np.pi / (2 * M + 1)) & (abs(b) <= 2 * np.pi / (2 * M + 1))
    return far, left, right, middle & ~main, main


@pytest.mark.ledger("lem-sharp-square")
@pytest.mark.parametrize(("M", "n", "L"), CASES)
def test_the_four_regions_cover_the_torus_and_their_inequalities_hold_at_each_point(M, n, L):
    N = 2 * M + 1
    a, b, d, F = torus(M, n, 1200)
    far, left, right, side, main = regions(M, n, a, b)
    assert (far | left | right | side | main).all()
    power = abs(F) ** n
    norm_d, norm_a = (1 + abs(kernel(d, M))) ** n, (1 + abs(kernel(a, M))) ** n + 0 * b
    assert (power[far] <= math.e**2 * norm_d[far]).all()
    assert (abs(d[left]) > math.pi * n / N).all()
    assert (power[left] <= math.e**1.5 * norm_a[left]).all()
    assert (abs(F[side]) <= 3.5).all()
    assert (F[main] >= 0).all()
    radius = (a**2 + b**2)[main]
    assert (F[main] <= 4 - (N / (2 * np.pi)) ** 2 * radius + 1e-9).all()
    weight = (1 - kernel(a, L * M)) * (1 - kernel(b, L * M))
    assert ((weight >= 0) & (weight <= 4)).all()
    assert (weight[main] <= (L**2 * N**2 / 24) ** 2 * (a**2 * b**2)[main] * (1 + 1e-9)).all()


@pytest.mark.ledger("lem-sharp-square")
@pytest.mark.parametrize(("M", "n", "L"), CASES)
def test_the_integral_over_each_region_is_below_its_bound(M, n, L):
    N, points = 2 * M + 1, 1800
    a, b, _, F = torus(M, n, points)
    far, left, right, side, main = regions(M, n, a, b)
    mass = abs(F) ** n * (1 - kernel(a, L * M)) * (1 - kernel(b, L * M)) / points**2
    J = norm_of_phi(n, M)
    assert mass[far].sum() <= 2 * math.e**2 / math.pi * J
    assert mass[left].sum() <= 2 * math.e**1.5 / math.pi * J
    assert mass[right].sum() <= 2 * math.e**1.5 / math.pi * J
    assert mass[main].sum() <= 137 * L**4 * 4**n / (n**3 * N**2)
    assert mass[side].sum() <= 16 * n**2 * 3.5**n / N**2
    assert mass[left].sum() == pytest.approx(mass[right].sum(), rel=1e-9)


@pytest.mark.ledger("lem-sharp-square")
@pytest.mark.ledger("thm-sharp-location")
def test_constants_of_the_lemma_and_the_theorem():
    mp.dps = 30
    assert (2 * mp.e**2 + 4 * mp.e ** mpf("1.5")) / mp.pi < mpf("10.411")
    # int x^2 exp(-c x^2) dx = sqrt(pi)/(2 c^(3/2)) with c = n (N/2 pi)^2/4, squared, times (L^2 N^2/24)^2/(4 pi^2)
    c = 1 / (16 * mp.pi**2)
    square = (mp.sqrt(mp.pi) / (2 * c ** mpf("1.5"))) ** 2 / 24**2 / (4 * mp.pi**2)
    assert abs(square - 4 * mp.pi**5 / 9) < 1e-20
    assert square < 137
    assert mp.quad(lambda x: x**2 * mp.exp(-(x**2) * mpf("0.7")), [-mp.inf, 0, mp.inf]) == pytest.approx(
        float(mp.sqrt(mp.pi) / 2 / mpf("0.7") ** mpf("1.5"))
    )
    bracket = 4 * mpf("1.41") / mp.sqrt(2 * mp.pi)
    assert bracket > mpf("2.25")
    assert mpf("2.25") - mpf("1.12") >= mpf("1.12")
    inverse = 1 / mpf("1.12") ** 2
    assert inverse * mpf("10.411") * mpf("32.5") < 270
    assert inverse * mpf("10.411") * mpf("17.1") < 142
    assert inverse * 137 < 110
    assert inverse * 16 < 13


@pytest.mark.ledger("thm-sharp-location")
@pytest.mark.slow
def test_the_count_on_the_good_event_where_the_hypotheses_hold():
    # g = 1 asks for L = 127 and n >= (4 * 129)^2. Items from {-1, 0, 1}: sums are a shifted binomial, so exact.
    g, b, M, N = 1.0, 1, 1, 3
    L = math.ceil(1.41 * math.exp(2 * (g + 0.5) ** 2))
    n = (4 * (b + 1 + L)) ** 2
    assert (L, n) == (127, 266_256)
    rng = np.random.default_rng(14)
    for drift in (-0.9, 0.0, 0.5, 0.99):  # as far from the middle as the good event lets S be
        plus, minus = n // 3 + round(drift * math.sqrt(n) / 2), n // 3 - round(drift * math.sqrt(n) / 2)
        plus, minus = plus + int(rng.integers(0, 50)), minus + int(rng.integers(0, 50))
        assert abs(plus - minus) <= g * M * math.sqrt(n)
        assert plus + minus >= n * M**2 / 4
        for y in range(-(b + 1) * M, (b + 1) * M + 1):
            count = binom.cdf(y + L * M + minus, plus + minus, 0.5) - binom.cdf(
                y - L * M - 1 + minus, plus + minus, 0.5
            )
            smooth = count / (2 * L * M + 1)  # Lambda(y) in units of 2^n
            assert smooth >= 1.12 / (L * N * math.sqrt(n))


@pytest.mark.ledger("thm-sharp-location")
@pytest.mark.parametrize(("M", "n", "L"), [(3, 400, 2), (10, 900, 4), (4, 1600, 6)])
def test_the_count_on_the_good_event_in_relaxed_form(M, n, L):
    # Any L and n: what step 1 says before the hypotheses make it a clean number.
    rng, N, b = np.random.default_rng([1, M, n]), 2 * M + 1, 2
    for _ in range(5):
        items = rng.integers(-M, M + 1, n)
        values, low = scaled_counts(items)
        S, Q, K = int(items.sum()), int((items**2).sum()), L * M
        total = np.concatenate([[0], np.cumsum(values)])
        y = np.arange(-(b + 1) * M, (b + 1) * M + 1)
        smooth = (total[y + K - low + 1] - total[y - K - low]) / (2 * K + 1)
        spread = 2 * ((b + 1) * M + abs(S) / 2 + K) ** 2 / Q
        bound = (4 * L / math.sqrt(2 * math.pi) * math.exp(-spread) - 1.12) / (L * N * math.sqrt(n))
        assert bound > 0 or spread > 1
        assert (smooth >= bound).all()


@pytest.mark.ledger("lem-sharp-coarse")
@pytest.mark.ledger("thm-sharp-location")
def test_the_two_tails_of_the_good_event():
    for M, n in ((1, 40), (3, 60), (10, 80)):
        N = 2 * M + 1
        squares = np.bincount(np.arange(-M, M + 1) ** 2, minlength=M * M + 1) / N
        law, walk = np.ones(1), np.ones(1)
        for _ in range(n):
            law, walk = np.convolve(law, squares), np.convolve(walk, np.full(N, 1 / N))
        assert law[: math.ceil(n * M * M / 4)].sum() <= math.exp(-n / 72)
        s = abs(np.arange(len(walk)) - n * M)
        for g in (0.5, 1.0, 2.0):
            assert walk[s > g * M * math.sqrt(n)].sum() <= 2 * math.exp(-(g**2) / 2)


@pytest.mark.ledger("thm-sharp-location")
@pytest.mark.parametrize(("M", "n", "K"), [(1, 6, 1), (2, 4, 2), (3, 4, 3)])
def test_a_missed_value_shows_in_full(M, n, K):
    # y missed => Y(y) = 0 => |Y - Lambda|(y) = Lambda(y); Chebyshev with any level then bounds how often it happens.
    from sharp_twins import count_at

    missed = np.zeros(2 * M + 1)
    second, level = np.zeros(2 * M + 1), 0.5
    for items, orders in multisets(M, n):
        table = count_at(list(items), -M - K, M + K).astype(float)
        smooth = np.convolve(table, np.full(2 * K + 1, 1 / (2 * K + 1)), mode="valid")
        gap = table[K:-K] - smooth
        empty = table[K:-K] == 0
        assert (abs(gap[empty]) == smooth[empty]).all()
        missed += orders * (empty & (smooth >= level))
        second += orders * gap**2
    assert (missed <= second / level**2 + 1e-9).all()
    assert missed.any()
