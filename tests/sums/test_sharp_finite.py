"""The bounds for sizes one can have, and many sums at once: slow twins, enumeration, and streams."""

import math

import numpy as np
import pytest
from sharp_twins import count_at, failures, multisets

from slthlib.sums import laws

LARGEST = [(1, 14), (2, 11), (3, 9), (4, 7)]


def growth(n, M):
    """G_0(1), ..., G_n(1), the majorant by trying every pair of points around the mean."""
    N = 2 * M + 1
    values = [0.0] + [1.0] * (N - 1) + [0.0]
    out = [1.0]
    for _ in range(n):
        new = values.copy()
        for s in range(N - 1, 0, -1):
            at, top = s + s * (N - s) / (2 * N), min(2 * s, N)
            best = max(
                values[a] if a == b else (values[a] * (b - at) + values[b] * (at - a)) / (b - a)
                for a in range(s, math.floor(at) + 1)
                for b in range(math.ceil(at), top + 1)
            )
            new[s] = max(best, new[s + 1])
        values = new
        out.append(values[1])
    return out


@pytest.mark.ledger("thm-growth")
@pytest.mark.parametrize(("M", "largest"), LARGEST)
def test_the_recursion_bounds_the_exact_failure(M, largest):
    exact, bounds = failures(M, largest), growth(largest, M)
    assert all(p <= bound * (1 + 1e-12) for p, bound in zip(exact, bounds, strict=True))
    library = laws.growth_bound(np.arange(1, largest + 1), M)
    np.testing.assert_allclose(library, np.minimum(bounds[1:], 1), rtol=1e-9)


@pytest.mark.ledger("thm-growth")
@pytest.mark.parametrize("M", [1, 2, 3])
def test_one_item_grows_every_set_on_average_and_at_most_doubles_it(M):
    N = 2 * M + 1
    for sets in range(1, 2**N):
        s = sets.bit_count()
        sizes = [(sets | ((sets << x if x >= 0 else sets >> -x) & (2**N - 1))).bit_count() for x in range(-M, M + 1)]
        assert s <= min(sizes)
        assert max(sizes) <= min(2 * s, N)
        assert sum(sizes) / N >= s + s * (N - s) / (2 * N) - 1e-12
        assert s + s * (N - s) / (2 * N) <= min(2 * s, N)


@pytest.mark.ledger("thm-growth")
def test_mean_and_cap_alone_allow_three_quarters():
    # Half full, all with probability 1/4: mean growth and cap are both respected, and 3/4 is what is left.
    v, jump = 0.5, 0.25
    assert v + (1 - v) * jump == v * (1 + (1 - v) / 2)
    assert 2 * v <= 1
    rate = laws.growth_bound(161, 32) / laws.growth_bound(160, 32)
    assert rate == pytest.approx(0.75, abs=0.006)


def moments(M, n, t, width):
    """P(t missed), and per cell the first two moments of Y_t, over all items."""
    missed, cells = 0, {}
    for items, orders in multisets(M, n):
        Y = int(count_at(list(items), t, t)[0])
        missed += orders * (Y == 0)
        cell = cells.setdefault(sum(items) // width, [0, 0])
        cell[0] += orders * Y
        cell[1] += orders * Y * Y
    N = (2 * M + 1) ** n
    return missed / N, {place: (a / N, b / N) for place, (a, b) in cells.items()}


def laws_of_sums(M, n):
    """P(S_k = v) as {v: p}, k = 0..n, from the definition."""
    out = [{0: 1.0}]
    for _ in range(n):
        new = {}
        for v, p in out[-1].items():
            for x in range(-M, M + 1):
                new[v + x] = new.get(v + x, 0.0) + p / (2 * M + 1)
        out.append(new)
    return out


@pytest.mark.ledger("lem-second-moment")
@pytest.mark.parametrize(("M", "n", "t", "width"), [(1, 5, 1, 1), (2, 4, 1, 3), (2, 5, 2, 2), (3, 4, 2, 5)])
def test_the_two_sums_of_the_lemma_and_its_bound(M, n, t, width):
    exact, cells = moments(M, n, t, width)
    p, factorial = laws_of_sums(M, n), math.factorial
    for place, (mean, square) in cells.items():
        inside = range(place * width, (place + 1) * width)
        first = sum(
            math.comb(n, k) * p[k].get(t, 0) * sum(p[n - k].get(s - t, 0) for s in inside) for k in range(n + 1)
        )
        second = 0.0
        for a in range(n + 1):
            for b in range(n + 1 - a):
                for c in range(n + 1 - a - b):
                    d = n - a - b - c
                    ways = factorial(n) / (factorial(a) * factorial(b) * factorial(c) * factorial(d))
                    second += ways * sum(
                        q * p[b].get(t - u, 0) * p[c].get(t - u, 0) * sum(p[d].get(s - 2 * t + u, 0) for s in inside)
                        for u, q in p[a].items()
                    )
        assert first == pytest.approx(mean, abs=1e-12)
        assert second == pytest.approx(square, abs=1e-12)
    bound = 1 - sum(a * a / b for a, b in cells.values() if b)
    assert 0 < exact <= bound < 1
    if width == 1:  # the library's cells may start elsewhere
        assert laws.second_moment_missed(n, M, width=1)[t] == pytest.approx(bound, abs=1e-6)
    assert exact <= laws.second_moment_missed(n, M, width=width)[t]


@pytest.mark.ledger("thm-second-moment")
@pytest.mark.parametrize(("M", "largest"), LARGEST[1:])
def test_the_joined_bound_is_above_the_exact_failure(M, largest):
    exact = failures(M, largest)
    for n in range(3, largest + 1):
        assert exact[n] <= laws.second_moment_bound(n, M) <= laws.growth_bound(n, M)
        for first in (n - 2, n - 1):
            assert exact[n] <= laws.second_moment_bound(n, M, first=first)


@pytest.mark.ledger("thm-second-moment")
def test_the_joined_bound_wins_at_moderate_failure():
    assert laws.second_moment_bound(16, 32) < 0.5 < laws.growth_bound(16, 32)
    assert laws.second_moment_bound(20, 32) < 0.1 < laws.growth_bound(20, 32)


@pytest.mark.ledger("cor-sharp-many")
def test_a_union_bound_however_the_solves_depend():
    # Two solves with M = 1, n = 4 that share their items but for a sign: each fails with P(F_4).
    (p,) = failures(1, 4)[4:]
    both = total = 0
    for items, orders in multisets(1, 4):
        fails = [not {-1, 1} <= {s * x for x in items} for s in (1, -1)]
        both, total = both + orders * any(fails), total + orders
    assert both / total <= 2 * float(p)
    for B in range(1, 20):
        for share in (1, 100, 10**6):  # w / eta
            n = B + math.ceil(math.log2(B) + math.log2(share)) + 2
            assert share * 4 * 2**B * B * 2.0**-n <= 1


@pytest.mark.ledger("cor-sharp-stream")
def test_the_second_moment_of_the_coverage_time():
    # M = 1: one must see both signs; tau is the larger of two waiting times, P(tau > n) = 2 (2/3)^n - (1/3)^n.
    exact = failures(1, 20)
    assert all(p == pytest.approx(2 * (2 / 3) ** n - (1 / 3) ** n) for n, p in enumerate(exact))
    square = sum((2 * n + 1) * (2 * (2 / 3) ** n - (1 / 3) ** n) for n in range(400))
    assert square == pytest.approx(27)
    assert 10 * math.log2(4 / 3) > 4.15


@pytest.mark.ledger("cor-sharp-stream")
def test_the_bound_on_the_second_moment_tends_to_one():
    # V3 with eps = 1/3, 1/10, ...: the three parts over log2(M)^2, at sizes where the corollary's bound M^-c holds.
    for eps, c, log2M in ((0.5, 0.008, 1e4), (0.2, 0.0016, 1e5), (0.05, 1e-4, 1e7)):
        assert c + math.sqrt(32 * math.log(2) * c * (1 + c)) < eps
        first = ((1 + eps) * log2M + 1) ** 2
        second = (10 * log2M + 2) ** 2 * 2 ** (-c * log2M)
        third = (16 * (20 * log2M + 3) + 96) * 2 ** min(0.0, (2 - 4.15) * log2M)
        assert (first + second + third) / log2M**2 <= (1 + eps) ** 2 + 0.01
