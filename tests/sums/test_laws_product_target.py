"""The law of one solve with products: residues, parity, given banks, and exact averages over signs."""

import itertools

import numpy as np
import pytest

from slthlib.sums import laws


def grid(S1, S2, step=1):
    return np.arange(-(S1 * S2 // 2), S1 * S2 // 2 + 1, step)


def enumerated(n, a_values, b_rows, targets):
    """P(t missed) over all a's and all given rows of b's."""
    hits, problems = np.zeros(len(targets)), 0
    for b in b_rows:
        for a in itertools.product(a_values, repeat=n):
            sums = {0}
            for x in (p * q for p, q in zip(a, b, strict=True)):
                sums |= {s + x for s in sums}
            hits += [t in sums for t in targets]
            problems += 1
    return 1 - hits / problems


# The measurement


@pytest.mark.parametrize("positive", [True, False])
def test_measured_failures_by_enumeration(positive):
    b = range(1, 3) if positive else range(-2, 3)
    targets = [0, 1, 2, 3, 4]
    exact = enumerated(3, range(-2, 3), itertools.product(b, repeat=3), targets)
    found = laws.measured_target_failure(3, 2, targets, factor=2, positive=positive, draws=20_000, seed=1)
    assert (np.abs(found.failure[0] - exact)[1:] < 4 * found.standard_error[0, 1:]).all()
    assert found.failure[0, 0] == exact[0] == 0


@pytest.mark.parametrize("bank", [(1, 2, 2, 1), (2, 2, 2, 2), (-1, 0, 3, 2)])
def test_measured_failures_given_a_bank_by_enumeration(bank):
    targets = [1, 2, 3, 4]
    exact = enumerated(4, range(-2, 3), [bank], targets)
    found = laws.measured_target_failure(4, 2, targets, bank=bank, draws=20_000, seed=1)
    # Where failure is certain, only the weights of the draws vary.
    assert (np.abs(found.failure[0] - exact) < 4 * found.standard_error[0] + 1e-12).all()


def test_measured_parity():
    """At n = 60 odd targets fail because all items are even, (2/3)**60 at M1 = 4 of one branch, and for little else."""
    found = laws.measured_target_failure(60, 4, [1, 3], factor=4, draws=4096, seed=2)
    even = laws.product_parity_bound(60, 4, 4, positive=True)
    room = 4 * found.standard_error[0]
    assert (found.failure[0] > even - room).all()
    assert (found.failure[0] < 1.01 * even + room).all()
    assert (found.standard_error[0] < 0.1 * even).all()


# The law


@pytest.mark.ledger("law-one-solve")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("bits", "source"), [(3, 2), (4, 2), (4, 3), (5, 3), (6, 3), (6, 4), (7, 4), (8, 4), (8, 5), (10, 5)]
)
def test_the_law_within_half_an_item(bits, source):
    """Failures from 0.3 to 1e-9, averaged over targets; the coarsest sources and those one bit finer."""
    S, n = 2**source, bits + np.array([5, 8, 12, 18, 26, 36])
    step = 2 ** (2 * source - bits)
    targets = grid(S, S, step)
    targets = targets[:: max(1, targets.size // 33) | 1]
    truth = laws.measured_target_failure(n, S, targets, factor=S, draws=3000 if source < 5 else 1000, seed=bits)
    law, earlier, later = (laws.product_target_failure(n + x, S, S, targets).mean(axis=1) for x in (0, -1, 1))
    room = 3.5 * truth.mean_error
    rare = truth.mean < 0.3
    assert rare.sum() >= 5
    assert (np.sqrt(law * later) < truth.mean + room)[rare].all()
    assert (np.sqrt(law * earlier) > truth.mean - room)[rare].all()


@pytest.mark.parametrize("positive", [True, False])
def test_both_signs_of_the_second_factor(positive):
    n, targets = np.array([12, 18, 30]), grid(16, 16, 4)
    truth = laws.measured_target_failure(n, 16, targets, factor=16, positive=positive, draws=2000, seed=4)
    law = laws.product_target_failure(n, 16, 16, targets, positive=positive).mean(axis=1)
    assert (np.abs(np.log(law / truth.mean)) < 0.25 + 3.5 * truth.mean_error / truth.mean).all()


@pytest.mark.ledger("prop-products-parity")
@pytest.mark.parametrize("S", [2, 4, 16, 64])
def test_parity_is_never_violated_and_takes_over(S):
    n, odd = np.array([1, 5, 10, 20, 40, 60, 100]), np.array([1, 3, 5, 7])
    odd = odd[odd <= S * S // 2]
    law = laws.product_target_failure(n, S, S, odd)
    bound = laws.product_parity_bound(n, S, S, positive=True)
    assert (law >= bound[:, None] * (1 - 1e-9)).all()
    # Far out it is parity, to two digits, and even targets fail a thousand times less.
    assert law[-1] == pytest.approx(bound[-1], rel=0.02)
    if S > 2:
        assert laws.product_target_failure(100, S, S, 8) < 1e-3 * bound[-1]


@pytest.mark.ledger("law-one-solve")
def test_one_bit_finer_has_no_parity():
    """k = 8: at failures of 1e-4 a source of 5 bits takes 5 items less than one of 4 bits, 10 less for odd targets."""
    n = np.arange(10, 60)
    coarse = laws.product_target_failure(n, 16, 16, grid(16, 16)).mean(axis=1)
    finer = laws.product_target_failure(n, 32, 32, grid(32, 32, 4)).mean(axis=1)
    least = [int(n[np.argmax(x <= 1e-4)]) for x in (coarse, finer)]
    for S, step, found in ((16, 1, least[0]), (32, 4, least[1])):
        targets = grid(S, S, step)[::3]
        truth = laws.measured_target_failure([found - 1, found + 1], S, targets, factor=S, draws=2000, seed=S)
        assert truth.mean[0] + 3 * truth.mean_error[0] > 1e-4
        assert truth.mean[1] - 3 * truth.mean_error[1] < 1e-4
    assert least == [31, 26]
    odd = laws.product_target_failure(n, 16, 16, grid(16, 16)[1::2]).mean(axis=1)
    assert int(n[np.argmax(odd <= 1e-4)]) == 34


def test_a_bank_of_ones_is_a_source_of_single_weights():
    targets = np.array([1, 3, 8, -5])
    for n in (6, 15, 30):
        given = laws.bank_target_failure(np.ones(n, int), 16, targets)
        assert given == pytest.approx(laws.target_failure(n, 16, targets), rel=1e-6)
    assert laws.bank_target_failure([], 16, [0, 2]).tolist() == [0.0, 1.0]


def test_the_law_given_banks():
    """Each bank against its own measurement; and the mean over banks is the law with random b."""
    rng, targets = np.random.default_rng(1), np.arange(4, 129, 12)
    ratios = []
    for _ in range(4):
        bank = rng.integers(1, 17, 22)
        truth = laws.measured_target_failure([14, 22], 16, targets, bank=bank, draws=2000, seed=rng)
        law = np.array([laws.bank_target_failure(bank[:n], 16, targets).mean() for n in (14, 22)])
        assert (np.abs(np.log(law / truth.mean)) < np.log(1.6) + 4 * truth.mean_error / truth.mean).all()
        ratios.append(law / truth.mean)
    print(np.round(ratios, 2))
    given = np.array([laws.bank_target_failure(rng.integers(1, 17, 16), 16, targets).mean() for _ in range(200)])
    mean = laws.product_target_failure(16, 16, 16, targets).mean()
    # The law of the mean takes the middle of the logarithms: it is at or below the mean of the laws.
    assert 0.8 * mean < given.mean() + 4 * given.std() / np.sqrt(200)
    assert given.mean() - 4 * given.std() / np.sqrt(200) < 1.25 * mean


def test_a_bank_without_odd_numbers_never_reaches_an_odd_target():
    law = laws.bank_target_failure([2, 4, 6, 8] * 10, 16, [1, 3, 2])
    assert law[:2].tolist() == [1.0, 1.0]
    # Halved, they are those of 1, 2, 3, 4 with an odd target, and 20 odd b's.
    assert law[2] == pytest.approx((17 / 33) ** 20, rel=0.02)


@pytest.mark.parametrize("S", [4, 16, 64])
def test_more_products_help(S):
    n = np.arange(int(2 * np.log2(S)), 80)
    law = laws.product_target_failure(n, S, S, [1, 2, 3, 4, 8])
    assert (np.diff(law, axis=0) < 0).all()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: laws.product_target_failure(5, 4, 0, 1), ValueError, "S2: expected a whole number of at least 1"),
        (lambda: laws.product_target_failure(5, 4, 4, [0.5]), TypeError, "targets: expected whole numbers"),
        (lambda: laws.bank_target_failure([[1, 2]], 4, 1), TypeError, "bank: expected whole numbers in one row"),
        (lambda: laws.bank_target_failure([0.5], 4, 1), TypeError, "bank: expected whole numbers in one row"),
    ],
)
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call()
