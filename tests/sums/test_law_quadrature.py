"""The integrals under the laws of subset sum, against adaptive quadrature and sums over every integer."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate

from slthlib.sums.laws._quadrature import integer_nodes, reach


def by_quad(log_a, h, b):
    """P(reached) and P(missed) by adaptive quadrature over the drift, split at the cliffs."""
    cliff = math.sqrt(2 * max(log_a, 0.0)) / b
    cuts = {h + side * cliff + step / (b * max(b * cliff, 1)) for side in (-1, 1) for step in (-8, -4, -2, 0, 2, 4)}
    points = sorted(x for x in cuts | {h / 2, -4.0, 0.0, 4.0, -38.0, 38.0} if abs(x) <= 38)

    def density(g, missed):
        rate = math.exp(min(log_a - (b * (g - h)) ** 2 / 2, 700.0))
        return (math.exp(-rate) if missed else -math.expm1(-rate)) * math.exp(-g * g / 2) / math.sqrt(2 * math.pi)

    def integral(missed):
        return sum(
            integrate.quad(density, low, high, args=(missed,), epsabs=0, epsrel=1e-10, limit=200)[0]
            for low, high in itertools.pairwise(points)
        )

    return integral(False), integral(True)


@pytest.mark.parametrize(
    ("log_a", "h", "b"),
    [
        (-5, 1, 1), (0, 0, 1), (2, 0.5, 1), (2.3, 0, 1), (10, 1, 1), (30, 2, 1), (5, 8, 1), (5, 14, 1), (20, 0.3, 0.3),
        (8, 20, 0.1), (10, 1, 4), (60, 1, 1),
    ],
)  # fmt: skip
def test_one_place_by_adaptive_quadrature(log_a, h, b):
    hit, miss = reach(np.array(float(log_a)), np.array(float(h)), float(b))
    expected = by_quad(log_a, h, b)
    assert hit == pytest.approx(expected[0], rel=1e-8)
    assert miss == pytest.approx(expected[1], rel=1e-8)
    assert hit + miss == pytest.approx(1, rel=1e-13)


def test_few_points_miss_the_cliff():
    """Why the quadrature looks for the cliff: twenty points of Gauss and Hermite are off by a tenth of the failures."""
    g, w = np.polynomial.hermite_e.hermegauss(20)
    for log_a in (8.0, 12.0, 16.0):
        crude = (w * np.exp(-np.exp(log_a - g * g / 2))).sum() / math.sqrt(2 * math.pi)
        assert abs(crude / reach(np.array(log_a), np.array(0.0))[1] - 1) > 0.1


def test_failure_of_one_target_far_beyond_the_threshold():
    """P(fail) = (1 + o(1)) / (A sqrt(pi ln A)): known ratios, and the ratio tends to 1."""
    a = np.array([10.0, 1e2, 1e3, 1e5, 1e30, 1e300])
    ratio = reach(np.log(a), np.zeros(6))[1] * a * np.sqrt(np.pi * np.log(a))
    assert ratio[:4] == pytest.approx([0.965, 0.963, 0.970, 0.980], abs=6e-4)
    assert ratio[4:] == pytest.approx(1, abs=6e-3)
    assert abs(ratio[5] - 1) < abs(ratio[4] - 1)


@pytest.mark.parametrize("T", [1, 5, 144, 145, 1000, 12_345, 500_000])
def test_sums_over_integers_by_few_nodes(T):
    places, weights = integer_nodes(T)
    t = np.arange(-T, T + 1) / T
    assert weights.sum() == pytest.approx(2 * T + 1, rel=1e-13)
    for steep in (0.0, 1.5, 4.0):
        cliff = lambda x, steep=steep: np.exp(-np.exp(3 - steep * x))  # noqa: E731
        assert weights @ cliff(places) == pytest.approx(cliff(t).sum(), rel=1e-9)
