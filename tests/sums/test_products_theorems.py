"""The theorems on products: balance, amplification, necessity, tilting and parity, exactly where that can be done."""

from itertools import product
from math import comb, e

import numpy as np
import pytest
from products_twins import KINDS, draw, ell, factors, pairs, representations

from slthlib.lab import statistics
from slthlib.sums import count_missed, laws

exact_law = lambda M1, M2, kind: representations(M1, M2, kind) / pairs(M1, M2, kind)  # noqa: E731


@pytest.mark.ledger("thm-products")
@pytest.mark.parametrize("kind", KINDS)
def test_square_sums_stay_in_their_band(kind):
    """Step 1, with a margin: the two Chernoff bounds at n = 150."""
    items = draw(np.random.default_rng(3), (4000, 150), 150, 150, kind)
    Q = (items.astype(float) ** 2).sum(axis=1) / 150**4
    outside = ((Q < 150 / 18) | (Q > 150 / 4)).sum()
    assert statistics.clopper_pearson(int(outside), 4000).low <= 2 * np.exp(-150 / 72)


@pytest.mark.ledger("thm-products")
@pytest.mark.parametrize("kind", KINDS)
def test_balance(kind):
    """Step 4: k further items take the centre S/2 to within B of the origin, but for the failures allowed."""
    rng, M, n = np.random.default_rng(7), 20, 60
    B, k, failures, runs = M * M, 30, 0, 2000
    for _ in range(runs):
        S, more = draw(rng, n, M, M, kind).sum(), draw(rng, k, M, M, kind)
        useful = more[more < 0] if S >= 0 else more[more > 0]
        path = np.concatenate(([0], np.cumsum(useful)))
        close = np.abs(path + S / 2) <= B
        first = np.argmax(path <= -S / 2) if S >= 0 else np.argmax(path >= -S / 2)
        reached = (path <= -S / 2).any() if S >= 0 else (path >= -S / 2).any()
        if reached:
            assert close[first]  # one step overshoots by at most B
        failures += not reached
    assert statistics.clopper_pearson(failures, runs).low <= 3 * np.exp(-(k**2) / (32 * n))


def missed_after(missed, window, x):
    """y in the window is missed with the item x iff y and y - x were."""
    return frozenset(y for y in window if y in missed and y - x in missed)


@pytest.mark.ledger("thm-products")
@pytest.mark.parametrize("kind", KINDS)
def test_amplification(kind):
    """Step 6 by enumeration: P(U_b >= 1) <= q^(1 - 2^-b) U_0, for good items of several thresholds."""
    rng, worst = np.random.default_rng(11), 0.0
    for M1, M2 in [(2, 1), (2, 2), (3, 2)]:
        B, r = M1 * M2, representations(M1, M2, kind)
        for most in sorted(set(r[B + 1 :]) - {0}):
            good = [x for x in range(-B, B + 1) if x and 0 < r[x + B] <= most]
            weight = np.array([r[x + B] for x in good], float)
            weight /= weight.sum()
            q, T = weight.max(), 2
            for b, share in product((1, 2), (0.2, 0.5, 0.8)):
                windows = [range(-T - (b - j) * B, T + (b - j) * B + 1) for j in range(b + 1)]
                missed = frozenset(y for y in windows[0] if rng.random() < share)
                layer = {missed: 1.0}
                for window in windows[1:]:
                    following = {}
                    for now, chance in layer.items():
                        mean = 0.0
                        for x, p in zip(good, weight, strict=True):
                            after = missed_after(now, window, x)
                            following[after] = following.get(after, 0.0) + chance * p
                            mean += p * len(after)
                        assert mean <= q * len(now) ** 2 + 1e-12
                    layer = following
                chance = sum(p for now, p in layer.items() if now)
                bound = q ** (1 - 2.0**-b) * len(missed)
                assert chance <= bound + 1e-12
                worst = max(worst, chance / bound if bound else 0.0)
    assert worst > 0.05


@pytest.mark.ledger("thm-products")
def test_too_few_good_items():
    """Step 5: C(b+s, s+1) beta^(s+1) <= (e b beta)^(s+1)."""
    for b, s in product(range(1, 9), range(12)):
        assert comb(b + s, s + 1) <= (e * b) ** (s + 1)


@pytest.mark.ledger("thm-products-necessity")
@pytest.mark.parametrize("kind", KINDS)
def test_no_sum_is_too_likely(kind):
    """Part (b): P(S_k = t) <= 1.88 / (B sqrt k) + 1.3 l n^2 (5/6)^k / B + (2/n)^k, with k <= n <= M2."""
    for M in (8, 16, 32):
        B, p, n = M * M, exact_law(M, M, kind), M
        sums = np.ones(1)
        for k in range(1, n + 1):
            size = sums.size + p.size - 1
            sums = np.fft.irfft(np.fft.rfft(sums, 2 * size) * np.fft.rfft(p, 2 * size))[:size]
            bound = 1.88 / (B * np.sqrt(k)) + 1.3 * ell(M) * n**2 * (5 / 6) ** k / B + (2 / n) ** k
            assert sums.max() <= bound
        assert sums.max() * B * np.sqrt(k) > 1.0  # 3 / sqrt(2 pi) = 1.197 in the limit: the first term alone decides


@pytest.mark.ledger("thm-products-necessity")
@pytest.mark.parametrize("kind", KINDS)
def test_first_moment_bounds_the_chance_of_success(kind):
    """The bound is for n >= 150; its first step, the first moment, is checked where it says something."""
    M, n, T = 6, 5, 2
    B, p = M * M, exact_law(M, M, kind)
    sums, mean = np.ones(1), 0.0
    for k in range(n + 1):
        middle = sums.size // 2
        mean += comb(n, k) * sums[max(0, middle - T) : middle + T + 1].sum()
        sums = np.convolve(sums, p)
    rows = draw(np.random.default_rng(5), (20_000, n), M, M, kind)
    hits = int((count_missed(rows, -T, T) == 0).sum())
    assert hits > 0
    assert statistics.clopper_pearson(hits, 20_000).low <= mean / (2 * T + 1) < 1
    assert (count_missed(rows, -B, B) > 0).all()  # part (a): five items have fewer sums than there are targets


def entropy_mean(h, M1, M2, kind):
    p, B = exact_law(M1, M2, kind), M1 * M2
    chance = 1 / (1 + np.exp(-h * np.arange(-B, B + 1) / B))
    return float(p @ -(chance * np.log(chance) + (1 - chance) * np.log(1 - chance)))


@pytest.mark.ledger("thm-products-necessity")
@pytest.mark.parametrize("kind", KINDS)
def test_tilting(kind):
    """Part (c): the tilted law is a probability, its mean entropy is small enough, and h_1 suffices."""
    for M1, M2 in [(1, 1), (3, 2), (20, 20), (60, 20)]:
        p, B = exact_law(M1, M2, kind), M1 * M2
        for h in (0.2, 1.0, 2.0):
            u = h * np.arange(-B, B + 1) / B
            assert p @ (1 / (1 + np.exp(-u))) == pytest.approx(0.5, abs=1e-13)
            tilted = 2 * p / (1 + np.exp(-u))
            value = np.log1p(np.exp(-u))
            mean = tilted @ value
            assert mean == pytest.approx(entropy_mean(h, M1, M2, kind), rel=1e-12)
            assert tilted @ value**2 - mean**2 <= h * h / 4
            assert mean <= np.log(2) - 0.00805 * h * h
    for delta in (1e-3, 0.1, 1.0, 10.0, 300.0):
        n = np.ceil((81 + 5.6 * np.sqrt(delta)) ** 2)
        for size in (n, 3 * n, 100 * n):
            h = (161.5 + 11.15 * np.sqrt(delta)) / np.sqrt(size)
            assert h <= 2
            assert 0.00805 * size * h * h - h * (1 + np.sqrt(size / 2)) - delta >= 0
            assert h * (1 + np.sqrt(2 * size)) <= 323 + 22.3 * np.sqrt(delta)


@pytest.mark.ledger("prop-products-parity")
@pytest.mark.parametrize("kind", KINDS)
def test_parity_by_enumeration(kind):
    for M1, M2, n in [(2, 2, 3), (4, 2, 2), (1, 1, 4)]:
        a, b = factors(M1, M2, kind)
        values = np.multiply.outer(a, b).ravel()
        even = (values % 2 == 0).mean()
        bound = laws.product_parity_bound(n, M1, M2, positive=kind == "one")
        assert bound == pytest.approx(even**n)
        rows = np.array(list(product(values.tolist(), repeat=n)))
        assert (count_missed(rows, -1, 1) > 0).mean() >= bound - 1e-12
        if M1 % 2 == M2 % 2 == 0:
            assert bound >= 0.75**n


@pytest.mark.ledger("thm-products-location")
def test_the_zone_of_the_location_theorem():
    """LF >= .4 e^(-2 rho^2) 2^n / sqrt Q where e^(-2 rho^2) >= 40/n, and the factor e^(4 rho^2) covers the change."""
    for n in (150, 1000, 10**5):
        for share in np.linspace(40 / n, 1, 50):
            assert np.sqrt(2 / np.pi) * share - 15.6 / n >= 0.4 * share
    assert (0.74 / 0.8) ** 2 <= 1
