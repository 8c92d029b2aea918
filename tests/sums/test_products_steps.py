"""The four facts about products and the main term: exactly, or on grids fine enough to bound what lies between."""

import numpy as np
import pytest
from products_twins import KINDS, draw, edge, ell, pairs, representations, transform
from scipy.integrate import quad

GRIDS = [(1, 1), (2, 1), (2, 2), (5, 3), (8, 8), (31, 7), (40, 40), (97, 12)]


def law(M1, M2, kind):
    return representations(M1, M2, kind) / pairs(M1, M2, kind)


@pytest.mark.ledger("lem-products-moments")
@pytest.mark.parametrize("kind", KINDS)
def test_moments(kind):
    for M1, M2 in [*GRIDS, (150, 150), (400, 150)]:
        p, B = law(M1, M2, kind), M1 * M2
        x = np.arange(-B, B + 1)
        m = np.sqrt((p * x**2).sum())
        assert p.sum() == pytest.approx(1)
        np.testing.assert_array_equal(p, p[::-1])
        assert m * (1 + 1e-12) >= B / 3
        assert (p * abs(x)).sum() >= B / 4
        assert p[B] <= 1 / M2 + 1e-15
        assert pairs(M1, M2, kind) >= (4 if kind == "both" else 2) * B
        if M2 >= 150:
            assert m <= B / np.sqrt(8)
            assert pairs(M1, M2, kind) <= 5 * B


@pytest.mark.ledger("lem-products-energy")
@pytest.mark.parametrize("kind", KINDS)
def test_energy(kind):
    ratios = []
    for M1, M2 in [*GRIDS, (60, 60), (200, 20)]:
        r, L = representations(M1, M2, kind), pairs(M1, M2, kind)
        r[M1 * M2] = 0
        ratios.append((r.astype(float) ** 2).sum() / L**2 / (2 * ell(M2) / L))
    assert max(ratios) <= 1
    assert min(ratios) > 0.1  # the bound is of the right order, so a wrong count would show


def test_positive_solutions_are_counted_by_coprime_pairs():
    for M1, M2 in [(7, 5), (12, 12), (30, 9)]:
        r = np.bincount(np.multiply.outer(np.arange(1, M1 + 1), np.arange(1, M2 + 1)).ravel())
        u, v = np.meshgrid(np.arange(1, M1 + 1), np.arange(1, M1 + 1))
        coprime = np.gcd(u, v) == 1
        w = np.maximum(u, v)[coprime]
        assert (r.astype(int) ** 2).sum() == ((M1 // w) * (M2 // w)).sum()
        assert (r.astype(int) ** 2).sum() <= M1 * M2 * ell(M2)


@pytest.mark.ledger("lem-products-minor")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("M1", "M2"), [(1, 1), (2, 2), (5, 3), (8, 8), (40, 6), (32, 32), (64, 17)])
def test_minor_arc(kind, M1, M2):
    B, bound = M1 * M2, 5 / 6 + 1 / (6 * M2)
    start = edge(M1, M2, kind)
    assert start * B <= np.pi * (1 + 1e-12)
    step = 0.05 / B
    theta = np.arange(start, np.pi + step, step)
    largest = np.abs(transform(theta, M1, M2, kind)).max()
    # |phi'| <= E|X| <= B, so between two points of the grid phi moves by at most B * step / 2.
    assert largest + B * step / 2 <= bound


def test_the_transform_is_that_of_the_law():
    theta = np.linspace(0.001, np.pi, 50)
    for kind in KINDS:
        for M1, M2 in [(3, 2), (8, 5)]:
            x = np.arange(-M1 * M2, M1 * M2 + 1)
            direct = np.cos(np.multiply.outer(theta, x)) @ law(M1, M2, kind)
            np.testing.assert_allclose(transform(theta, M1, M2, kind), direct, atol=1e-12)


@pytest.mark.ledger("lem-products-integral")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("M1", "M2", "n"), [(16, 16, 8), (32, 32, 10), (64, 20, 12), (40, 40, 40)])
def test_minor_integral(kind, M1, M2, n):
    """The sum over whole periods of a trigonometric polynomial is exact; its part on the arc, up to the grid."""
    step = 2 * np.pi / (64 * M1 * M2)
    theta = np.arange(edge(M1, M2, kind), np.pi, step)
    found = 2 * ((1 + transform(theta, M1, M2, kind)) ** n).sum() * step / (2 * np.pi)
    L = pairs(M1, M2, kind)
    assert 0.9 < found <= np.e**2 + 2.2 * n**2 * ell(M2) * (11 / 6) ** n / L


@pytest.mark.slow
@pytest.mark.ledger("lem-products-integral")
def test_measure_of_the_peaks():
    """Chebyshev on the arc: psi exceeds 1/n on a set of measure at most 4 pi l n^2 / L."""
    for kind in KINDS:
        for M1, M2, n in [(16, 16, 8), (32, 32, 10), (60, 20, 12)]:
            theta = np.linspace(-np.pi, np.pi, 400_001)
            psi = transform(theta, M1, M2, kind) - law(M1, M2, kind)[M1 * M2]
            measure = (psi > 1 / n).mean() * 2 * np.pi
            assert measure <= 4 * np.pi * ell(M2) * n**2 / pairs(M1, M2, kind)


def low_part(items, y, start):
    """LF(y) sqrt(Q) / 2^n: Fourier inversion over |theta| <= theta_0 of the transform of Y."""
    S, Q = items.sum(), (items.astype(float) ** 2).sum()
    wave = lambda t: np.cos(t * (y - S / 2)) * np.prod(np.cos(t * items / 2))  # noqa: E731
    return quad(wave, 0, start, limit=400)[0] * np.sqrt(Q) / np.pi


@pytest.mark.ledger("lem-products-main-term")
@pytest.mark.parametrize("kind", KINDS)
def test_main_term(kind):
    rng = np.random.default_rng(41)
    worst = 0.0
    for M1, M2, n in [(8, 8, 12), (32, 32, 20), (100, 10, 40), (200, 150, 150)]:
        for _ in range(6):
            items = draw(rng, n, M1, M2, kind)
            Q = (items.astype(float) ** 2).sum()
            if n * (M1 * M2) ** 2 / 18 > Q:
                continue
            for place in (0.0, 0.4, 0.9):
                y = round(items.sum() / 2 + place * np.sqrt(Q))
                gauss = np.sqrt(2 / np.pi) * np.exp(-2 * (y - items.sum() / 2) ** 2 / Q)
                worst = max(worst, n * abs(low_part(items, y, edge(M1, M2, kind)) - gauss))
    assert 0.01 < worst <= 15.6


@pytest.mark.ledger("thm-products", "cor-products", "thm-products-necessity")
def test_numbers_in_the_proofs():
    """Every constant of the page, from the expression it rounds."""
    e, pi, sqrt, log, exp = np.e, np.pi, np.sqrt, np.log, np.exp
    assert exp(1 / 11) <= 1.1
    assert -log(np.cos(1)) - 0.5 <= 0.11563
    assert 0.1301 >= 0.11563 * 18 / 16
    assert 0.1301 * 48 * sqrt(8 * pi) <= 31.4
    assert sqrt(8 * pi) * 36 / e <= 66.5
    assert (31.4 + 66.5) / (2 * pi) <= 15.6
    assert sqrt(2 / pi) * exp(-0.5) - 15.6 / 150 >= 0.37
    assert 1.83 >= 1 / 0.74**2
    assert sqrt(1 / 18) / 2 >= 1 / 8.5
    assert 1.061 >= 1 / (1 - 1 / 20 - 1 / 150)
    assert 29 >= 2 * 1.061 * 1.83 * 7.39
    assert e**2 <= 7.39
    assert 4.3 >= 2 * 1.061 * 1.83 * 1.1
    assert sqrt(2 / pi) - 15.6 / 40 >= 0.4
    assert sqrt(1 / 18) >= 0.2357
    assert exp(0.2) <= 1.23
    assert sqrt(pi / 8) <= 0.627
    assert 3 * sqrt(pi / 8) <= 1.88
    assert 6 * sqrt(pi / 8) <= 3.76
    assert np.tanh(1) ** 2 >= 0.58
    assert 0.00805 <= 0.58 / 72
    assert (1 + sqrt(3 / 2)) / sqrt(3) <= 1.3
    a = 0.00805
    assert 2 * 1.3 / (2 * a) <= 161.5
    assert sqrt(4 * a) / (2 * a) <= 11.15
    assert 81 >= 161.5 / 2
    assert 5.6 >= 11.15 / 2
    assert 1 / log(2) / 128 > 0.0112
    assert 1 / log(2) / 72 > 0.02
    assert np.log2(12 / 11) > 0.125
    assert 29 / 256 <= 1 / 8
    assert sqrt(32 * 101 * log(2)) >= 47
    assert 1 / (1 / np.log2(4 / 3) - 1) < 0.71
