"""The law of small failure: its integrals, its seam with the law of the middle, and measured failures."""

import numpy as np
import pytest
from scipy import integrate, special

from slthlib.sums import laws
from slthlib.sums.laws.small_failure import inverse_tau, tilted
from slthlib.sums.laws.targets import all_targets

MEASURED = {  # least n with P(fail) <= 0.5, 0.1, 0.01, 1e-4, 1e-6, 1e-9
    32: [10, 13, 18, 26, 35, 47],
    128: [13, 16, 20, 28, 36, 48],
    512: [15, 18, 22, 30, 38, 50],
    2048: [17, 20, 24, 32, 40, 51],
}


def dilogarithm(z):
    return special.spence(1 - z)  # sum of z**k / k**2


@pytest.mark.parametrize("x", [1e-3, 0.3, 1.0, 5.0, 40.0, 700.0])
def test_integrals_in_closed_form(x):
    """H by a dilogarithm, and all three by adaptive quadrature."""
    tau, spread, entropy = (float(value[0]) for value in tilted(np.array([x])))
    cuts = [c / x for c in (1, 5, 20, 60) if c < x]

    def by_quad(f):
        return integrate.quad(f, 0, 1, points=cuts or None, epsabs=0, epsrel=1e-12, limit=200)[0]

    assert tau == pytest.approx(by_quad(lambda v: v * special.expit(-x * v)), rel=1e-10)
    assert spread == pytest.approx(by_quad(lambda v: v * v * special.expit(-x * v) * special.expit(x * v)), rel=1e-10)
    # int_0^1 ln(1 + e^{-xv}) dv = (Li2(-e^{-x}) - Li2(-1)) / x
    log_part = (dilogarithm(-np.exp(-x)) + np.pi**2 / 12) / x
    assert entropy == pytest.approx(log_part + x * tau, rel=1e-10)


def test_tau_and_its_inverse():
    x = np.array([1e-6, 0.1, 1.0, 30.0, 1e4])
    assert inverse_tau(tilted(x)[0]) == pytest.approx(x, rel=1e-7)
    # dH/dtau = x, and the variance is minus the slope of tau.
    step = 1e-4
    (t0, _, h0), (t1, _, h1) = tilted(x[1:4] - step), tilted(x[1:4] + step)
    assert (h1 - h0) / (t1 - t0) == pytest.approx(x[1:4], rel=1e-5)
    assert (t0 - t1) / (2 * step) == pytest.approx(tilted(x[1:4])[1], rel=1e-5)


@pytest.mark.parametrize("x", [0.5, 2.0, 6.0])
def test_the_tail_of_a_sum_of_uniform_numbers(x):
    """#{A: a(A) <= K} from the tilt and erfcx, against counting with random magnitudes of 22 items."""
    n, rng = 22, np.random.default_rng(9)
    tau, spread, entropy = (float(value[0]) for value in tilted(np.array([x])))
    law = np.exp(n * entropy) * special.erfcx(x * np.sqrt(n * spread / 2)) / 2
    logs = []
    for _ in range(60):
        a = rng.uniform(size=n)
        half = [np.zeros(1), np.zeros(1)]
        for j, value in enumerate(a):
            half[j % 2] = np.concatenate([half[j % 2], half[j % 2] + value])
        left, right = np.sort(half[0]), np.sort(half[1])
        count = np.searchsorted(right, n * tau - left, side="right").sum()
        logs.append(np.log(max(count, 1)))
    # The count given the magnitudes is log-normal about its median, which the law stands for.
    error = np.std(logs) / np.sqrt(len(logs)) * 1.26
    assert abs(np.median(logs) - np.log(law)) < 3.5 * error + 0.1


@pytest.mark.ledger("law-small-failure")
def test_known_ratios_to_measured_failures():
    law = laws.small_failure_probability(np.array([24, 30, 43, 50]), 512)
    assert law / [2.08e-3, 6.49e-5, 3.39e-8, 5.70e-10] == pytest.approx([1.10, 1.04, 0.88, 0.80], abs=0.006)


@pytest.mark.ledger("law-small-failure")
@pytest.mark.parametrize("M", MEASURED)
def test_within_one_item_of_every_measured_size(M):
    n = np.arange(2, 80)
    law = laws.small_failure_probability(n, M)
    least = [int(n[np.argmax(law <= eta)]) for eta in (0.5, 0.1, 0.01, 1e-4, 1e-6, 1e-9)]
    assert np.abs(np.subtract(least, MEASURED[M])).max() <= 1
    assert (np.diff(law) <= 0).all()


@pytest.mark.ledger("law-small-failure")
@pytest.mark.parametrize(("n", "M"), [(18, 32), (26, 32), (20, 128), (28, 128), (26, 512)])
def test_measured_again(n, M):
    """The failure, averaged over the signs exactly, lies between the law one item later and one item earlier."""
    measured = laws.averaged_failure(n, M, draws=6_000, seed=n)
    print(f"measured {measured.value:.3g} +- {measured.standard_error:.1g}")
    assert laws.small_failure_probability(n + 1, M) < measured.value + 3.5 * measured.standard_error
    assert measured.value - 3.5 * measured.standard_error < laws.small_failure_probability(n - 1, M)


@pytest.mark.ledger("law-small-failure")
def test_the_seam():
    """The two laws meet at 0.01: there the second is larger by a factor of 1 to 1.5, and the joined one never rises."""
    for bits in (5, 7, 9, 15, 30, 60):
        M, n = 2**bits, np.arange(bits + 6, bits + 20)
        middle, small = all_targets(n, M, None)[1], laws.small_failure_probability(n, M)
        first = int(np.argmax(middle < 0.01))
        assert 1.0 < small[first - 1] / middle[first - 1] < 1.5
        assert 1.15 < small[first] / middle[first] < 1.55
        joined = laws.all_targets_failure(n, M)
        assert joined[:first].tolist() == middle[:first].tolist()
        assert joined[first:].tolist() == np.minimum(small[first:], 0.01).tolist()
        assert (np.diff(joined) <= 0).all()


@pytest.mark.ledger("law-small-failure")
def test_the_answer_at_99_per_cent_under_either_law():
    """At 0.99 samples_needed takes the law of the middle; that of small failure asks for one more item at most."""
    M = 2.0 ** (np.array([6, 8, 10, 12, 16, 20, 24, 32]) - 1)
    n = np.arange(5, 60)[:, None]
    small = laws.small_failure_probability(n, M)
    alone = n[(small <= 0.01).argmax(axis=0), 0]
    more = alone - laws.samples_needed(0.99, M=M)
    assert set(more.tolist()) <= {0, 1}
    assert more.tolist() == [0, 1, 1, 0, 1, 1, 0, 0]


@pytest.mark.ledger("law-small-failure")
def test_never_below_what_is_proved():
    """For fixed M and large n the failure is at least ((M + 1) / (2 M + 1))**n, and so is the law."""
    for M in (1, 2, 5, 40):
        n = np.array([5, 20, 100, 300])
        bound = ((M + 1) / (2 * M + 1)) ** n
        law = laws.small_failure_probability(n, M)
        assert (law >= bound * (1 - 1e-12)).all()
    assert laws.small_failure_probability(300, 1) == pytest.approx((2 / 3) ** 300, rel=1e-9)


def test_far_more_samples_for_rare_failures():
    """Below 0.01 the law of the middle is 3 to 6 items too hopeful at 1e-9."""
    for M in (32, 512, 2048):
        n = np.arange(38, 52)
        middle = int(n[np.argmax(all_targets(n, M, None)[1] <= 1e-9)])
        assert 3 <= laws.samples_needed(1 - 1e-9, M=M) - middle <= 6
