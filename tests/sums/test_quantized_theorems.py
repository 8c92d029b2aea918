"""What the chapter on the quantized law proves, held to enumeration: every set, item and subset of small cases."""

import itertools
import math

import numpy as np
import pytest

from slthlib.sums import laws

# Necessity


def zero_probabilities(n, M):
    """P(X_1 + ... + X_k = 0), k = 0..n, by repeated convolution."""
    one, out, zeros = np.full(2 * M + 1, 1 / (2 * M + 1)), np.ones(1), [1.0]
    for _ in range(n):
        out = np.convolve(out, one)
        zeros.append(out[len(out) // 2])
    return np.array(zeros)


def necessity_sum(n, M):
    """sum_k C(n, k) p_{k+1}(0)."""
    zeros = zero_probabilities(n + 1, M)
    return sum(math.comb(n, k) * zeros[k + 1] for k in range(n + 1))


def failure_by_sets(n, M):
    """P(fail_k) for k = 0..n, exactly: the law of the reachable set, with the sets that miss nothing left out."""
    N, window = 2 * M + 1, (1 << (2 * M + 1)) - 1
    home = n * M  # bit `home` stands for the sum 0
    states, out = {1 << home: 1.0}, [1.0]
    for _ in range(n):
        after = {}
        for reached, chance in states.items():
            for x in range(-M, M + 1):
                larger = reached | (reached << x if x >= 0 else reached >> -x)
                if (larger >> (home - M)) & window != window:
                    after[larger] = after.get(larger, 0.0) + chance / N
        states = after
        out.append(sum(states.values()))
    return np.array(out)


@pytest.mark.ledger("thm-necessity")
@pytest.mark.parametrize("M", [1, 2, 3, 5, 10, 50, 200])
def test_the_chance_of_a_sum_of_zero_is_bounded(M):
    N, k = 2 * M + 1, np.arange(2, 15 if M == 200 else 40)
    zeros = zero_probabilities(k[-1], M)
    bound = np.sqrt(3 / (2 * math.pi * k * M * (M + 1))) + 2.0 ** (1 - k) / (N * (k - 1))
    assert (zeros[k] <= bound * (1 + 1e-12)).all()
    assert (bound <= 2.174 / (N * np.sqrt(k))).all()
    assert zeros[1] == pytest.approx(1 / N)
    assert (zeros[k] > 0.5 * bound).all()  # the bound is no idle one


@pytest.mark.ledger("thm-necessity")
@pytest.mark.parametrize("M", [1, 2, 3, 8, 40, 200])
def test_the_sum_stays_below_its_closed_form(M):
    for n in range(1, 14 if M == 200 else 40):
        closed = 3.1 * 2.0**n / ((2 * M + 1) * math.sqrt(n))
        assert necessity_sum(n, M) <= closed
        assert necessity_sum(n, M) > 0.3 * closed
        if 2**n > 2 * M:  # below, the library answers by counting
            assert laws.coverage_upper_bound(n, M=M) == pytest.approx(min(closed, 1))
    assert 2.174 * math.sqrt(2) < 3.1


@pytest.mark.ledger("thm-necessity")
@pytest.mark.parametrize(("M", "largest"), [(1, 8), (2, 8), (3, 8), (5, 7)])
def test_full_coverage_is_no_likelier_than_the_sum_allows(M, largest):
    failure = failure_by_sets(largest, M)
    for n in range(1, largest + 1):
        assert 1 - failure[n] <= necessity_sum(n, M) + 1e-12


# The amplification lemma


def amplified_failure(M, b):
    """P(U_b >= 1) for every missed set in W_0 at once: float64 [2**(2 (b + 1) M + 1)], with the sizes of the sets.

    Whatever lies outside W_0 is missed as well, so that a window too large by one place would be found out.
    """
    reach, outside = (b + 1) * M, b * M
    sets = np.arange(1 << (2 * reach + 1), dtype=np.int64)
    fence = (1 << outside) - 1
    everywhere = fence | sets << outside | fence << (outside + 2 * reach + 1)  # bit i: i - reach - outside is missed
    last = ((1 << (2 * M + 1)) - 1) << (2 * outside)  # W_b = {-M..M}
    missed = np.zeros(len(sets))
    for xs in itertools.product(range(-M, M + 1), repeat=b):
        left = everywhere
        for x in xs:
            left = left & (left << x if x >= 0 else left >> -x)  # y stays missed if y - x was missed as well
        missed += left & last != 0
    return missed / (2 * M + 1) ** b, np.bitwise_count(sets)


@pytest.mark.ledger("lem-amplification")
@pytest.mark.parametrize(
    ("M", "b"), [(1, 0), (4, 0), (1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (1, 3), (2, 3), (1, 5)]
)
def test_amplification_holds_for_every_missed_set(M, b):
    chance, size = amplified_failure(M, b)
    bound = (2 * M + 1) ** -(1 - 2.0**-b) * size
    assert (chance <= bound * (1 + 1e-12)).all()
    # Not idle: some set comes within a factor two of it.
    assert (chance[1:] / np.minimum(bound, 1.0)[1:]).max() > 0.5


@pytest.mark.ledger("lem-amplification")
def test_one_item_squares_what_is_missed():
    M, rng = 3, np.random.default_rng(2027)
    ratios = []
    for _ in range(300):
        missed = set(np.flatnonzero(rng.random(4 * M + 1) < rng.random()) - 2 * M)
        mean = np.mean([sum(y in missed and y - x in missed for y in range(-M, M + 1)) for x in range(-M, M + 1)])
        if missed:
            ratios.append(mean * (2 * M + 1) / len(missed) ** 2)
    assert max(ratios) == pytest.approx(1)  # reached by a single missed place near the middle
    assert max(ratios) <= 1 + 1e-12


# The modular theorem

GROUPS = [(2,), (3,), (4,), (5,), (6,), (7,), (8,), (9,), (2, 2), (2, 4), (3, 3), (2, 2, 2)]


def group_walk(orders, n):
    """Mean missed fraction, its mean square and P(R_k != G), k = 0..n, over all choices of the items."""
    elements = list(itertools.product(*map(range, orders)))
    place = {element: i for i, element in enumerate(elements)}
    N = len(elements)
    sets = np.arange(1 << N, dtype=np.int64)
    missed = 1 - np.bitwise_count(sets) / N
    chance = np.zeros(1 << N)
    chance[1 << place[(0,) * len(orders)]] = 1.0
    means, squares, fails = [], [], []
    for _ in range(n + 1):
        means.append(chance @ missed)
        squares.append(chance @ missed**2)
        fails.append(1 - chance[-1])
        after = np.zeros(1 << N)
        for x in elements:
            moved = np.zeros(1 << N, dtype=np.int64)
            for i, element in enumerate(elements):
                to = place[tuple((p + q) % order for p, q, order in zip(element, x, orders, strict=True))]
                moved |= ((sets >> i) & 1) << to
            np.add.at(after, sets | moved, chance / N)
        chance = after
    return np.array(means), np.array(squares), np.array(fails)


@pytest.mark.ledger("thm-modular")
@pytest.mark.parametrize("orders", GROUPS)
def test_groups_of_every_small_order(orders):
    N, last = math.prod(orders), 14
    means, squares, fails = group_walk(orders, last)
    np.testing.assert_allclose(means[1:], squares[:-1], atol=1e-13)  # the identity
    prime = next(p for p in range(2, N + 1) if N % p == 0)
    for n in range(1, last + 1):
        assert means[n] <= (N - 1) / (2**n + N - 2) + 1e-13
        steps = [N**2.0**-b * (N - 1) / (2 ** (n - b) + N - 2) for b in range(n)]
        assert fails[n] <= min(steps) + 1e-13
        assert min(1, *steps) <= min(1, 4 * N * math.log2(N) * 2.0**-n)
        assert fails[n] >= prime**-n - 1e-13


# No growth, and the rate for fixed M


@pytest.mark.ledger("lem-no-growth")
@pytest.mark.parametrize("M", range(1, 10))
def test_few_items_add_nothing(M):
    full = (1 << (2 * M + 1)) - 1
    sets = np.arange(1, full, dtype=np.int64)
    idle = np.zeros(len(sets), dtype=np.int64)
    for x in range(-M, M + 1):
        moved = (sets << x) & full if x >= 0 else sets >> -x
        idle += (moved & ~sets) == 0
    assert idle.max() == M + 1  # never more, and sometimes as many


def binomial_tail(n, p, most):
    return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(min(n, most) + 1))


@pytest.mark.ledger("thm-fixed-m")
@pytest.mark.parametrize(("M", "largest"), [(1, 60), (2, 60), (3, 30), (4, 16)])
def test_failure_between_its_bounds_for_fixed_m(M, largest):
    N, failure = 2 * M + 1, failure_by_sets(largest, M)
    for n in range(1, largest + 1):
        lower, upper = ((M + 1) / N) ** n, binomial_tail(n, M / N, 2 * M - 1)
        assert lower <= failure[n] <= upper * (1 + 1e-12)
        assert upper <= lower * (n + 1) ** (2 * M - 1)


@pytest.mark.ledger("thm-fixed-m")
def test_the_factor_per_item_climbs_to_its_limit():
    for M, largest in ((2, 60), (3, 30), (4, 20)):
        failure = failure_by_sets(largest, M)
        gap = (2 * M + 1) / (M + 1) - failure[8:-1] / failure[9:]
        assert (gap > 0).all()
        assert (np.diff(gap) < 0).all()
    n = np.arange(1, 61)
    np.testing.assert_allclose(failure_by_sets(60, 1)[1:], 2 * (2 / 3) ** n - (1 / 3) ** n, rtol=1e-12)
