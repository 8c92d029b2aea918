"""The corollaries of the sharp theorems far out, where their hypotheses hold: the explicit bounds, in logarithms."""

import math

import pytest
from mpmath import mp, mpf


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(50):
        yield


def location(log2N, n1, b, g):
    """(bound, hypothesis) of the location theorem; N and 2^n1 only through their logarithms."""
    L = mp.ceil(mpf("1.41") * mp.exp(2 * (g + mpf("0.5")) ** 2))
    r = 2 ** (log2N - n1) * mp.sqrt(n1)
    bracket = 270 * r + 142 * r**2 + 110 * L**4 / n1**2 + 13 * n1**3 * mpf(7) / 8 * (mpf(7) / 8) ** (n1 - 1)
    factor = 2 ** (log2N * mpf(2) ** -b) * (b + 1) * L**2
    return 2 * mp.exp(-(g**2) / 2) + mp.exp(-n1 / 72) + factor * bracket, b + 1 + L <= mp.sqrt(n1) / 4


def plain_location(log2N, n1, b, g):
    """The same for the second route."""
    rho, r = g + 2 * (b + 1) / mp.sqrt(n1), 2 ** (log2N - n1) * mp.sqrt(n1)
    bracket = 89 * r + 47 * r**2 + mpf("4.2") * n1**3 * (mpf(3) / 4) ** n1
    factor = 2 ** (log2N * mpf(2) ** -b) * (b + 1) * mp.exp(4 * rho**2)
    hypothesis = n1 >= 100 and mp.exp(2 * rho**2) <= n1 / mpf(4)
    return 2 * mp.exp(-(g**2) / 2) + mp.exp(-n1 / 72) + factor * bracket, hypothesis


@pytest.mark.ledger("thm-sharp-location")
@pytest.mark.ledger("cor-sharp-threshold")
@pytest.mark.ledger("thm-sharp-plain")
@pytest.mark.parametrize(("bound", "share"), [(location, "0.08"), (plain_location, "0.12")])
def test_the_location_bound_tends_to_zero_along_the_corollary(bound, share):
    values = []
    mp.dps = 450  # numbers such as 2^1280 + 1
    for exponent in (80, 160, 320, 640, 1280):  # log2 N = 2^80, ...: the theorem is about limits, and slow ones
        log2N = mpf(2) ** exponent
        h = mpf(exponent) / 4  # far less than the loglog term, and unbounded
        b = int(mp.ceil(mp.log(log2N, 2)))
        n1 = mp.ceil(log2N + exponent / mpf(2) + mp.log(b + 1, 2) + h)
        g = mp.sqrt(mpf(share) * h)
        value, hypothesis = bound(log2N, n1, b, g)
        assert hypothesis
        assert n1 + b <= log2N + 1.5 * exponent + mp.log(exponent, 2) + h + 4
        values.append(value)
    assert values == sorted(values, reverse=True)
    assert values[-1] < 2.1 * mp.exp(-mpf(share) * 160)  # what is left is the tail of the drift


def explicit(log2N, loss):
    """(n, n0, k, b) of the corollary; loss = log2(1/eta), n0 the least solution of its equation."""
    b = math.ceil(math.log2(log2N))
    n0 = math.ceil(log2N + loss + 9)
    while n0 < log2N + math.log2(n0) + loss + 9:
        n0 += 1
    k = math.ceil(math.sqrt(32 * n0 * (math.log(9) + loss * math.log(2))))
    return n0 + k + b, n0, k, b


def small_failure_holds(log2N, loss):
    """Do the hypotheses hold with the corollary's n0, k, b?"""
    _, n0, k, b = explicit(log2N, loss)
    second = n0 >= 72 * (math.log(3) + loss * math.log(2))
    energy = math.log2(n0) + n0 * math.log2(1.5) <= log2N
    return n0 >= 1200 and energy and 4 * (b + 5) <= math.sqrt(n0) and k <= n0 and second


@pytest.mark.ledger("cor-sharp-explicit")
def test_where_the_corollary_begins():
    for loss, first in ((lambda log2N: 1.0, 5161), (lambda log2N: 0.01 * log2N, 5111)):
        holds = [log2N for log2N in range(500, 20_000) if small_failure_holds(log2N, loss(log2N))]
        assert holds == list(range(first, 20_000))  # and once it holds, it holds for good
        # Between doublings b is constant and n0 grows, so further out it is enough to look just above powers of 2.
        assert all(small_failure_holds(2**power + 1, loss(2**power)) for power in range(14, 60))
    assert explicit(5161, 1)[0] / 5161 == pytest.approx(1.14, abs=0.005)
    assert explicit(5111, 51.11)[0] / 5111 == pytest.approx(1.505, abs=0.005)


@pytest.mark.ledger("cor-sharp-explicit")
@pytest.mark.parametrize("log2N", [5161, 6000, 8192, 8193, 10**4, 16_385, 10**5, 10**6, 10**9])
def test_the_corollary_keeps_its_promise(log2N):
    for loss in (1.0, math.sqrt(log2N), 0.01 * log2N):
        n, n0, k, b = explicit(log2N, loss)
        eta = mpf(2) ** -mpf(loss)
        assert 64 * mpf(2) ** (log2N * mpf(2) ** -b + log2N - n0) * n0 <= eta / 3
        assert mp.exp(-mpf(n0) / 72) <= eta / 3
        assert 3 * mp.exp(-(mpf(k) ** 2) / (32 * n0)) <= eta / 3
        assert n == n0 + k + b
        rest = n - log2N - loss - 2 * math.log2(log2N) - math.sqrt(32 * n0 * math.log(9 * 2**loss if loss < 900 else 9))
        assert loss >= 900 or 0 <= rest <= 13


@pytest.mark.ledger("cor-sharp-one")
def test_leading_constant_one():
    for c in (0.0001, 0.001, 0.01):
        eps = c + math.sqrt(32 * math.log(2) * c * (1 + c))
        ratios = []
        for power in (14, 20, 30, 40, 60):
            log2N = 2.0**power
            b, loss = power, c * log2N
            n0 = log2N + loss + 2 * math.log2(log2N) + 10
            k = math.sqrt(32 * n0 * (math.log(9) + loss * math.log(2)))
            ratios.append((n0 + k + b) / log2N)
        assert ratios == sorted(ratios, reverse=True)
        assert ratios[-1] == pytest.approx(1 + eps, rel=1e-6)
        assert ratios[-1] >= 1 + eps
    # For small eps, c is about eps^2 / (32 ln 2).
    assert eps**2 / (32 * math.log(2)) / c == pytest.approx(1, abs=0.15)
    c = 1e-8
    eps = c + math.sqrt(32 * math.log(2) * c * (1 + c))
    assert eps**2 / (32 * math.log(2)) / c == pytest.approx(1, abs=1e-3)


@pytest.mark.ledger("lem-sharp-middle")
def test_constants_of_the_low_part():
    growth = -mp.log(mp.cos(1)) - mpf("0.5")
    assert growth < mpf("0.11563")
    fourth = mp.quad(lambda v: v**4 * mp.exp(-(v**2) / 8), [-mp.inf, 0, mp.inf])
    assert abs(fourth - 96 * mp.sqrt(2 * mp.pi)) < 1e-20
    tail = 2 * mp.sqrt(2 * mp.pi)
    assert (growth * fourth / 4 + tail * 100 * mp.exp(-mpf(100) / 8)) / (2 * mp.pi) < mpf("1.2")
    # n e^{-n/8} falls from n = 8 on, so the last line holds for every n from 100 on.
    ratios = [(-mp.log(mp.cos(x)) - x**2 / 2) / x**4 for x in (mpf(k) / 50 for k in range(1, 51))]
    assert ratios == sorted(ratios)


@pytest.mark.ledger("thm-sharp-plain")
def test_constants_of_the_second_route():
    # Part (b): the level, the number of holes.
    level = 2 * (mp.sqrt(2 / mp.pi) * mp.exp(-mpf("0.5")) - mpf("1.2") / 100)
    assert level > mpf("0.943")
    assert mp.e / mpf("0.943") ** 2 < mpf("3.1")
    assert 1 / mpf("0.943") ** 2 < mpf("1.2")
    # Part (a): the level is .98 e^{-2 rho^2}, and the square at a point.
    assert 2 * (mp.sqrt(2 / mp.pi) - mpf("1.2") / 4) > mpf("0.98")
    inverse = 1 / mpf("0.98") ** 2
    square = (mp.e**2 + 2 * mp.e ** mpf("1.5")) / (2 * mp.pi)
    assert square < mpf("2.603")
    assert inverse * square * mpf("32.5") < 89
    assert inverse * square * mpf("17.1") < 47
    assert inverse * 4 < mpf("4.2")


@pytest.mark.ledger("thm-sharp-plain")
def test_the_second_route_is_the_stronger_one():
    # Wherever the hypotheses of the first hold, so do those of the second, and its bound is smaller.
    for n0, b in ((1200, 3), (1600, 5), (6400, 14)):
        assert 4 * (b + 5) <= math.sqrt(n0)
        assert 4 * (b + 2) <= math.sqrt(n0)
        log2N = math.log2(n0) + n0 * math.log2(1.5)
        log_first = 6 + log2N + math.log2(n0) - n0
        plain = mpf("3.1") * n0 * mpf(2) ** (log2N - n0) + mpf("1.2") * n0**2 * mpf(0.75) ** n0
        assert mp.log(plain, 2) < log_first - 3
