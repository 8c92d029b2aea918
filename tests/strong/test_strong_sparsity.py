"""The chapter on sparse tickets: its statements in exact arithmetic, by enumeration and by other ways of counting."""

from fractions import Fraction
from itertools import combinations, product
from math import comb, exp, log2

import numpy as np
import pytest

from slthlib.lab import statistics
from slthlib.strong import bounds, embed, laws
from slthlib.strong import sparsity as tickets
from slthlib.strong import sparsity_laws as sparse
from slthlib.sums import reachable_sums
from slthlib.sums.laws import sized_target_failure


def law_of_sums(c, M):
    """P(the sum of c items is u) for u = -cM..cM, times (2M + 1)**c."""
    ways = [1]
    for _ in range(c):
        ways = np.convolve(np.array(ways, dtype=object), np.ones(2 * M + 1, dtype=object)).tolist()
    return ways


def chance(c, M, t):
    """P(the sum of c items is t), exactly."""
    return Fraction(law_of_sums(c, M)[t + c * M], (2 * M + 1) ** c) if abs(t) <= c * M else Fraction(0)


def second_moment(n, c, M, t):
    """The formula of the chapter for the mean of the squared number of sums."""
    total = Fraction(0)
    for j in range(c + 1):
        pairs = sum(chance(j, M, u) * chance(c - j, M, t - u) ** 2 for u in range(-j * M, j * M + 1))
        total += comb(c, j) * comb(n - c, c - j) * pairs
    return comb(n, c) * total


def counted(n, c, M, t):
    """How many of the banks of n items have so many subsets of c items with the sum t, by trying all of both."""
    found = {}
    for items in product(range(-M, M + 1), repeat=n):
        hits = sum(sum(one) == t for one in combinations(items, c))
        found[hits] = found.get(hits, 0) + 1
    return found


SMALL = [(5, 2, 2, 1), (5, 3, 2, 0), (6, 2, 1, 1), (7, 3, 1, 0), (6, 4, 1, 1), (4, 1, 3, 2), (5, 5, 2, 1)]


@pytest.mark.ledger("prop-sized-moments")
@pytest.mark.parametrize(("n", "c", "M", "t"), SMALL)
def test_two_moments_by_enumeration(n, c, M, t):
    banks = counted(n, c, M, t)
    every = (2 * M + 1) ** n
    mean = Fraction(sum(hits * banks[hits] for hits in banks), every)
    square = Fraction(sum(hits**2 * banks[hits] for hits in banks), every)
    assert mean == comb(n, c) * chance(c, M, t)
    assert square == second_moment(n, c, M, t)
    assert sparse.mean_solutions(n, c, t, M) == pytest.approx(float(mean), rel=1e-12)
    assert sparse.pair_ratio(n, c, t, M) == pytest.approx(float((square - mean) / mean**2), rel=1e-9, abs=1e-12)
    met = 1 - Fraction(banks.get(0, 0), every)
    assert mean**2 / square <= met <= mean


def missed_by_pairs(n, M, t):
    """P(no two of n items have the sum t): words over the 2M + 1 values that hold no value with its partner."""
    values = range(-M, M + 1)
    pairs = sum(x < t - x <= M for x in values)
    twins = int(t % 2 == 0)
    free = 2 * M + 1 - 2 * pairs - twins
    ways = 0
    for i in range(pairs + 1):  # (2 e^z - 1)^pairs (1 + z)^twins e^(free z), the coefficient of z^n / n!
        letters = i + free
        ways += comb(pairs, i) * 2**i * (-1) ** (pairs - i) * (letters**n + twins * n * letters ** (n - 1))
    return Fraction(ways, (2 * M + 1) ** n)


def poisson_error(n, c, M, t):
    """exp(-E) and the bound of the chapter on how far it may be off."""
    mean = comb(n, c) * float(chance(c, M, t))
    meet = 1 - comb(n - c, c) / comb(n, c)
    ratio = 1 / ((2 * M + 1) * float(chance(c, M, t)))
    return exp(-mean), (1 - exp(-mean)) * mean * meet * (1 + (ratio if c > 1 else 0)), mean * c * c / n * (1 + ratio)


@pytest.mark.ledger("thm-few-of-many")
@pytest.mark.parametrize(("n", "c", "M", "t"), SMALL[:-1])
def test_poisson_bound_by_enumeration(n, c, M, t):
    missed = counted(n, c, M, t).get(0, 0) / (2 * M + 1) ** n
    law, bound, simple = poisson_error(n, c, M, t)
    assert abs(missed - law) <= bound <= simple


@pytest.mark.ledger("thm-few-of-many")
def test_poisson_bound_for_pairs_of_many_items():
    assert missed_by_pairs(5, 2, 1) == Fraction(counted(5, 2, 2, 1)[0], 5**5)
    assert missed_by_pairs(4, 2, 2) == Fraction(counted(4, 2, 2, 2)[0], 5**4)
    shares = []
    for M in (64, 256, 1024):
        n = round((4 * M) ** 0.5)
        missed = float(missed_by_pairs(n, M, M // 2 + 1))
        law, bound, simple = poisson_error(n, 2, M, M // 2 + 1)
        assert abs(missed - law) <= bound <= simple
        shares.append((abs(missed - law), bound))
    errors, limits = np.transpose(shares)
    assert (np.diff(limits) < 0).all()
    assert limits[-1] < 0.12
    assert errors[-1] < 0.02


@pytest.mark.ledger("thm-sparse-counting")
@pytest.mark.parametrize(("n", "M"), [(3, 3), (5, 2), (6, 1)])
def test_few_items_make_few_targets(n, M):
    """In the mean over all banks no more targets are made by at most c items than there are such sets."""
    for c in range(1, n + 1):
        made = 0
        for items in product(range(-M, M + 1), repeat=n):
            made += len({sum(one) for i in range(c + 1) for one in combinations(items, i)})
        sets = sum(comb(n, i) for i in range(c + 1))
        assert made <= sets * (2 * M + 1) ** n
        assert sets <= (np.e * n / c) ** c


@pytest.mark.ledger("thm-sparse-counting")
def test_the_closed_form_follows_from_the_sum():
    for m in (3, 10, 60, 400):
        for kept in range(1, m + 1):
            sets = sum(comb(m, i) for i in range(kept + 1))
            assert log2(sets) <= kept * log2(np.e * m / kept) + 1e-9
    # The same in terms of weights: m/N >= (c/e) (2^k + 1)^(1/c), from K log2(e m/K) >= N log2(2^k + 1).
    N, k = 50, 8
    for c in (1, 2, 3, 5):
        kept = c * N
        least = next(m for m in range(kept, 10**7) if kept * log2(np.e * m / kept) >= N * log2(2**k + 1))
        closed = c / np.e * (2**k + 1) ** (1 / c) * N
        assert least == max(kept, int(np.ceil(closed - 1e-6)))


@pytest.mark.ledger("thm-sparse-counting")
def test_a_ticket_in_the_library_keeps_as_many_as_counting_asks():
    target = [np.random.default_rng(1).integers(-8, 9, (12, 9)) / 16]
    for sparsity in (None, 0.25):
        ticket = embed(target, bits=4, source_bits=3, candidates=64, signed_inputs=False, sparsity=sparsity, seed=3)
        total = ticket.recipe.parameters()
        asked = bounds.least_density(total, 108 * log2(17)) * total
        assert ticket.kept > asked


def missed_by(items, t):
    return not reachable_sums(np.array(items, dtype=int), t, t)[0] if len(items) else t != 0


@pytest.mark.ledger("prop-frozen-source")
@pytest.mark.parametrize("t", [1, 2])
def test_removed_and_locked_items_by_enumeration(t):
    """Three states for each of three items on {-2..2}, with weights 2 : 1 : 3 of 6 for removed, locked and free."""
    M, n = 2, 3
    weights = {"removed": Fraction(2, 6), "locked": Fraction(1, 6), "free": Fraction(3, 6)}
    whole = Fraction(0)
    for states in product(weights, repeat=n):
        share = Fraction(1)
        for state in states:
            share *= weights[state]
        bad = 0
        for items in product(range(-M, M + 1), repeat=n):
            locked = sum(x for x, state in zip(items, states, strict=True) if state == "locked")
            free = [x for x, state in zip(items, states, strict=True) if state == "free"]
            bad += missed_by(free, t - locked)
        whole += share * Fraction(bad, (2 * M + 1) ** n)
    stated = Fraction(0)
    for j in range(n + 1):
        for q in range(n - j + 1):
            share = Fraction(comb(n, j) * comb(n - j, q))
            share *= weights["free"] ** j * weights["locked"] ** q * weights["removed"] ** (n - j - q)
            for shift in range(-q * M, q * M + 1):
                banks = list(product(range(-M, M + 1), repeat=j))
                miss = Fraction(sum(missed_by(items, t - shift) for items in banks), len(banks))
                stated += share * chance(q, M, shift) * miss
    assert whole == stated
    # Without locked items nothing is met if no item that is there has the sign of the target.
    p = Fraction(1, 2)
    sparse = Fraction(0)
    for j in range(n + 1):
        banks = list(product(range(-M, M + 1), repeat=j))
        sparse += comb(n, j) * p**j * (1 - p) ** (n - j) * Fraction(sum(missed_by(x, t) for x in banks), len(banks))
    assert sparse >= (1 - p * Fraction(M, 2 * M + 1)) ** n


@pytest.mark.ledger("prop-frozen-source")
def test_a_lost_unit_is_lost_to_all_outputs():
    """Two outputs, two units, M = 1: all presences, all factors, against the formula bank by bank."""
    p, t, signs = Fraction(1, 3), 1, (-1, 0, 1)

    def presences(n):
        for there in product((0, 1), repeat=n):
            yield there, p ** sum(there) * (1 - p) ** (n - sum(there))

    both = Fraction(0)
    for bank, share_b in presences(2):
        for first, share_1 in presences(2):
            for second, share_2 in presences(2):
                good = 0
                for a in product(signs, repeat=4):
                    rows = [(a[0] * first[0] * bank[0], a[1] * first[1] * bank[1])]
                    rows += [(a[2] * second[0] * bank[0], a[3] * second[1] * bank[1])]
                    good += not any(missed_by(list(row), t) for row in rows)
                both += share_b * share_1 * share_2 * Fraction(good, 3**4)

    def each(alive):
        """P(one output fails) given the units that are alive."""
        total = Fraction(0)
        for j in range(alive + 1):
            banks = list(product(signs, repeat=j))
            share = comb(alive, j) * p**j * (1 - p) ** (alive - j)
            total += share * Fraction(sum(missed_by(list(x), t) for x in banks), len(banks))
        return total

    stated = sum(comb(2, B) * p**B * (1 - p) ** (2 - B) * (1 - each(B)) ** 2 for B in range(3))
    assert both == stated
    # As if every product were there by itself, with p**2, success would look rarer than it is.
    alone = sum(comb(2, j) * p ** (2 * j) * (1 - p * p) ** (2 - j) * (1 - Fraction(2, 3) ** j) for j in range(3))
    assert stated > alone**2


@pytest.mark.ledger("law-kept")
def test_what_a_ticket_keeps_at_other_sizes():
    bits, source, shape = 5, 4, (40, 60)
    rng = np.random.default_rng(5)
    n = np.arange(1, 60)
    failing = np.append(32 / 33, np.asarray(laws.solve_failure(n, bits, source_bits=source)))
    kept, used = [], []
    for seed in range(6):
        target = [rng.integers(-16, 17, shape) / 32]
        ticket = embed(target, bits=bits, source_bits=source, candidates=90, signed_inputs=False, seed=seed)
        assert not ticket.unsolved
        kept.append(ticket.kept / 2400)
        used.append(ticket.mask(0).any(axis=0).sum() / 60)
    half = failing[:-1] / 2
    assert 0.84 < np.mean(kept) / half.sum() < 1
    assert abs(np.mean(used) - (1 - (1 - half) ** 40).sum()) < 0.8


def first_sized(items, target, size):
    return any(sum(one) == target for one in combinations(items, size))


@pytest.mark.ledger("law-sized-solve")
def test_the_sized_law_near_an_even_chance():
    rng = np.random.default_rng(12)
    for n, c, M, t in ((12, 4, 64, 20), (12, 6, 64, -9), (14, 3, 64, 31)):
        missed = np.mean([not first_sized(rng.integers(-M, M + 1, n).tolist(), t, c) for _ in range(400)])
        law = sized_target_failure(n, c, t, M=M)
        assert abs(missed - law) < 0.09


@pytest.mark.ledger("prop-sized-moments")
def test_probabilities_of_sums():
    for c, M in ((0, 3), (1, 3), (4, 5), (7, 2)):
        exact = [float(chance(c, M, u)) for u in range(-c * M, c * M + 1)]
        assert sparse.sum_probabilities(c, M) == pytest.approx(exact, rel=1e-12)


def test_first_hits_are_those_of_trying_all_sets():
    rng = np.random.default_rng(3)
    items, targets = rng.integers(-5, 6, (30, 9)), rng.integers(-12, 13, 30)
    found = tickets.first_hits(items, targets, [4, 1, 2])
    for row, t, hits in zip(items.tolist(), targets.tolist(), found.tolist(), strict=True):
        for c, hit in zip((4, 1, 2), hits, strict=True):
            assert hit == next((n for n in range(1, 10) if first_sized(row[:n], t, c)), 10)
    assert (tickets.first_hits(items, np.full(30, 99), [2]) == 10).all()


def test_first_hits_refuse_what_they_cannot_mean():
    with pytest.raises(TypeError, match="whole numbers"):
        tickets.first_hits([[0.5]], [1], [1])
    with pytest.raises(ValueError, match="shapes"):
        tickets.first_hits([[1, 2]], [1, 2], [1])
    with pytest.raises(ValueError, match="sizes"):
        tickets.first_hits([[1, 2]], [1], [0])


def test_random_first_hits_are_drawn_on_the_grid():
    hits = tickets.random_first_hits(3, 4000, 200, [1], seed=1)[:, 0]
    share = (1 - 1 / 17) ** 10  # one item is the target with probability 1/17
    assert statistics.clopper_pearson((hits > 10).sum(), 4000, level=0.9999).contains(share)
    assert (hits == tickets.random_first_hits(3, 4000, 200, [1], seed=1)[:, 0]).all()


def test_smallest_subset_is_the_smallest():
    rng = np.random.default_rng(8)
    refused = 0
    for _ in range(60):
        items, t = rng.integers(-20, 21, 9), int(rng.integers(-15, 16))
        sizes = [c for c in range(4) if first_sized(items.tolist(), t, c)]
        if not sizes:
            refused += 1
            with pytest.raises(ValueError, match="at most 3"):
                tickets.smallest_subset(items, t, most=3)
            continue
        chosen = tickets.smallest_subset(items, t, most=3)
        assert items[chosen].sum() == t
        assert chosen.sum() == sizes[0]
    assert 0 < refused < 50
    assert not tickets.smallest_subset([3, 5], 0).any()


@pytest.mark.ledger("thm-sparse-counting")
def test_counting_items():
    for bits, success in ((3, 1.0), (8, 1.0), (8, 0.5)):
        for c in (1, 2, 5):
            n = sparse.counting_items(c, bits, success=success)
            sets = [sum(comb(m, i) for i in range(c + 1)) for m in (n - 1, n)]
            assert sets[0] < success * (2**bits + 1) <= sets[1]
            assert n <= sparse.sparse_items(c, bits)


@pytest.mark.ledger("law-sized-solve")
def test_least_items_by_the_law():
    for c, solves in ((2, 1), (3, 50), (5, 1000)):
        n = sparse.sparse_items(c, 6, solves=solves)
        before, now = ((1 - sparse.sparse_failure(m, c, 6)) ** solves for m in (n - 1, n))
        assert before < 0.5 <= now
    # With one item it is known: an item is the target with probability 1/(2M + 1).
    assert sparse.sparse_failure(40, 1, 6) == pytest.approx((1 - 1 / 129) ** 40, rel=2e-3)
    assert sparse.sparse_failure(16, 8, 6) > 10 * sparse.sparse_failure(16, 8, 6, law="poisson")
    with pytest.raises(ValueError, match="poisson, both"):
        sparse.sparse_failure(16, 8, 6, law="gauss")


@pytest.mark.ledger("law-fewest")
def test_the_fewest_items_by_law_and_drawn():
    hits = np.minimum.accumulate(tickets.random_first_hits(8, 12_000, 32, [1, 2], seed=4), axis=1)
    tail = sparse.fewest_tail(32, 8, most=2)
    assert tail[0] == 256 / 257
    for c in (1, 2):
        assert statistics.clopper_pearson((hits[:, c - 1] > 32).sum(), 12_000, level=0.99).contains(tail[c])
    # Markov's inequality from below.
    mean = sum(sparse.sum_probabilities(c, 256)[256 * c - 128 : 256 * c + 129].mean() * comb(32, c) for c in (1, 2))
    assert (hits[:, 1] <= 32).mean() < mean


@pytest.mark.ledger("law-locked")
@pytest.mark.ledger("prop-frozen-source")
@pytest.mark.ledger("prop-frozen-source", "law-locked")
def test_frozen_sources_by_law_and_drawn():
    for case in ({}, {"present": 0.5}, {"locked": 0.5}, {"locked": 1.0}):
        missed = tickets.frozen_misses(8, 12, 3000, seed=6, **case)
        law = sparse.frozen_failure(12, 8, **case)
        near = statistics.clopper_pearson(missed, 3000, level=0.9999)
        assert near.low * 0.9 < law < near.high * 1.1
    with pytest.raises(ValueError, match="one of them"):
        sparse.frozen_failure(12, 8, present=0.5, locked=1.0)


def entropy(g):
    return -g * log2(g) - (1 - g) * log2(1 - g)


@pytest.mark.ledger("thm-natale")
def test_the_forms_of_natale_and_others():
    n = bounds.natale_items(6, eps=1e-4, c_hyp=1.5)
    assert n * entropy(6 / n) >= 1.5 * log2(6e4) > (n - 1) * entropy(6 / (n - 1))
    net, eps, C = bounds.network([np.eye(6) / 2, np.eye(6) / 2]), 0.01, 2.0
    row = bounds.natale(net, eps=eps, density=0.25, c_amp=C)
    n = row.items[0]
    assert row.widths == (2 * 6 * n,) * 2
    for m, enough in ((n, True), (n - 1, False)):  # l = 2, and rho = 1
        assert (m >= C * log2(2 * 2 * 36 * 0.25 * m / eps) ** 2 / entropy(0.25)) == enough


@pytest.mark.ledger("thm-natale-lower")
def test_the_lower_bound_of_natale_and_others():
    m = bounds.natale_lower(bounds.network([(8, 8)]), eps=0.01, density=0.25).parameters
    need = [32 * log2(0.25 * n / 0.01) / entropy(0.25) for n in (m - 1, m)]
    assert m - 1 < need[0]
    assert m >= need[1]
