"""The steps that all sharp theorems share: the transform, its norm, coarse counts, and the square of Y - Lambda."""

import math

import numpy as np
import pytest
import sympy as sp
from mpmath import mp, mpf
from sharp_twins import count_at, integrate, kernel, multisets, norm_of_phi, phi, scaled_counts, zeros_of_phi

PAIRS = [(1, 1), (1, 9), (2, 5), (5, 3), (8, 12), (20, 30), (100, 6), (100, 40), (1000, 16), (5000, 20)]


# Facts F1 to F4


@pytest.mark.ledger("lem-sharp-phi")
@pytest.mark.parametrize("M", [1, 2, 3, 5, 10, 40, 300])
def test_the_closed_form_is_the_transform(M):
    theta = np.linspace(-3 * np.pi, 3 * np.pi, 997)
    assert abs(phi(theta, M) - kernel(theta, M)).max() < 1e-12


@pytest.mark.ledger("lem-sharp-phi")
def test_the_two_inequalities_for_sines():
    # sin x - 2x/pi is concave on [0, pi/2] and vanishes at both ends; sin(x)/x falls because tan x > x.
    x = sp.symbols("x", positive=True)
    chord = sp.sin(x) - 2 * x / sp.pi
    assert sp.diff(chord, x, 2) == -sp.sin(x)
    assert chord.subs(x, 0) == chord.subs(x, sp.pi / 2) == 0
    slope = sp.simplify(sp.diff(sp.sin(x) / x, x) * x**2 / sp.cos(x))
    assert sp.simplify(slope - (x - sp.tan(x))) == 0


@pytest.mark.ledger("lem-sharp-phi")
@pytest.mark.parametrize("M", [*range(1, 40), 64, 101, 256, 1000])
def test_facts_one_and_two_on_a_fine_grid(M):
    N = 2 * M + 1
    theta = np.linspace(1e-9, np.pi, 40 * N + 1)
    values = abs(kernel(theta, M))
    assert (values <= np.pi / (N * theta) * (1 + 1e-12)).all()
    assert (values[theta >= 2 * np.pi / N] <= 0.5).all()
    theta = np.linspace(0.05 / N, 2 * np.pi / N, 500)
    values = kernel(theta, M)
    assert (values >= -1e-12).all()
    assert (values <= 1 - (N * theta / (2 * np.pi)) ** 2 + 1e-12).all()
    # As the proof says: the quotient falls, and its value at the end is (N/2 pi)^2, so no better constant is to be had.
    scaled = (1 - values) / theta**2
    assert (np.diff(scaled) < 0).all()
    assert scaled[-1] == pytest.approx((N / (2 * np.pi)) ** 2, rel=1e-10)


@pytest.mark.ledger("lem-sharp-phi")
def test_the_variance_of_an_item():
    M = sp.symbols("M", positive=True, integer=True)
    N, x = 2 * M + 1, sp.symbols("x")
    square = sp.summation(x**2, (x, 1, M)) * 2 / N
    assert sp.simplify(square - M * (M + 1) / 3) == 0
    assert sp.simplify(square - (N**2 - 1) / 12) == 0


@pytest.mark.ledger("lem-sharp-phi")
@pytest.mark.parametrize("K", [1, 2, 7, 50])
def test_fact_three(K):
    theta = np.linspace(-np.pi, np.pi, 80 * K + 1)
    defect = 1 - kernel(theta, K)
    assert (defect >= 0).all()
    assert (defect <= np.minimum(theta**2 * K * (K + 1) / 6, 2) + 1e-12).all()


@pytest.mark.ledger("lem-sharp-phi")
@pytest.mark.parametrize(("M", "n"), PAIRS)
def test_fact_four_piece_by_piece(M, n):
    N, T, edges = 2 * M + 1, math.pi * n / (2 * M + 1), zeros_of_phi(M)

    def piece(low, high):
        if low == high:
            return 0.0
        inside = edges[(edges > low) & (edges < high)]
        return 2 * integrate(lambda t: (1 + abs(kernel(t, M))) ** n, np.unique([low, *inside, high]))

    first, T = 2 * np.pi / N, min(max(T, 2 * np.pi / N), np.pi)
    unit = 2**n / (N * math.sqrt(n))
    pieces = piece(0, first), piece(first, T), piece(T, np.pi)
    assert pieces[0] <= 15.76 * unit
    assert pieces[1] <= 16.7 * unit
    assert pieces[2] <= 17.1
    assert sum(pieces) == pytest.approx(norm_of_phi(n, M), rel=1e-10)
    assert norm_of_phi(n, M) <= 32.5 * unit + 17.1
    assert norm_of_phi(n, M) > unit  # the bound is not idle: it is within a factor 40 of the truth


@pytest.mark.ledger("lem-sharp-phi")
def test_constants_of_the_facts():
    mp.dps = 30
    assert mp.sqrt(2 * mp.pi * 4 * mp.pi**2) == pytest.approx((2 * mp.pi) ** mpf("1.5"))
    assert (2 * mp.pi) ** mpf("1.5") < mpf("15.76")
    largest = max(mpf(n) ** 1.5 * mpf(0.75) ** n for n in range(1, 200))
    assert largest == mpf(5) ** 1.5 * mpf(0.75) ** 5 < mpf("2.654")
    assert 2 * mp.pi * mpf("2.654") < mpf("16.7")
    assert 2 * mp.pi * mp.e < mpf("17.1")
    assert mpf("15.76") + mpf("16.7") < mpf("32.5")


# Coarse counts


def coarse_bound(y, K, S, Q, M):
    """The bound of the lemma in units of 2^n."""
    gauss = 4 * K / np.sqrt(2 * np.pi * Q) * np.exp(-2 * (np.abs(y - S / 2) + K) ** 2 / Q)
    return gauss - 1.12 * M / math.sqrt(Q)


@pytest.mark.ledger("lem-sharp-coarse")
def test_the_gaussian_of_the_coarse_count_has_variance_a_quarter_of_q():
    x, Q = sp.symbols("x Q", positive=True)
    density = 2 / sp.sqrt(2 * sp.pi * Q) * sp.exp(-2 * x**2 / Q)
    assert sp.simplify(2 * sp.integrate(density, (x, 0, sp.oo)) - 1) == 0
    assert sp.simplify(2 * sp.integrate(x**2 * density, (x, 0, sp.oo)) - Q / 4) == 0


@pytest.mark.ledger("lem-sharp-coarse")
@pytest.mark.parametrize(("M", "n"), [(1, 1), (1, 12), (3, 20), (10, 6), (10, 25), (50, 30), (200, 40)])
def test_coarse_counts(M, n):
    rng = np.random.default_rng([3, M, n])
    useful = 0
    for _ in range(20):
        items = rng.integers(-M, M + 1, n)
        if not items.any():
            continue
        S, Q = int(items.sum()), int((items**2).sum())
        reach = int(abs(items).sum())
        table = np.concatenate([[0], np.cumsum(count_at(items.tolist(), -reach - 1, reach + 1), dtype=float)])
        y = np.arange(-reach, reach + 1)
        for K in range(0, 3 * M + 1, max(1, M // 4)):
            upper, lower = np.minimum(y + K, reach + 1), np.maximum(y - K, -reach - 1)
            exact = table[upper + reach + 2] - table[lower + reach + 1]
            bound = 2.0**n * coarse_bound(y, K, S, Q, M)
            assert (exact >= bound - 1e-6).all()
            useful += int((bound > 0).sum())
    assert useful > 0 or n < 10


@pytest.mark.slow
@pytest.mark.ledger("lem-sharp-coarse")
@pytest.mark.parametrize("M", [1, 5, 16])
def test_a_coarse_count_of_many_items_is_close_to_its_bound(M):
    # n = 1200 as in Theorem 2; a thousand and more items by the product of their transforms.
    items = np.random.default_rng([33, M]).integers(-M, M + 1, 1200)
    values, low = scaled_counts(items)
    assert values.sum() == pytest.approx(1, abs=1e-10)
    S, Q, K = int(items.sum()), int((items**2).sum()), 3 * M
    total = np.concatenate([[0], np.cumsum(values)])
    y = np.arange(low + K, low + len(values) - K)
    exact = total[y + K - low + 1] - total[y - K - low]
    bound = coarse_bound(y, K, S, Q, M)
    assert (exact >= bound - 1e-12).all()
    middle = np.abs(y - S / 2) <= 5 * M
    assert (exact[middle] / bound[middle]).max() < 2.5


# The square of Y - Lambda


def squares(M, n, K, reach):
    """E (Y - Lambda)^2(y) for y = 0..reach, over all items."""
    total, wide = np.zeros(reach + 1), reach + K
    for items, orders in multisets(M, n):
        table = count_at(list(items), -wide, wide).astype(float)
        smooth = np.convolve(table, np.full(2 * K + 1, 1 / (2 * K + 1)), mode="valid")
        part = (table[K:-K] - smooth)[reach:]
        total += orders * part**2
    return total / (2 * M + 1) ** n


def square_by_transform(M, n, K, y):
    """The double integral, as a sum over a grid fine enough for the trigonometric polynomial under it."""
    size = 2 * (n * M + K) + abs(y) + 2
    a = 2 * np.pi * np.arange(size) / size
    F = 1 + kernel(a, M)[:, None] + kernel(a, M) + kernel(a[:, None] - a, M)
    weight = (1 - kernel(a, K))[:, None] * (1 - kernel(a, K))
    return float((np.exp(-1j * y * (a[:, None] - a)) * weight * F**n).sum().real / size**2)


def square_bound(M, n, L):
    N = 2 * M + 1
    unit = 32.5 * 2**n / (N * math.sqrt(n)) + 17.1
    return 10.411 * unit + 137 * L**4 * 4**n / (n**3 * N**2) + 16 * n**2 * 3.5**n / N**2


@pytest.mark.ledger("lem-sharp-square")
@pytest.mark.parametrize(("M", "n", "L"), [(1, 1, 1), (1, 6, 2), (1, 9, 1), (2, 5, 1), (2, 5, 3), (3, 4, 1), (4, 4, 2)])
def test_the_double_integral_and_the_bound_by_enumeration(M, n, L):
    exact = squares(M, n, L * M, 2 * M + 2)
    for y, value in enumerate(exact):
        assert square_by_transform(M, n, L * M, y) == pytest.approx(value, rel=1e-9, abs=1e-9)
        assert value <= square_bound(M, n, L)


@pytest.mark.ledger("lem-sharp-square")
@pytest.mark.parametrize(("M", "n", "L"), [(32, 10, 1), (40, 12, 2), (80, 6, 1)])
def test_the_bound_at_larger_sizes(M, n, L):
    for y in (0, M, 3 * M):
        assert 0 < square_by_transform(M, n, L * M, y) <= square_bound(M, n, L)
