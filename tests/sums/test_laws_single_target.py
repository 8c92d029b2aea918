"""The law of one solve with single weights: its parts against enumeration, the whole against exact averages."""

import itertools

import numpy as np
import pytest

from slthlib.lab.statistics import clopper_pearson
from slthlib.sums import laws
from slthlib.sums._target_kernels import missed_at_targets
from slthlib.sums.laws._residues import forbidden, residue_law
from slthlib.sums.laws._tilted import Items

GO = np.zeros(1, np.uint8)


def half(S, step=1):
    return np.arange(-(S // 2), S // 2 + 1, step)


def every_item(S, n):
    """All (2S + 1)**n problems, one a row."""
    return np.array(list(itertools.product(range(-S, S + 1), repeat=n)))


def reached(rows, q=None):
    """Sets of subset sums, or of their residues."""
    for row in rows:
        sums = {0}
        for x in row.tolist():
            sums |= {s + x if q is None else (s + x) % q for s in sums}
        yield sums


# What the law and the measurement are made of


@pytest.mark.parametrize(("n", "largest", "farthest"), [(1, 3, 9), (5, 4, 24), (9, 12, 30), (14, 40, 64), (30, 6, 9)])
def test_many_targets_at_once_are_the_targets_one_by_one(n, largest, farthest):
    rng = np.random.default_rng(n)
    rows, targets = rng.integers(0, largest + 1, (40, n)), np.arange(farthest + 1)
    out = np.empty((40, targets.size))
    missed_at_targets(rows, targets, out, GO)
    assert out.T.tolist() == [laws.missed_given_magnitudes(rows, int(t)).tolist() for t in targets]


@pytest.mark.parametrize(("S", "n"), [(2, 3), (3, 3), (5, 2)])
def test_residues_alone_by_enumeration(S, n):
    rows, targets = every_item(S, n), np.arange(1, 13)
    law = forbidden(np.tile(residue_law(S, 1), (n, 1)), targets)[n]
    for t, found in zip(targets.tolist(), law.tolist(), strict=True):
        q = 1 if t % 8 == 0 else 2 * (t & -t)
        by_two = np.mean([t % q not in sums for sums in reached(rows, q)])
        by_three = np.mean([t % 3 not in sums for sums in reached(rows, 3)])
        assert found == pytest.approx(1 - (1 - by_two) * (1 - by_three), abs=1e-12)


@pytest.mark.parametrize(("S", "n"), [(2, 4), (4, 3)])
def test_patterns_that_miss_for_certain_by_enumeration(S, n):
    """2**-n E #{A : a(A) < v}, exactly."""
    law = Items.make(S, np.array([1]), np.ones(1), 1 / (2 * S + 1), False)
    table = law.certain(np.array([float(n)]), S)
    chosen = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    sums = np.abs(every_item(S, n)) @ chosen.T
    assert table == pytest.approx([(sums < v).mean() for v in range(table.size)], abs=1e-12)


def test_means_over_the_items_at_large_sizes_are_those_of_all_integers():
    """Beyond 256 the sum over the magnitudes is an integral."""
    S = 1500
    law = Items.make(S, np.array([1]), np.ones(1), 1 / (2 * S + 1), False)
    u = law.x[::40, None] * np.arange(1, S + 1)
    p = np.exp(-np.logaddexp(0, u))
    a = np.arange(1.0, S + 1)
    v = p * (1 - p)
    exact = [np.logaddexp(0, -u), a * p, a**2 * v, a**3 * v * (1 - 2 * p), a**4 * v * (1 - 6 * v)]
    for found, rows in zip(law.tables[0][:, ::40], exact, strict=True):
        slow = rows.mean(axis=1)
        assert np.abs(found - slow).max() < 1e-4 * np.abs(slow).max()


# The measurement


@pytest.mark.parametrize(("n", "S", "t"), [(3, 3, 1), (6, 2, 2), (8, 2, 1), (5, 4, 3)])
def test_measured_failures_against_exact_ones(n, S, t):
    found = laws.measured_target_failure(n, S, [t, 0, -t], draws=8192, seed=3)
    exact = laws.exact_failure(n, S, target=t)
    assert abs(found.failure[0, 0] - exact) < 4 * found.standard_error[0, 0]
    assert found.standard_error[0, 0] < 0.03 * exact
    assert found.failure[0].tolist() == [found.failure[0, 0], 0.0, found.failure[0, 0]]
    assert found.mean[0] == pytest.approx(found.failure[0].mean())


def test_rare_residues_are_seen():
    """An odd target at n = 40: all items are even with probability (5/9)**40, which plain draws never show."""
    found = laws.measured_target_failure(40, 4, [1], draws=4096, seed=1)
    exact = laws.exact_failure(40, 4, target=1)
    assert exact > (5 / 9) ** 40
    assert abs(found.mean[0] - exact) < 4 * found.mean_error[0]
    assert found.mean_error[0] < 0.1 * exact


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads():
    one, two = (laws.measured_target_failure([9, 20], 16, half(16), draws=3000, seed=7, threads=k) for k in (1, 2))
    assert one.failure.tolist() == two.failure.tolist()
    assert one.mean_error.tolist() == two.mean_error.tolist()


# The law


@pytest.mark.parametrize("t", [1, 2, 3, 4])
def test_the_law_against_exact_averages_at_the_smallest_grid(t):
    """S = 4, no random numbers at all: within 0.7 and 1.4, and within half an item."""
    n = np.arange(4, 41, 6)
    exact = np.array([laws.exact_failure(int(x), 4, target=t) for x in n])
    law = laws.target_failure(n, 4, t)
    assert np.abs(np.log(law / exact)).max() < np.log(1.4)


@pytest.mark.ledger("law-one-solve")
@pytest.mark.slow
@pytest.mark.parametrize("bits", range(3, 11))
def test_the_law_within_a_third_of_an_item(bits):
    """Failures from one half to 1e-9, averaged over the targets of the grid."""
    S, n = 2**bits, bits + np.array([1, 3, 6, 10, 16, 24, 34])
    targets = half(S, max(1, S // 64) | 1)
    draws = 3000 if bits < 8 else 1000
    truth = laws.measured_target_failure(n, S, targets, draws=draws, seed=bits)
    law, earlier, later = (laws.target_failure(n + x, S, targets).mean(axis=1) for x in (0, -1, 1))
    room = 3.5 * truth.mean_error
    assert (law ** (2 / 3) * later ** (1 / 3) < truth.mean + room).all()
    assert (law ** (2 / 3) * earlier ** (1 / 3) > truth.mean - room).all()


def test_a_source_finer_than_the_target():
    """Copies of targets that are multiples of 8: the same law, with fewer residues in the way."""
    n, targets = np.array([7, 12, 20, 32]), half(32, 8)
    truth = laws.measured_target_failure(n, 32, targets, draws=4000, seed=1)
    law = laws.target_failure(n, 32, targets).mean(axis=1)
    assert (np.abs(law / truth.mean - 1) < 0.15 + 3.5 * truth.mean_error / truth.mean).all()


def test_the_normal_law_in_the_middle():
    """On a fine grid, where failure is not rare, the tilted law is the normal one; far out it is larger."""
    S, n = 4096, np.array([12, 13, 14, 15])
    normal = 1 - laws.subset_sum_probability(n, 1000, M=S)
    assert laws.target_failure(n, S, 1000) == pytest.approx(normal, rel=0.05)
    assert laws.target_failure(44, S, 2048) > 2 * (1 - laws.subset_sum_probability(44, 2048, M=S))


@pytest.mark.parametrize("S", [4, 8, 64, 512])
def test_more_items_help_and_farther_targets_are_harder(S):
    n = np.arange(int(np.log2(S)) + 1, 70)
    odd = np.arange(1, S // 2 + 1, 6)
    law = laws.target_failure(n, S, odd)
    assert (np.diff(law, axis=0) < 0).all()
    assert (np.diff(law[8:], axis=1) > 0).all()
    assert laws.target_failure(20, S, -odd).tolist() == laws.target_failure(20, S, odd).tolist()
    assert laws.target_failure([0, 5], S, [0, S // 2])[:, 0].tolist() == [0.0, 0.0]
    assert laws.target_failure(0, S, S // 2) == 1.0


def test_never_below_what_is_certain():
    """All items on the wrong side, or all even, are two events that the law has to have in it."""
    for S in (4, 16, 128):
        n = np.array([10, 30, 60, 90])
        assert (laws.target_failure(n, S, 1) > ((S + 1) / (2 * S + 1)) ** n).all()


# Subsets of a fixed size


def missing(items, size, target, M):
    """Whether no subset of ``size`` items has this sum: a bit for each sum, for each size."""
    sums = [1 << (len(items) * M)] + [0] * size
    for x in items:
        for k in range(size, 0, -1):
            sums[k] |= sums[k - 1] << x if x >= 0 else sums[k - 1] >> -x
    return not (sums[size] >> (len(items) * M + target)) & 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "size", "target", "M"), [(14, 7, 16, 64), (16, 8, 1, 64), (18, 6, 8, 32), (20, 10, 16, 32), (16, 12, 8, 16)]
)
def test_sized_failures(n, size, target, M):
    """Within a factor of 1.5 of a simulation, where the normal law is too small by 2 and more."""
    problems = 4000
    rows = np.random.default_rng(n).integers(-M, M + 1, (problems, n)).tolist()
    seen = clopper_pearson(sum(missing(row, size, target, M) for row in rows), problems, level=0.999)
    law = laws.sized_target_failure(n, size, target, M=M)
    print(f"{n} {size} {target} {M}: {seen.mid:.4f} [{seen.low:.4f}, {seen.high:.4f}], law {law:.4f}")
    assert seen.low / 1.5 < law < 1.5 * seen.high
    if size < n / 2 + 1:
        assert 1 - laws.subset_sum_probability(n, target, M=M, size=size) < law


@pytest.mark.slow
@pytest.mark.parametrize(("n", "size", "target", "M"), [(28, 14, 16, 32), (26, 10, 16, 64)])
def test_rare_sized_failures(n, size, target, M):
    """Within a factor of 2 at failures of 1e-4: items that lean to one side are drawn on purpose, and weighted."""
    rng, values, problems = np.random.default_rng(n), np.arange(-M, M + 1), 10_000
    tilts = np.array([0.0, 1.0, -1.0, 2.0, -2.0])
    chances = np.exp(tilts[:, None] * values / M)
    norms = chances.mean(axis=1)
    chances /= chances.sum(axis=1, keepdims=True)
    weighted = np.zeros(problems)
    for i in range(problems):
        items = rng.choice(values, n, p=chances[i % tilts.size])
        if missing(items.tolist(), size, target, M):
            weighted[i] = 1 / np.mean(np.exp(tilts * items.sum() / M) / norms**n)
    truth, error = weighted.mean(), weighted.std() / np.sqrt(problems)
    law = laws.sized_target_failure(n, size, target, M=M)
    print(f"{n} {size} {target} {M}: {truth:.3g} +- {error:.1g}, {(weighted > 0).sum()} failures, law {law:.3g}")
    assert 0 < error < 0.25 * truth
    assert (truth - 3 * error) / 2 < law < 2 * (truth + 3 * error)
    assert 1 - laws.subset_sum_probability(n, target, M=M, size=size) < 0.1 * law


def test_sized_failures_at_their_limits():
    n = np.array([20, 40, 80])
    failures = laws.sized_target_failure(n, n // 4, 8, M=64)
    assert (np.diff(failures) < 0).all()
    # Near its threshold the normal law is good; a subset of all items is one sum.
    near = laws.sized_target_failure(12, 6, 100, M=512)
    assert near == pytest.approx(1 - laws.subset_sum_probability(12, 100, M=512, size=6), abs=0.06)
    assert laws.sized_target_failure(5, 0, 0, M=4) == 0.0
    assert laws.sized_target_failure(5, 0, 1, M=4) == 1.0
    assert laws.sized_target_failure(12, 6, 0.2, eps=1e-3) == pytest.approx(
        laws.sized_target_failure(12, 6, 100, M=500), rel=0.02
    )
    assert laws.sized_target_failure(6, 2, 64 * 6, M=64) == pytest.approx(1.0, abs=1e-9)


# What comes in


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: laws.target_failure(-1, 8, 1), ValueError, "n: expected whole numbers of at least 0"),
        (lambda: laws.target_failure(5, 0, 1), ValueError, "S: expected a whole number of at least 1"),
        (lambda: laws.target_failure(5, 2**15, 1), ValueError, "S: expected at most 16384"),
        (lambda: laws.target_failure(5, 8, 0.5), TypeError, "targets: expected whole numbers"),
        (lambda: laws.target_failure(1001, 8, 1), ValueError, "at most 1000 items"),
        (
            lambda: laws.measured_target_failure(5, 8, [1], draws=3, seed=1),
            ValueError,
            "draws: expected a whole number",
        ),
        (lambda: laws.measured_target_failure(5, 8, [1], seed=-1), ValueError, "seed: expected a whole number"),
        (lambda: laws.measured_target_failure(5, 8, [1], bank=[1, 2], seed=1), ValueError, "at least n = 5"),
        (lambda: laws.sized_target_failure(5, 6, 1, M=4), ValueError, "size: expected whole numbers from 0 to n"),
    ],
)
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call()
