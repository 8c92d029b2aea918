"""The steps of the theorem on small failure: low and high frequencies, the middle, and the balance; both routes."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf
from sharp_twins import count_at, integrate, kernel, multisets, norm_of_phi, scaled_counts, zeros_of_phi

MANY = [(1, 1200), (3, 1200), (10, 1200), (4, 2500)]


def low_part(items, M, y, K=None, order=24):
    """2^-n LF(y): the inversion integral over |theta| <= 2 pi/N, with the factor 1 - phi_K or, without K, with 1."""
    items, edge = np.asarray(items, dtype=float), 2 * np.pi / (2 * M + 1)
    S, (values, times) = items.sum(), np.unique(abs(items), return_counts=True)

    def under(theta):
        log = (times * np.log(np.abs(np.cos(theta[..., None] * values / 2)))).sum(axis=-1)
        smooth = 1.0 if K is None else 1 - kernel(theta, K)
        return np.exp(log) * smooth

    # The integrand is a bump of width 1/sqrt(n) times a cosine: short pieces where it lives.
    width = min(edge, 12 / math.sqrt(float((items**2).sum()) + 1e-9))
    edges = np.unique(np.concatenate([np.linspace(0, width, 60), np.linspace(width, edge, 20)]))
    return np.array([integrate(lambda t, z=z: under(t) * np.cos(t * z) / np.pi, edges, order) for z in y - S / 2])


def with_energy(M, n, seed):
    """Items with Q >= n M^2/4."""
    rng = np.random.default_rng([seed, M, n])
    while True:
        items = rng.integers(-M, M + 1, n)
        if (items**2).sum() >= n * M * M / 4:
            return items


def zone(items, radius):
    """Integers y with |y - S/2| <= radius."""
    middle = int(np.sum(items)) / 2
    return np.arange(math.ceil(middle - radius), math.floor(middle + radius) + 1)


@pytest.mark.ledger("thm-sharp-small")
@pytest.mark.parametrize(("M", "n"), MANY)
def test_the_count_and_the_low_part_in_the_middle_where_the_hypotheses_hold(M, n):
    N, b = 2 * M + 1, math.floor(math.sqrt(n) / 4) - 5
    assert b >= 3
    items = with_energy(M, n, 5)
    values, low = scaled_counts(items)
    total = np.concatenate([[0], np.cumsum(values)])
    y = zone(items, (b + 2) * M)
    smooth = (total[y + 3 * M - low + 1] - total[y - 3 * M - low]) / (6 * M + 1)
    level = 0.593 / (N * math.sqrt(n))
    assert (smooth >= level).all()
    bound = 344.7 / (n**1.5 * N)
    assert (abs(low_part(items, M, y[:: max(1, M // 2)], K=3 * M)) <= bound).all()
    assert bound <= level / 2


@pytest.mark.ledger("thm-sharp-small")
@pytest.mark.parametrize(("M", "n"), [(3, 10), (20, 12), (100, 16)])
def test_low_and_high_part_add_up_to_the_difference(M, n):
    # LF + HF = Y - Lambda, and the low part keeps below its bound at small n too.
    items, K = with_energy(M, n, 6).tolist(), 3 * M
    y = zone(items, 2 * M)
    table = count_at(items, int(y[0]) - K, int(y[-1]) + K).astype(float)
    gap = table[K:-K] - np.convolve(table, np.full(2 * K + 1, 1 / (2 * K + 1)), mode="valid")
    low = low_part(items, M, y, K=K) * 2**n
    edges = zeros_of_phi(M)[1:]
    S, x = sum(items), np.array(items, dtype=float)

    def high_part(z):
        def under(t):
            return np.prod(2 * np.cos(t[..., None] * x / 2), axis=-1) * (1 - kernel(t, K)) * np.cos(t * (z - S / 2))

        return integrate(under, np.unique(np.concatenate([edges, np.linspace(edges[0], np.pi, 40)])), 48) / np.pi

    for place in range(0, len(y), max(1, len(y) // 7)):
        assert low[place] + high_part(int(y[place])) == pytest.approx(gap[place], abs=1e-6 * 2**n)
    assert (abs(low) <= 344.7 * 2**n / (n**1.5 * (2 * M + 1))).all()


def high_square(n, M, K=None):
    """2^-n E sum HF^2, exactly: the integral over 2 pi/N < |theta| <= pi."""
    edges = zeros_of_phi(M)[1:]
    weight = (lambda t: (1 - kernel(t, K)) ** 2) if K else (lambda t: 1.0)
    return integrate(lambda t: (1 + kernel(t, M)) ** n * weight(t), edges) / np.pi


@pytest.mark.ledger("thm-sharp-small")
@pytest.mark.ledger("thm-sharp-plain")
def test_the_energy_of_the_high_part():
    for n in range(3, 21):
        M = math.ceil((n * 1.5**n - 1) / 2)
        for size in {M, 2 * M}:
            assert n * 1.5**n <= 2 * size + 1
            assert 0.5 < high_square(n, size, 3 * size) <= 5.6
            assert high_square(n, size) <= math.e + 1
    for n, M in ((10, 5), (14, 50), (24, 512)):  # beyond n 1.5^n <= N, where the second route still speaks
        assert high_square(n, M) <= math.e + n * 1.5**n / (2 * M + 1)


@pytest.mark.ledger("thm-sharp-small")
@pytest.mark.parametrize("M", [1, 2, 5, 40])
def test_the_weight_beyond_the_main_lobe(M):
    theta = np.linspace(2 * np.pi / (2 * M + 1), np.pi, 20_000)
    assert abs(kernel(theta, 3 * M)).max() <= 3 / 14
    assert ((1 - kernel(theta, 3 * M)) ** 2).max() <= 1.5


@pytest.mark.ledger("thm-sharp-small")
def test_energy_of_the_high_part_by_enumeration():
    # Parseval, without the bounds: E sum (Y - Lambda)^2 = 2^n/(2 pi) int (1 + phi)^n (1 - phi_K)^2 over the circle.
    M, n, K = 2, 5, 3
    total, reach = 0.0, n * M + K
    for items, orders in multisets(M, n):
        table = np.pad(count_at(list(items), -reach, reach).astype(float), K)
        total += orders * ((table - np.convolve(table, np.full(2 * K + 1, 1 / (2 * K + 1)), mode="same")) ** 2).sum()
    theta = 2 * np.pi * np.arange(4 * reach) / (4 * reach)
    integral = np.mean((1 + kernel(theta, M)) ** n * (1 - kernel(theta, K)) ** 2)
    assert total / 5**n == pytest.approx(2**n * integral, rel=1e-10)


@pytest.mark.ledger("thm-sharp-small")
def test_constants_of_the_theorem():
    mp.dps = 30
    peak = mp.sqrt(mp.pi) / (2 * (mpf(1) / 288) ** mpf("1.5"))
    assert peak / (2 * mp.pi) / 2 < mpf("344.7")
    assert mpf("1.5") * (1 + mp.e) < mpf("5.6")
    assert (mpf(17) / 14) ** 2 < mpf("1.5")
    level = (12 / mp.sqrt(2 * mp.pi) * mp.exp(-0.5) - mpf("1.12")) / 3
    assert level > mpf("0.593")
    assert mpf("344.7") / 1200 <= mpf("0.593") / 2
    assert 4 * mpf("5.6") / mpf("0.593") ** 2 < 64


# The balance


def balance_failure(M, n, k):
    """P(the k items hold too little of the other sign), exactly."""
    N, one = 2 * M + 1, np.full(2 * M + 1, 1 / (2 * M + 1))
    side = np.append((M + 1) / N, np.full(M, 1 / N))
    walk, total = np.ones(1), np.ones(1)
    for _ in range(n):
        walk = np.convolve(walk, one)
    for _ in range(k):
        total = np.convolve(total, side)
    below = np.concatenate([[0], np.cumsum(total)])
    s = abs(np.arange(len(walk)) - n * M)
    # Too little: 2 * total < |S|, that is total <= ceil(|S|/2) - 1.
    return float((walk * below[np.minimum((s + 1) // 2, len(total))]).sum())


@pytest.mark.ledger("thm-sharp-small")
@pytest.mark.ledger("thm-sharp-plain")
@pytest.mark.parametrize(("M", "n"), [(1, 20), (4, 40), (10, 60)])
def test_the_balance_fails_as_rarely_as_claimed(M, n):
    for k in range(0, n + 1, 5):
        failure = balance_failure(M, n, k)
        assert failure <= min(1, 3 * math.exp(-(k**2) / (32 * n)))
    assert failure < balance_failure(M, n, 5)


@pytest.mark.ledger("thm-sharp-small")
@pytest.mark.parametrize("M", [1, 3, 50])
def test_the_balance_lands_within_one_item_and_shifts_the_window(M):
    rng, b = np.random.default_rng([4, M]), 2
    shifted = 0
    for _ in range(300):
        first, middle, last = (rng.integers(-M, M + 1, size) for size in (8, 8, b))
        S, added = int(first.sum()), 0
        for x in middle:
            away = 1 if S >= 0 else -1  # add items of the other sign while the sum is on the old side of -S/2
            if x * away < 0 and (2 * added + S) * away > 0:
                added += int(x)
        if (2 * added + S) * (1 if S >= 0 else -1) > 0:
            continue  # the items do not suffice
        shifted += 1
        assert abs(added + S / 2) <= M
        c = -added
        assert abs(c - S / 2) + (b + 1) * M <= (b + 2) * M  # the window lies in the middle zone
        reached = set(np.flatnonzero(count_at([*first, *last], c - M, c + M)) - M)
        everything = count_at([*first, *middle, *last], -M, M)
        assert all(everything[t + M] > 0 for t in reached)
    assert shifted > 100


# The second route


@pytest.mark.ledger("lem-sharp-middle")
@pytest.mark.parametrize(("M", "n"), [(1, 100), (2, 100), (7, 150), (40, 100), (3, 900)])
def test_the_low_part_is_a_gaussian(M, n):
    items = with_energy(M, n, 7)
    Q, S = float((items**2).sum()), float(items.sum())
    y = np.linspace(S / 2 - 3 * math.sqrt(Q), S / 2 + 3 * math.sqrt(Q), 41)
    main = math.sqrt(2 / math.pi) * np.exp(-2 * (y - S / 2) ** 2 / Q)
    error = abs(low_part(items, M, y) * math.sqrt(Q) - main)
    assert error.max() <= 1.2 / n
    assert error.max() > 0.01 / n


@pytest.mark.ledger("thm-sharp-plain")
@pytest.mark.parametrize(("M", "n"), [(2, 4), (12, 5), (30, 8)])
def test_the_square_of_the_high_part_at_a_point(M, n):
    points = 1500
    angle = (np.arange(points) + 0.5) * 2 * np.pi / points - np.pi
    outside = abs(angle) > 2 * np.pi / (2 * M + 1)
    a, b = angle[outside][:, None], angle[outside][None, :]
    F = 1 + kernel(a, M) + kernel(b, M) + kernel(a - b, M)
    bound = 2.603 * norm_of_phi(n, M) + 4 * n**2 * 3**n / (2 * M + 1) ** 2
    assert (abs(F) ** n).sum() / points**2 <= bound
