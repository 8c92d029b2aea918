"""The lemmas of the certificates against full enumeration: signs, last holes, blocks, and the law that dominates."""

import math
from fractions import Fraction
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from bounds_twins import fails_over_signs, failures, hole_bound, misses_over_signs, subset_sums

from slthlib.sums import _certificate_kernels, laws
from slthlib.sums.laws import confidence


def fast_hole_bounds(magnitudes, largest, shift):
    out = np.empty(len(magnitudes))
    _certificate_kernels.hole_bounds(np.asarray(magnitudes, dtype=np.int64), 0, largest, shift, out)
    return out


def random_magnitudes(rng, n, M, rows):
    """Plain ones, and ones with structure: few values, all even, many zeros, one item much larger than the others."""
    plain = rng.integers(0, M + 1, (rows, n))
    few = rng.choice(rng.integers(0, M + 1, 3), (rows, n))
    even = 2 * rng.integers(0, M // 2 + 1, (rows, n))
    sparse = plain * (rng.random((rows, n)) < 0.4)
    lone = np.minimum(plain, 2)
    lone[:, 0] = M
    return np.concatenate([plain, few, even, sparse, lone])


# --- Lemma S


@pytest.mark.ledger("lem-cert-signs")
def test_subset_sums_are_those_of_the_magnitudes_moved_down_by_the_negative_part():
    rng = np.random.default_rng(1)
    for row in rng.integers(-9, 10, (200, 7)):
        negative = -int(row[row < 0].sum())
        assert subset_sums(row.tolist()) == {p - negative for p in subset_sums(abs(row).tolist())}


@pytest.mark.ledger("lem-cert-signs")
@pytest.mark.parametrize(("M", "n"), [(1, 6), (2, 5), (3, 5), (4, 4)])
def test_averaging_over_signs_is_full_enumeration(M, n):
    every = np.array(list(product(range(-M, M + 1), repeat=n)))
    targets = set(range(-M, M + 1))
    failed = sum(not targets <= subset_sums(row) for row in every.tolist())
    truth = failed / len(every)
    assert failures(n, M) == Fraction(failed, len(every))
    # Over the law of the magnitudes, one by one, and as multisets.
    assert laws.failure_given_magnitudes(abs(every), M).mean() == pytest.approx(truth, abs=1e-12)
    assert laws.exact_failure(n, M) == pytest.approx(truth, abs=1e-12)
    for t in range(M + 1):
        missed = np.mean([t not in subset_sums(row) for row in every.tolist()])
        assert laws.missed_given_magnitudes(abs(every), t).mean() == pytest.approx(missed, abs=1e-12)
        assert laws.exact_failure(n, M, target=-t) == pytest.approx(missed, abs=1e-12)


@pytest.mark.ledger("lem-cert-signs")
def test_known_values():
    known = {(1, 6): 0.174211, (2, 5): 0.462400, (3, 5): 0.598382, (4, 4): 0.915866}
    for (M, n), value in known.items():
        assert laws.exact_failure(n, M) == pytest.approx(value, abs=5e-7)
        assert float(failures(n, M)) == pytest.approx(value, abs=5e-7)


@pytest.mark.ledger("lem-cert-signs")
@pytest.mark.parametrize("M", [3, 9, 30, 100])
def test_every_sign_pattern_of_given_magnitudes(M):
    rows = random_magnitudes(np.random.default_rng(M), 8, M, 4)
    for largest in (0, 1, M, 3 * M):
        got = laws.failure_given_magnitudes(rows, largest)
        assert got.tolist() == [fails_over_signs(row, largest) for row in rows.tolist()]
        single = laws.missed_given_magnitudes(rows, largest)
        assert single.tolist() == [misses_over_signs(row, largest) for row in rows.tolist()]
        assert laws.missed_given_magnitudes(rows, -largest).tolist() == single.tolist()


def test_long_sets_of_sums():
    # Sums far above the targets, where the kernel works on a part of the set only, against integers as sets of bits.
    rng = np.random.default_rng(7)
    for n, M in ((12, 3000), (15, 700), (14, 5000)):
        a = rng.integers(0, M + 1, n)
        P = 1
        for x in a.tolist():
            P |= P << x
        window, total = (1 << (2 * M + 1)) - 1, int(a.sum())
        sums = np.zeros(1, dtype=np.int64)
        for x in a:
            sums = np.concatenate([sums, sums + x])
        # Bits below 0 are holes: shift the set up by M.
        P <<= M
        inside = {s: (P >> s) & window == window for s in set(sums.tolist()) if s <= total}
        assert laws.failure_given_magnitudes(a, M) == np.mean([not inside[s] for s in sums.tolist()])


# --- Lemma S'


@pytest.mark.ledger("lem-cert-hole")
@pytest.mark.parametrize("M", [3, 10, 40])
@pytest.mark.parametrize("shift", [0, 1, 3])
def test_the_hole_bound_is_its_definition_and_never_below(M, shift):
    rows = random_magnitudes(np.random.default_rng([M, shift]), 7, M, 8)
    got = fast_hole_bounds(rows, M, shift)
    assert got.tolist() == [hole_bound(row, M, 2**shift) for row in rows.tolist()]
    exact = laws.failure_given_magnitudes(rows, M)
    assert (got >= exact).all()
    assert (got == exact).any()  # a bound smaller by anything would be caught


@pytest.mark.ledger("lem-cert-hole")
def test_both_ends_of_the_sums_are_full_or_the_items_fail():
    for a in combinations_with_replacement(range(6), 5):
        sums, total, M = subset_sums(a), sum(a), 5
        holes = [y for y in range(total // 2 + 1) if y not in sums]
        last = max(holes, default=-1)
        assert all(y in sums for y in range(last + 1, total - last))
        for s in sums:  # the sum of the negative items
            if not set(range(s - M, s + M + 1)) <= sums:
                assert s <= last + M or s >= total - last - M


@pytest.mark.ledger("lem-cert-hole")
@pytest.mark.parametrize("M", [1, 2, 3, 4, 5])
def test_without_rounding_the_hole_bound_was_always_exact(M):
    rows = np.array(list(combinations_with_replacement(range(M + 1), 7)))
    assert (fast_hole_bounds(rows, M, 0) == laws.failure_given_magnitudes(rows, M)).all()


# --- Lemma P


@pytest.mark.ledger("lem-cert-blocks")
def test_two_blocks_fail_together_more_rarely_than_their_product():
    rng = np.random.default_rng(3)
    tight = 0.0
    for M in (2, 6, 20):
        rows = random_magnitudes(rng, 10, M, 40)
        whole = laws.failure_given_magnitudes(rows, M)
        product_of_blocks = laws.failure_given_magnitudes(rows[:, :5], M) * laws.failure_given_magnitudes(
            rows[:, 5:], M
        )
        assert (whole <= product_of_blocks * (1 + 1e-15)).all()
        # Some items may be left out.
        part = laws.failure_given_magnitudes(rows[:, :4], M) * laws.failure_given_magnitudes(rows[:, 6:], M)
        assert (whole <= part * (1 + 1e-15)).all()
        tight = max(tight, (whole / product_of_blocks).max())
    assert tight > 0.999


# --- the inputs of the certificates


@pytest.mark.ledger("thm-cert-clopper")
def test_the_upper_limit_is_where_the_tail_is_alpha():
    for m, k, alpha in ((10, 0, 0.05), (10, 3, 0.01), (200, 17, 1e-6), (1000, 1000, 0.1), (50, 49, 1e-3)):
        p = confidence.upper_limit(k, m, alpha)
        tail = math.fsum(math.comb(m, j) * p**j * (1 - p) ** (m - j) for j in range(k + 1)) if k < m else alpha
        assert tail == pytest.approx(alpha, rel=1e-9)
    assert confidence.upper_limit(5, 5, 0.01) == 1


@pytest.mark.ledger("thm-cert-clopper")
@pytest.mark.parametrize("p", [0.003, 0.2, 0.9])
def test_the_upper_limit_covers(p):
    # Exact coverage: the chance that the limit of a binomial draw lies below p.
    m, alpha = 60, 0.02
    k = np.arange(m + 1)
    pmf = np.array([math.comb(m, int(j)) * p**j * (1 - p) ** (m - j) for j in k])
    assert pmf[confidence.upper_limit(k, m, alpha) < p].sum() <= alpha


@pytest.mark.ledger("thm-cert-bernstein")
def test_the_empirical_bernstein_bound_is_its_formula_and_covers():
    value = confidence.empirical_bernstein(0.2, 0.09, 1000, 0.01, largest=0.5)
    log = math.log(200)
    assert value == pytest.approx(0.2 + math.sqrt(2 * 0.09 * log / 1000) + 7 * 0.5 * log / 2997, rel=1e-14)
    # Coin tosses, with the exact law of their number: mean and variance are functions of it.
    m, alpha = 80, 0.05
    k = np.arange(m + 1)
    for p in (0.01, 0.1, 0.5):
        pmf = np.array([math.comb(m, int(j)) * p**j * (1 - p) ** (m - j) for j in k])
        limit = [confidence.empirical_bernstein(j / m, j * (1 - j / m) / (m - 1), m, alpha) for j in k]
        assert pmf[np.array(limit) < p].sum() <= alpha


@pytest.mark.ledger("lem-cert-dominates")
def test_the_law_of_levels_dominates():
    rng = np.random.default_rng(5)
    g, least = confidence.LEVELS, confidence.THRESHOLDS
    assert g[0] == 1
    assert g[159] == 2.0 ** (-159 / 8)
    for spread in (1, 4, 12):
        values = 2.0 ** -rng.exponential(spread, 400)
        tails = (values[:, None] >= g).mean(axis=0)
        mass = confidence.dominating_masses(tails)
        assert mass.min() >= 0
        assert mass.sum() == pytest.approx(1, abs=1e-12)
        # Everywhere at least as likely to be large as the values, and moved up by one level at most.
        law = np.array([mass[g >= x].sum() for x in values])
        own = np.array([(values >= x).mean() for x in values])
        assert (law >= own - 1e-12).all()
        pairs = np.multiply.outer(values, values).ravel()
        above = confidence.product_above(mass)
        for j in range(0, 319, 7):
            assert above[j] >= (pairs * (pairs > least[j])).mean() - 1e-12
        # Every level given its own tail does not dominate: this is the mistake to avoid.
        naive = np.diff(np.append(tails[:-1], 1.0), prepend=0.0)
        wrong = np.array([naive[g >= x].sum() for x in values])
        assert (wrong < own - 1e-12).any()


@pytest.mark.ledger("lem-cert-dominates")
def test_the_product_is_computed_exactly():
    rng = np.random.default_rng(6)
    mass = rng.dirichlet(np.ones(160))
    above = confidence.product_above(mass)
    pairs, weight = np.multiply.outer(confidence.LEVELS, confidence.LEVELS), np.multiply.outer(mass, mass)
    for j in (0, 1, 50, 158, 159, 300, 318):
        assert above[j] == pytest.approx((weight * pairs)[pairs > confidence.THRESHOLDS[j]].sum(), rel=1e-12)


def test_bounds_on_tails_are_made_monotone():
    tails = np.linspace(0.1, 1, 160)
    tails[40] = 0.9
    smooth = np.minimum.accumulate(tails[::-1])[::-1]
    mass = confidence.dominating_masses(tails)
    assert mass.min() >= 0
    assert mass.tolist() == confidence.dominating_masses(smooth).tolist()


# --- towards a proof


@pytest.mark.slow
@pytest.mark.ledger("prop-cert-parseval")
@pytest.mark.parametrize(
    ("a", "s", "cut"),
    [
        ((1, 4, 4, 6), 0.0, 0.7),
        ((2, 2, 4, 6, 6), -0.2, 1.0),
        ((3, 5, 7, 7, 9), 0.15, 0.4),
        ((0, 1, 2, 9, 9), -0.1, 0.25),
    ],
)
def test_holes_carry_at_most_the_energy_of_the_high_frequencies(a, s, cut):
    column, total = np.array(a, dtype=float)[:, None], sum(a)
    nodes, weights = np.polynomial.legendre.leggauss(600)

    def transform(theta):
        return (np.cos(theta * column / 2) + 1j * np.tanh(s * column / 2) * np.sin(theta * column / 2)).prod(axis=0)

    # The weights of the sums, from the definition and from the transform.
    weight = {y: 0.0 for y in range(total + 1)}
    for taken in product((0, 1), repeat=len(a)):
        y = sum(x * k for x, k in zip(a, taken, strict=True))
        weight[y] += math.exp(s * y) / math.prod(1 + math.exp(s * x) for x in a)
    assert sum(weight.values()) == pytest.approx(1, abs=1e-12)

    def part(y, low, high):
        theta = low + (high - low) / 2 * (1 + nodes)
        turned = np.exp(-1j * np.multiply.outer(y - total / 2, theta))
        return (turned * transform(theta)).real @ weights * (high - low) / 2 / np.pi

    inside = np.arange(total + 1)
    assert part(inside, 0, np.pi) == pytest.approx(list(weight.values()), abs=1e-12)
    y = np.arange(-400, 401 + total)
    low, p = part(y, 0, cut), np.array([weight.get(int(v), 0.0) for v in y])
    theta = cut + (np.pi - cut) / 2 * (1 + nodes)
    power = ((np.cosh(s * column) + np.cos(theta * column)) / (1 + np.cosh(s * column))).prod(axis=0)
    assert power == pytest.approx(abs(transform(theta)) ** 2, abs=1e-12)
    right = power @ weights * (np.pi - cut) / 2 / np.pi
    holes = np.array([v not in subset_sums(a) for v in y.tolist()])
    assert (low[holes] ** 2).sum() <= right
    # Over all integers the two are equal; beyond those summed here a small part is left.
    assert ((p - low) ** 2).sum() == pytest.approx(right, rel=0.05)
    assert ((p - low) ** 2).sum() <= right
