"""Our own bounds on a solve: held against enumeration and simulation, with a tightened bound caught each time."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from slthlib.strong import bounds
from slthlib.strong.bounds import HypothesisError, network
from slthlib.strong.bounds._items import BOUNDS
from slthlib.strong.bounds._sharp_products import _log_bounds
from slthlib.sums import laws


def sums_of(items, start=frozenset([0])):
    reached = start
    for x in items:
        reached = reached | {y + x for y in reached}
    return reached


def exact_failures(last, values, targets):
    """P(some target is no subset sum) of 1..last items uniform on ``values``, in exact arithmetic."""
    values, room = list(values), last * max(values)
    wanted = sum(1 << (t + room) for t in targets)
    sets, out = {1 << room: 1}, []  # a set of sums as the bits of one number
    for n in range(1, last + 1):
        grown = {}
        for reached, many in sets.items():
            for x in values:
                new = reached | (reached << x if x > 0 else reached >> -x)
                grown[new] = grown.get(new, 0) + many
        sets = grown
        out.append(Fraction(sum(many for r, many in sets.items() if wanted & ~r), len(values) ** n))
    return out


# --- half the range, all targets at once


@pytest.mark.ledger("thm-half-range")
def test_half_range_in_exact_arithmetic():
    for n, M, D in ((1, 2, 0), (10, 8, 0), (14, 8, 1), (16, 16, 2), (60, 2**20, 5), (300, 2**30, 0)):
        w = M + 1
        rate = 1 - Fraction(w, 2 * M + 1) / 2
        exact = min(Fraction(1), (Fraction(w, 2 * D + 1) - 1) * (Fraction(w, D + 1) - 1) * rate**n)
        got = Fraction(bounds.half_range_failure(n, M=M, tolerance=D))
        assert exact <= got <= exact * (1 + Fraction(1, 10**11))
    assert bounds.half_range_failure(40, M=256) <= 256**2 * 0.75**40
    eps = 0.01
    assert bounds.half_range_failure(90, eps=eps) == pytest.approx(2 / eps**2 * 0.75**90)
    # Uniform only with probability ln(2)/4, on half the range: the constant 45 ln(1/eps) of Pensia et al.'s items.
    rate = -1 / math.log1p(-math.log(2) / 16)
    assert 2 * rate == pytest.approx(45, abs=0.2)
    assert bounds.half_range_failure(700, eps=eps, share=math.log(2) / 4) == pytest.approx(
        2 / eps**2 * math.exp(-700 / rate)
    )
    assert bounds.half_range_failure(5, M=4, tolerance=2) == 0  # everything is within 4 of the empty sum
    assert bounds.half_range_failure(np.array([1, 50]), M=8).shape == (2,)


@pytest.mark.ledger("thm-half-range")
@pytest.mark.parametrize(("M", "zero", "last"), [(2, True, 14), (2, False, 12), (4, True, 11)])
def test_half_range_is_never_violated(M, zero, last):
    values = [x for x in range(-M, M + 1) if zero or x]
    truth = np.array([float(x) for x in exact_failures(last, values, range(-M // 2, M // 2 + 1))])
    bound = bounds.half_range_failure(np.arange(1, last + 1), M=M, zero=zero)
    assert (truth <= bound).all()
    assert (bound < 1).any()
    if (M, zero) == (2, True):  # a bound with a faster rate would be caught
        assert (truth > bound * (0.57 / 0.7) ** np.arange(1, last + 1)).any()


@pytest.mark.ledger("thm-half-range")
@pytest.mark.parametrize("M", [2, 4, 8])
def test_one_item_shrinks_the_potential_as_stated(M):
    # 1/v - 1 shrinks by 1 - r/2 on average whatever has been met so far, and by no more for a single target.
    W, rate = list(range(-M // 2, M // 2 + 1)), 1 - (M + 1) / (2 * M + 1) / 2
    rng, worst = np.random.default_rng(M), 0.0
    every = list(product((0, 1), repeat=len(W))) if M <= 4 else rng.integers(0, 2, (400, len(W))).tolist()
    every += np.eye(len(W), dtype=int).tolist()
    for mask in every:
        met = {y for y, m in zip(W, mask, strict=True) if m}
        if not met or len(met) == len(W):
            continue
        grown = [len(met | {y + x for y in met if abs(y + x) <= M // 2}) for x in range(-M, M + 1)]
        # The mean number of new targets is exact.
        assert sum(grown) / (2 * M + 1) - len(met) == pytest.approx((len(W) - len(met)) * len(met) / (2 * M + 1))
        ratio = np.mean([len(W) / g - 1 for g in grown]) / (len(W) / len(met) - 1)
        worst = max(worst, ratio)
    assert worst <= rate + 1e-12
    assert worst > 0.999 * rate  # so a rate smaller by a thousandth would be caught


@pytest.mark.ledger("thm-half-range")
@pytest.mark.parametrize(("M", "D", "n"), [(8, 1, 14), (16, 2, 16)])
def test_half_range_within_a_tolerance(M, D, n):
    rng, trials, missed = np.random.default_rng(17), 2000, 0
    for items in rng.integers(-M, M + 1, (trials, n)).tolist():
        near = {y + d for y in sums_of(items) for d in range(-2 * D, 2 * D + 1)}
        missed += not set(range(-M // 2, M // 2 + 1)) <= near
    bound = bounds.half_range_failure(n, M=M, tolerance=D)
    assert bound < 1
    assert missed / trials - 3 * math.sqrt(missed + 1) / trials <= bound


def test_reals_within_half():
    rng, trials, n, eps = np.random.default_rng(18), 100, 14, 0.25
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    z, missed = np.linspace(-0.5, 0.5, 201), 0
    for items in rng.uniform(-1, 1, (trials, n)):
        sums = np.sort(masks @ items)
        place = np.clip(np.searchsorted(sums, z), 1, sums.size - 1)
        missed += bool((np.minimum(np.abs(z - sums[place - 1]), np.abs(z - sums[place])) > eps).any())
    assert missed / trials <= bounds.half_range_failure(n, eps=eps) < 1


# --- items and failures


def test_items_needed_is_the_least():
    for name in BOUNDS:
        if name == "products":
            continue
        for bits, solves, failure in ((4, 1, 0.1), (4 if name == "floating-point" else 6, 4416, 0.01)):
            n = bounds.items_needed(name, failure, bits=bits, solves=solves)
            assert solves * bounds.solve_failure(name, n, bits=bits) <= failure
            assert n == 1 or solves * bounds.solve_failure(name, n - 1, bits=bits) > failure


def test_items_that_are_known():
    # One weight, failure 0.01, M = 2**4 and 2**12: M**2 (3/4)**n asks for 36 and 74 items, the exact rate for 35, 74.
    assert [bounds.items_needed("half-range", 0.01, bits=k) for k in (4, 12)] == [35, 74]
    for k in (4, 8, 12):
        n = (2 * k * math.log(2) + math.log(100)) / math.log(4 / 3)
        assert math.ceil(n) - 2 <= bounds.items_needed("half-range", 0.01, bits=k) <= math.ceil(n)
    # Twice the solves: 2.41 items. One bit more: 4.82.
    many = [bounds.items_needed("half-range", 0.01, bits=20, solves=2**j) for j in (0, 20)]
    assert (many[1] - many[0]) / 20 == pytest.approx(2.41, abs=0.06)
    fine = [bounds.items_needed("half-range", 0.01, bits=k) for k in (10, 30)]
    assert (fine[1] - fine[0]) / 20 == pytest.approx(4.82, abs=0.06)
    # Half the targets cost less than all of them, and the recursion knows better than the closed form.
    assert bounds.items_needed("half-range", 0.01, bits=8) < bounds.items_needed("full-range", 0.01, bits=8)
    assert bounds.items_needed("growth", 0.01, bits=8) < bounds.items_needed("half-range", 0.01, bits=8)
    assert bounds.items_needed("full-range", 1e-3, bits=5) == next(
        n for n in range(1, 200) if laws.three_quarters_bound(n, M=32) <= 1e-3
    )


# --- coprime pairs


@pytest.mark.ledger("thm-coprime-pairs")
@pytest.mark.parametrize(("M", "range_", "share"), [(8, 60, 0.56), (16, 216, 0.54), (32, 816, 0.62)])
def test_coprime_factors_make_every_small_number(M, range_, share):
    b = np.arange(M // 2, M + 1)
    coprime = np.gcd.outer(b, b) == 1
    assert bounds.coprime_share(M) == pytest.approx(coprime.sum() / (2 * M + 1) ** 2, rel=1e-14)
    assert coprime.mean() == pytest.approx(share, abs=5e-3)
    a, worst = np.arange(-M, M + 1), math.inf
    for b1, b2 in zip(*np.nonzero(np.triu(coprime)), strict=True):
        made = np.unique(np.add.outer(a * b[b1], a * b[b2]))
        positive = made[made >= 0]
        worst = min(worst, int(positive[: np.argmax(np.append(np.diff(positive), 9) != 1) + 1].max()))
    assert worst == range_ >= M * M // 4


@pytest.mark.ledger("thm-coprime-pairs")
def test_a_pair_shrinks_the_potential_as_stated():
    M, rng = 8, np.random.default_rng(19)
    W, rate = np.arange(-8, 9), 1 - 17 / 17**2 / 2
    a = np.arange(-M, M + 1)
    # The bound is (M**4/16) rate**pairs: the potential of one target met, times the rate a pair.
    assert bounds.coprime_failure(400, M) == pytest.approx(256 * rate**400)
    for b1, b2 in ((4, 5), (5, 8), (7, 8), (7, 5)):
        items = np.add.outer(a * b1, a * b2).ravel()
        for size in (1, 1, 2, 4, 8, 12, 16):
            met = set(rng.choice(W, size, replace=False).tolist())
            new = np.array([len(met | {y + int(x) for y in met if abs(y + int(x)) <= 8}) for x in items])
            assert np.mean(17 / new - 1) <= rate * (17 / size - 1) * (1 + 1e-12)
    # A pair makes each small difference with at least the probability that the proof uses.
    counts = np.bincount(np.add.outer(a * 7, a * 8).ravel() + 200)
    assert counts[200 - 16 : 200 + 17].min() >= 1


def test_coprime_shares_approach_their_limit():
    # (6/pi**2) (1/4) (1/4): coprime, and both in the upper half.
    assert bounds.coprime_share(2**16) == pytest.approx(6 / math.pi**2 / 16, rel=1e-3)


# --- sums that wrap around


@pytest.mark.ledger("prop-group-network")
@pytest.mark.parametrize(("order", "n"), [(4, 4), (5, 4), (8, 4)])
def test_modular_by_enumeration(order, n):
    vectors = np.array(list(product(range(order), repeat=n)))
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    sums = (vectors @ masks.T) % order
    missed = np.array([1 - (sums == t).any(axis=1).mean() for t in range(1, order)])
    assert missed.max() <= laws.group_missed_probability(n, order)
    assert laws.group_missed_probability(n, order) <= (order - 1) / (2**n - 1)
    every = 1 - np.all([(sums == t).any(axis=1) for t in range(order)], axis=0).mean()
    assert every <= laws.group_failure_bound(n, order)
    # A bound four times smaller would be caught.
    assert missed.max() > laws.group_missed_probability(n, order) / 4


@pytest.mark.ledger("prop-group-network")
def test_modular_items():
    for name, law in (("modular", laws.group_failure_bound), ("modular, one target", laws.group_missed_probability)):
        assert bounds.solve_failure(name, 50, bits=40) == law(50, 2**40)
    net = network([(10, 20)])
    one = bounds.modular(net, word=8, failure=0.01, universal=False, signed_inputs=False)
    # n = B + log2(N/eta), rounded up.
    assert one.items == math.ceil(8 + math.log2(200 / 0.01)) == 23
    assert one.widths == (20 * 23,)
    assert one.parameters == 20 * 23 * 30
    assert one.failure <= 0.01
    every = bounds.modular(net, word=8, failure=0.01, signed_inputs=False)
    assert one.items < every.items <= math.ceil(8 + math.log2(8) + 2 + math.log2(200 / 0.01))
    assert bounds.modular(net, word=8, failure=0.01).widths == (
        2 * 20 * bounds.modular(net, word=8, failure=0.01).items,
    )
    # One mask for five weights: bits a weight come down to B.
    gated = bounds.modular(net, word=8, failure=0.01, universal=False, gate=5, signed_inputs=False)
    assert gated.items == math.ceil(40 + math.log2(40 / 0.01))
    assert gated.items / 5 < 8 * 1.35 < one.items


# --- the sharp theorem on products


def five_terms(n0, k, s, K, M1, M2):
    """The formula as it stands."""
    log_B, length = math.log(M1) + math.log(M2), 1 + 2 * math.log(M2)
    b = math.ceil(math.log2(math.log2(5) + log_B / math.log(2)))
    return (
        math.exp(math.log(29 * K * length * n0) + log_B - n0 * math.log(2)),
        4.3 * K * length**2 * n0**3 * (11 / 12) ** n0,
        2 * math.exp(-n0 / 72),
        3 * math.exp(-(k**2) / (32 * n0)),
        (math.e * b * (1 / K + 1 / M2)) ** (s + 1),
    )


def slow_product_bound(n, M1, M2, T):
    """Every n0 and k, s and K on a grid."""
    B, best = M1 * M2, 1.0
    b = math.ceil(math.log2(math.log2(5 * B)))
    for n0 in range(150, min(n - b, M2) + 1):
        if b + 1 + T / B > math.sqrt(n0) / 8.5:
            continue
        for s in range(12):
            k = min(n - n0 - b - s, n0 // 2)
            if k >= 0:
                best = min(best, *(sum(five_terms(n0, k, s, K, M1, M2)) for K in GRID))
    return best


GRID = [20 * 2.0**j for j in [*range(12), *range(12, 60, 4)]]


def test_every_term_of_the_sharp_bound():
    # At sizes that its hypotheses exclude, where each of the five terms is felt somewhere.
    seen = set()
    for n0, M1, M2 in ((400, 2**9, 2**9), (900, 2**430, 2**430), (900, 2**9, 2**5)):
        b = math.ceil(math.log2(math.log2(5) + math.log2(M1) + math.log2(M2)))
        for n in (n0 + b + n0 // 3, n0 + b + n0 // 2, n0 + b + n0):
            k = [min(n - n0 - b - s, n0 // 2) for s in range(40)]
            best = min((five_terms(n0, k[s], s, K, M1, M2) for s in range(40) for K in GRID), key=sum)
            (got,) = _log_bounds(n, np.array([float(n0)]), M1, M2, b)
            assert got == pytest.approx(math.log(sum(best)), rel=1e-9)
            assert got < 0
            seen |= {place for place, term in enumerate(best) if term > 1e-3 * sum(best)}
    assert seen == set(range(5))


def test_the_sharp_bound_is_the_formula():
    M, T = 2**40, 2**79
    for n in (6000, 6100):
        slow, fast = slow_product_bound(n, M, M, T), bounds.product_failure(n, M, M, largest=T)
        assert 0 < slow < 1
        assert fast == pytest.approx(slow, rel=1e-6)


@pytest.mark.ledger("cor-ratio-one")
@pytest.mark.parametrize(("log_B", "items"), [(1000, 11480), (10_000, 19930), (20_000, 22405), (100_000, 103381)])
def test_the_sharp_bound_asks_for_what_was_worked_out(log_B, items):
    M = 2 ** (log_B // 2)
    # Worked out beforehand by another program, to an item or two.
    assert bounds.product_failure(items + 1, M, M) <= 0.1 < bounds.product_failure(items - 2, M, M)


def test_the_sharp_bound_asks_for_its_hypotheses():
    assert bounds.product_failure(10**5, 2**8, 2**8) == 1
    assert bounds.product_failure(149, 2**400, 2**400) == 1
    with pytest.raises(HypothesisError, match="M1 >= M2"):
        bounds.product_failure(10, 4, 8)
    with pytest.raises(HypothesisError, match="asks for"):
        bounds.sharp_products(network([(10, 20)]), bits=8, failure=0.01)
    # Leading constant 1: items over log2 B falls towards 1.
    ratios = []
    for log_B in (10_000, 100_000):
        n = math.ceil(1.05 * {10_000: 19930, 100_000: 103381}[log_B])
        assert bounds.product_failure(n, 2 ** (log_B // 2), 2 ** (log_B // 2)) < 0.1
        ratios.append(n / log_B)
    assert ratios[1] < 1.1 < ratios[0]


def test_the_sharp_row_where_its_hypotheses_hold():
    net = network([(10, 20)])
    row = bounds.sharp_products(net, bits=30, source_bits=24, failure=0.01)
    assert 2 * 200 * bounds.product_failure(row.items, 2**24, 2**24, largest=2**47) <= 0.005
    assert 2 * 200 * bounds.product_failure(row.items - 1, 2**24, 2**24, largest=2**47) > 0.005
    assert row.failure == 0.01
    assert row.items > 2000


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bounds.half_range_failure(5, M=7), ValueError, "even"),
        (lambda: bounds.half_range_failure(5), ValueError, "exactly one"),
        (lambda: bounds.half_range_failure(5, M=4, eps=0.1), ValueError, "exactly one"),
        (lambda: bounds.half_range_failure(0, M=4), ValueError, "n: expected"),
        (lambda: bounds.half_range_failure(5, M=4, tolerance=3), ValueError, "tolerance"),
        (lambda: bounds.coprime_failure(5, 6), ValueError, "multiple of 4"),
        (lambda: bounds.coprime_share(5), ValueError, "even"),
        (lambda: bounds.solve_failure("best", 5, bits=4), ValueError, "bound: expected one of 'half-range'"),
        (lambda: bounds.solve_failure("half-range", 5, bits=4, source_bits=3), HypothesisError, "source_bits"),
        (lambda: bounds.solve_failure("coprime pairs", 5, bits=9, source_bits=4), HypothesisError, "source_bits"),
        (lambda: bounds.items_needed("half-range", 2.0, bits=4), ValueError, "failure"),
        (lambda: bounds.items_needed("half-range", 0.1, bits=4, solves=0), ValueError, "solves"),
        (lambda: bounds.product_failure(2.5, 4, 4), ValueError, "n: expected"),
    ],
)
def test_bad_arguments_of_our_bounds(call, error, message):
    with pytest.raises(error, match=message):
        call()
