"""The law of whole networks: its averages by brute force, and least candidates of networks that are really drawn."""

import itertools
import math

import numpy as np
import pytest

from slthlib.lab.statistics import clopper_pearson, median_interval
from slthlib.strong import laws
from slthlib.strong._bank_law import bank_failure, branch_failure, histogram, uniform_column
from slthlib.strong._solve_law import solve_law
from slthlib.sums.laws import certify_failure, product_target_failure, target_failure


def least_units(target, items, units):
    """How many units of the bank a solve takes: after each item of a unit that is alive, the set of all sums."""
    if target == 0:
        return 0
    low = sum(x for x in items if x < 0)
    sums, place = 1 << -low, target - low
    if place < 0:
        return math.inf
    for x, unit in zip(items, units, strict=True):
        sums |= sums << x if x >= 0 else sums >> -x
        if (sums >> place) & 1:
            return unit + 1
    return math.inf


def least_candidates(rng, shapes, bits, source_bits, units, signed):
    """Least units in a bank with which one random network contains one random target."""
    S, step, worst = 2**source_bits, 2 ** (2 * source_bits - bits), 0
    for place, (outputs, inputs) in enumerate(shapes):
        for _ in range(inputs):
            targets = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) + 1, outputs) * step
            b, a = rng.integers(-S, S + 1, units), rng.integers(-S, S + 1, (outputs, units))
            for alive in [np.flatnonzero(b > 0), np.flatnonzero(b < 0)][: 2 if signed and place == 0 else 1]:
                rows = (a[:, alive] * b[alive]).tolist()
                worst = max(worst, *(least_units(int(t), row, alive) for t, row in zip(targets, rows, strict=True)))
    return worst


CASES = [  # bits, source bits, shapes, signed inputs, networks
    (3, 2, [(8, 6), (4, 8)], False, 60),
    (4, 2, [(10, 10)], False, 60),
    (4, 3, [(10, 10)], True, 60),
    (5, 3, [(10, 10)], False, 60),
    (6, 3, [(10, 10)], False, 60),
    (6, 4, [(16, 16), (4, 16)], False, 40),
    (7, 4, [(10, 10)], False, 40),
    (8, 4, [(12, 12)], True, 40),
    (8, 5, [(30, 30)], False, 30),
]


@pytest.mark.ledger("law-network")
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_median_of_networks_that_are_really_drawn(case):
    """Within one item of each branch, that is two candidates, of an interval for the median: nothing is fitted."""
    bits, source_bits, shapes, signed, networks = case
    rng = np.random.default_rng(bits)
    least = np.array([least_candidates(rng, shapes, bits, source_bits, 150, signed) for _ in range(networks)])
    seen = median_interval(least, level=0.99)
    options = {"bits": bits, "source_bits": source_bits, "signed_inputs": signed}
    law = laws.candidates_needed(shapes, failure=0.5, **options)
    print(f"{case[:4]}: median {seen.mid} [{seen.low}, {seen.high}], law {law}")
    assert seen.low - 2 <= law <= seen.high + 2
    # The whole curve: at the quartiles, the law two candidates later and earlier encloses the measured share.
    for count in np.quantile(least, [0.25, 0.5, 0.75]).astype(int).tolist():
        share = clopper_pearson(int((least > count).sum()), networks, level=0.999)
        around = laws.network_failure([count - 2, count + 2], shapes, **options).failure
        assert around[1] <= share.high
        assert around[0] >= share.low


@pytest.mark.ledger("law-network")
@pytest.mark.slow
@pytest.mark.parametrize(("bits", "source_bits"), [(4, 4), (6, 6), (5, 7)])
def test_networks_of_single_weights(bits, source_bits):
    """Least number of copies over all solves of a layer, for 200 weights."""
    rng, step, S = np.random.default_rng(bits), 2 ** (source_bits - bits), 2**source_bits
    least = []
    for _ in range(60):
        targets = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) + 1, 200) * step
        rows = rng.integers(-S, S + 1, (200, 60)).tolist()
        least.append(max(least_units(int(t), row, range(60)) for t, row in zip(targets, rows, strict=True)))
    nothing = np.zeros((1, 1), int)  # a first layer that asks for nothing
    law = laws.candidates_needed(
        [nothing, (1, 200)], bits=bits, failure=0.5, source_bits=source_bits, construction="copies"
    )
    seen = median_interval(np.array(least), level=0.99)
    assert seen.low - 1 <= law <= seen.high + 1


# The averages


def test_weights_share_nothing_where_they_are_single():
    """1 - P is the product of 1 - p over the very weights of the target."""
    rng = np.random.default_rng(1)
    last = rng.integers(-16, 17, (6, 9))
    found = laws.network_failure(
        [9, 14, 30], [np.zeros((9, 4), int), last], bits=5, source_bits=6, construction="copies"
    )
    for n, failure, misses in zip(found.candidates.tolist(), found.failure, found.unsolved, strict=True):
        p = target_failure(n, 64, 2 * last)
        assert failure == pytest.approx(1 - np.prod(1 - p), rel=1e-9)
        assert misses == pytest.approx(p.sum(), rel=1e-9)
    assert (found.solves, found.banks) == (9 * 4 * 2 + 54, 13)


def test_copies_are_made_as_often_as_they_are_read():
    """The first layer of copies is a diamond, each of whose weights is solved once for every copy."""
    rng = np.random.default_rng(4)
    one, two = rng.integers(-8, 9, (5, 3)), rng.integers(-8, 9, (4, 5))
    options = {"bits": 4, "source_bits": 4, "signed_inputs": False}
    both = laws.network_failure([7, 11], [one, two], construction="copies", first=30, **options)
    diamond = laws.network_failure(30, [one], **options).unsolved[0]
    single = np.array([target_failure(n, 16, two).sum() for n in (7, 11)])
    assert both.unsolved == pytest.approx(np.array([7, 11]) * diamond + single)
    repeated = laws.network_failure(30, [np.repeat(one, 7, axis=0)], **options).failure[0]
    assert both.failure[0] == pytest.approx(1 - (1 - repeated) * np.prod(1 - target_failure(7, 16, two)))


@pytest.mark.ledger("law-network")
@pytest.mark.parametrize(("bits", "source_bits"), [(2, 1), (3, 2), (4, 3)])
@pytest.mark.parametrize("branches", [1, 2])
def test_the_average_over_banks_term_by_term(bits, source_bits, branches):
    """All numbers of positive, negative and odd b's, one after another, with their probabilities."""
    law, units = solve_law(bits, source_bits, False), 7
    rng = np.random.default_rng(bits)
    column = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) + 1, (3, 1))
    t = np.abs(column[:, 0])
    S = 2**source_bits
    alive, even = S / (2 * S + 1), (S + 1) / (2 * S + 1)

    def solved(n):
        rest = law.rest(np.array([n]))[0][t]
        total = 0.0
        for h in range(n + 1):
            hidden = np.where(t % 2 == 1, even**h, 0.0) if law.parity else 0.0
            total += math.comb(n, h) / 2**n * np.prod((1 - rest) * (1 - hidden))
        return total

    slow = 0.0
    for plus, minus in itertools.product(range(units + 1), repeat=2):
        if plus + minus <= units:
            ways = math.comb(units, plus) * math.comb(units - plus, minus)
            chance = ways * alive ** (plus + minus) * (1 - 2 * alive) ** (units - plus - minus)
            slow += chance * solved(plus) * (solved(minus) if branches == 2 else 1)
    fast = bank_failure(law, units, histogram(column, 2 ** (bits - 1) + 1), branches)
    assert fast[0] == pytest.approx(1 - slow, abs=1e-12)


@pytest.mark.parametrize("bits", [2, 4, 6, 8])
def test_parity_and_the_rest_make_the_law_of_one_solve(bits):
    """Averaged over the number of odd b's, one solve of a column fails as the law of one solve says."""
    law, n = solve_law(bits, bits // 2, False), np.array([0, 1, 5, 20, 50])
    T = 2 ** (bits - 1) + 1
    for t in (1, T - 1):
        alone = histogram(np.array([[t]]), T)
        whole = product_target_failure(n, law.S, law.S, t)
        assert branch_failure(law, n, alone)[0] == pytest.approx(whole, rel=1e-7)


@pytest.mark.parametrize("construction", ["diamond", "copies"])
def test_more_candidates_help_and_the_union_is_larger(construction):
    counts = np.arange(30, 121, 6)
    shapes = [(20, 10), (5, 20)]
    found = laws.network_failure(counts, shapes, bits=4, source_bits=4, construction=construction, first=100)
    assert (found.failure <= found.unsolved * (1 + 1e-9)).all()
    assert (np.diff(found.failure) < 0).all() or construction == "copies"
    rare = found.unsolved < 1e-3
    assert found.failure[rare] == pytest.approx(found.unsolved[rare], rel=0.05)


def test_sharing_a_bank_makes_solves_fail_together():
    """The same number of solves in fewer banks: the mean stays, the chance of any failure falls."""
    wide, tall = (
        laws.network_failure(44, [shape], bits=4, source_bits=2, signed_inputs=False) for shape in ((4, 100), (100, 4))
    )
    assert wide.unsolved == pytest.approx(tall.unsolved)
    assert np.log1p(-tall.failure[0]) > 0.7 * np.log1p(-wide.failure[0])


def test_collapse_over_the_size_of_the_network():
    """-ln(1 - P) per solve is one curve, whatever their number."""
    first = np.zeros((1, 1), int)
    for n in (10, 16, 24):
        curves = []
        for columns in (10, 1000, 400_000):
            found = laws.network_failure(
                n, [first, (1, columns)], bits=6, source_bits=6, construction="copies", signed_inputs=False
            )
            if found.failure[0] < 1 - 1e-12:
                curves.append(-np.log1p(-found.failure[0]) / columns)
        assert np.ptp(curves) < 1e-9 * max(curves) if len(curves) > 1 else curves


def test_collapse_over_bits():
    """Items beyond the bits of the target: for single weights the same at every precision, to within an item."""
    n = np.arange(4, 70)
    for failure in (1e-2, 1e-4, 1e-6):
        beyond = [
            int(n[np.argmax(laws.solve_failure(n, k, source_bits=k, construction="copies") <= failure)]) - k
            for k in range(5, 11)
        ]
        assert max(beyond) - min(beyond) <= 1 + (failure < 1e-4)


def test_convolutions_share_banks_over_taps():
    kernel = np.random.default_rng(2).integers(-8, 9, (3, 2, 3, 3))
    rows = np.moveaxis(kernel, 1, -1).reshape(-1, 2)
    assert rows.shape == (27, 2)
    a, b = (
        laws.network_failure(50, [x], bits=4, source_bits=3, signed_inputs=False).failure[0] for x in (kernel, rows)
    )
    assert a == b


# Planning


@pytest.mark.parametrize("bits", [3, 4, 5, 6, 8, 10])
def test_the_choice_is_the_best_of_its_table(bits):
    choice = laws.choose_source_bits(bits, 4736, 96, 0.01, False)
    sources = [row[0] for row in choice.alternatives]
    assert sources == list(range(-(-bits // 2), bits + 1))
    best = min(choice.alternatives, key=lambda row: row[1])
    assert choice.candidates == best[1]
    assert (choice.source_bits, best[1]) in [row[:2] for row in choice.alternatives]
    assert all(row[2] <= row[1] for row in choice.alternatives)
    assert str(choice.candidates) in choice.why
    # One bit finer than the root of the grid: parity is gone, and the median hardly dearer.
    if bits % 2 == 0:
        assert choice.source_bits == bits // 2 + 1
    assert choice == laws.choose_source_bits(bits, 4736, 96, 0.01, False)


def test_the_median_would_choose_another_source():
    """Few weights at 8 bits: the coarsest source has the better median, and the worse tail."""
    coarse, finer = (laws.choose_source_bits(8, 100, 10, 1e-4, False).alternatives[i] for i in (0, 1))
    assert coarse[2] < finer[2]
    assert coarse[1] > finer[1] + 10
    assert laws.choose_source_bits(8, 100, 10, 1e-4, False).source_bits == 5
    assert laws.choose_source_bits(8, 100, 10, 0.5, False).source_bits == 4


@pytest.mark.parametrize(("bits", "failure"), [(4, 0.3), (6, 0.01), (8, 1e-4)])
@pytest.mark.parametrize("signed", [False, True])
def test_plans_are_on_the_safe_side_of_the_law(bits, failure, signed):
    """Never fewer than the law itself asks for, and at most three candidates more."""
    shapes = [(50, 20)]
    for source_bits, planned, _ in laws.choose_source_bits(bits, 1000 * (1 + signed), 20, failure, signed).alternatives:
        law = laws.candidates_needed(shapes, bits=bits, failure=failure, source_bits=source_bits, signed_inputs=signed)
        assert law <= planned <= law + 4


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "signed"), [(4, False), (5, True), (6, False)])
def test_plans_are_not_too_hopeful(bits, signed):
    """Networks drawn with the planned candidates fail no more often than asked for."""
    rng, shape, failure, networks = np.random.default_rng(bits), (10, 8), 0.2, 120
    choice = laws.choose_source_bits(bits, 80 * (1 + signed), 8, failure, signed)
    for source_bits, planned, _ in choice.alternatives[:2]:
        least = [least_candidates(rng, [shape], bits, source_bits, 150, signed) for _ in range(networks)]
        seen = clopper_pearson(int((np.array(least) > planned).sum()), networks, level=0.998)
        print(f"{bits} bits, source {source_bits}: {planned} candidates, failures {seen.mid:.3f} [{seen.low:.3f}, ..]")
        assert seen.low <= failure


@pytest.mark.parametrize(("bits", "source_bits"), [(4, 2), (6, 3), (8, 5)])
def test_two_levels_are_enough_and_dearer(bits, source_bits):
    plan = laws.two_level_candidates(bits, 1000, 20, 0.01, False, source_bits=source_bits)
    whole = laws.network_failure(plan.candidates, [(50, 20)], bits=bits, source_bits=source_bits, signed_inputs=False)
    assert whole.failure[0] < 0.01
    rows = {row[0]: row[1] for row in laws.choose_source_bits(bits, 1000, 20, 0.01, False).alternatives}
    assert rows[source_bits] < plan.candidates


# Bounds


@pytest.mark.ledger("law-network")
@pytest.mark.parametrize("construction", ["copies", "diamond"])
@pytest.mark.parametrize("bits", [3, 4, 6, 8, 10])
def test_the_law_lies_between_the_bounds(construction, bits):
    """For every n and N; where parity is all there is, a lower bound larger by a twentieth is caught."""
    n = np.arange(bits // 2, 90)
    caught = 0
    for source_bits in {bits, -(-bits // 2)} if construction == "diamond" else {bits}:
        p = laws.solve_failure(n, bits, source_bits=source_bits, construction=construction)
        for solves in (1, 100, 400_000):
            found = laws.transition_bounds(n, solves, bits=bits, source_bits=source_bits, construction=construction)
            law = -np.expm1(solves * np.log1p(-np.minimum(p, 1 - 1e-16)))
            assert (law <= found.upper * (1 + 1e-12)).all()
            # Below the counting bound the law is near 1 and no closer to it than it claims.
            usual = n >= bits + 2
            assert (law >= found.lower * (1 - 1e-9))[usual].all()
            caught += (law < 1.05 * found.lower)[usual & (law < 0.5)].any()
            assert found.counting == bits + 1
            assert found.lower[n < found.counting].min() > (0.0 if solves > 1 else -1.0)
    assert caught == (construction == "diamond" and bits % 2 == 0)


def test_the_certificate_of_a_network():
    bound, one = laws.certify_network(40, 1000, source_bits=6, seed=3)
    assert one == certify_failure(40, 64, seed=3)
    assert bound == min(1.0, 1000 * one.bound)
    law = laws.solve_failure(40, 6, source_bits=6, construction="copies")
    assert 1000 * law < bound < 1


def test_a_column_that_stands_for_uniform_targets():
    assert uniform_column(34.0, 9)[0] == pytest.approx([2.0] + 8 * [4.0])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: laws.solve_failure(5, 8, source_bits=3), "source_bits: expected a whole number from 4 to 14"),
        (lambda: laws.solve_failure(5, 0, source_bits=3), "bits: expected a whole number from 1 to 14"),
        (lambda: laws.solve_failure(5, 4, source_bits=3, construction="copies"), "from 4 to 14"),
        (lambda: laws.solve_failure(5, 4, source_bits=4, construction="cubes"), "expected one of 'diamond', 'copies'"),
        (lambda: laws.solve_failure(5, 4, [9], source_bits=4), "target: expected at most 8 in size, got 9"),
        (lambda: laws.network_failure(5, [], bits=4, source_bits=4), "at least one layer"),
        (lambda: laws.network_failure(-5, [(2, 2)], bits=4, source_bits=4), "candidates: expected"),
        (lambda: laws.network_failure(5, [np.ones(3, int)], bits=4, source_bits=4), "layer 0 shaped"),
        (lambda: laws.candidates_needed([(2, 2)], bits=4, failure=1.0, source_bits=4), r"in \(0, 1\), got 1.0"),
        (lambda: laws.choose_source_bits(4, 0, 1, 0.1, False), "solves: expected a whole number of at least 1"),
        (lambda: laws.choose_source_bits(4, 1, 1, 0.0, False), r"failure: expected a probability in \(0, 1\)"),
        (lambda: laws.transition_bounds(0, 1, bits=4, source_bits=4), "n: expected whole numbers of at least 1"),
        (lambda: laws.transition_bounds(1, 1, bits=4, source_bits=4, construction="x"), "expected 'copies' or"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_real_weights_are_not_integers_in_units_of_the_grid():
    with pytest.raises(TypeError, match="target: expected integers in units"):
        laws.network_failure(5, [np.full((2, 2), 0.5)], bits=4, source_bits=4)
