"""Lower bounds by counting, banks and their bookkeeping, parity: exhaustive or with exact binomial tails."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from slthlib.strong import bounds
from slthlib.strong.bounds import HypothesisError, Layer, NetworkShape, network
from slthlib.sums import laws

DIGITS = network([(32, 64), (10, 32)])
MNIST = network([(500, 784), (10, 500)])


# --- counting


def test_counting_is_what_it_says():
    row = bounds.counting(DIGITS, bits=4)
    assert row.parameters == math.ceil(2368 * math.log2(17) - 1)
    assert row.items == 5
    assert row.side == "necessary"
    full = bounds.counting(DIGITS, bits=4, full_range=True, success=0.25)
    assert (
        full.parameters
        == math.ceil(2368 * math.log2(33) - 2)
        == bounds.kumar_lower(DIGITS, bits=4, success=0.25).parameters
    )
    assert full.items == 6
    for k in (1, 2, 7, 30):
        for full_range, values in ((False, 2**k + 1), (True, 2 ** (k + 1) + 1)):
            n = bounds.items_by_counting(k, full_range=full_range)
            assert 2**n >= values > 2 ** (n - 1)


def test_counting_by_exhaustion():
    # One weight on the grid 1/2, the five values of [-1, 1]: the best sources of m numbers on that grid.
    targets, every = range(-2, 3), {}
    for m in (1, 2, 3):
        met = [
            {sum(x for x, keep in zip(items, mask, strict=True) if keep) for mask in product((0, 1), repeat=m)}
            for items in product(range(-2, 3), repeat=m)
        ]
        every[m] = np.array([[t in sums for t in targets] for sums in met])
    assert not every[2].all(axis=1).any()
    assert every[3].all(axis=1).any()  # -2, 1, 2: the bound is met
    one = network([(1, 1)])
    assert bounds.counting(one, bits=1, full_range=True, success=1 - 1e-9).parameters == 3
    # Whatever the law of the sources, the least probability p over the targets satisfies m >= log2(5) + log2(p).
    rng = np.random.default_rng(7)
    worst = 0.0
    for m, table in every.items():
        laws_ = [np.full(len(table), 1 / len(table)), *rng.dirichlet(np.full(len(table), 0.02), 300)]
        laws_ += [np.eye(len(table))[i] for i in range(len(table))]
        for law in laws_:
            p = float((law @ table).min())
            if 0 < p < 1:
                assert bounds.counting(one, bits=1, full_range=True, success=p).parameters <= m
            worst = max(worst, p * 5 / 2**m)
    assert 0.5 < worst <= 1  # a bound of one item more would be caught


def test_bits_of_masks_and_of_names():
    for m, k in ((10, 3), (1000, 500), (3000, 40)):
        assert bounds.mask_bits(m, k) == pytest.approx(math.log2(math.comb(m, k)), rel=1e-9)
    # A million entries, a hundred thousand kept.
    assert bounds.mask_bits(10**6, 10**5) == pytest.approx(468986.039, abs=1e-3)
    assert bounds.permutation_bits(network([(3, 2), (5, 3), (7, 5)])) == pytest.approx(math.log2(6 * 120))
    # Renaming hidden neurons: distinct arrays of one function, counted.
    W1, W2 = np.array([[1, 2], [3, 4], [5, 6]]), np.array([[7, 8, 9]])
    names = {
        (W1[list(p)].tobytes(), W2[:, list(p)].tobytes())
        for p in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    }
    assert math.log2(len(names)) == pytest.approx(bounds.permutation_bits(network([W1, W2])))


def test_the_least_density():
    # A ticket of the density that is found can carry the bits, a sparser one cannot.
    for m, bits in ((1000, 300), (10**6, 10), (64, 64)):
        g = bounds.least_density(m, bits)
        assert m * bounds.binary_entropy(g) == pytest.approx(bits, rel=1e-9)
        # The form with g log2(e/g), which is never below the entropy, excludes a little less.
        assert m * g * math.log2(math.e / g) >= bits * (1 - 1e-9)
    assert math.isnan(bounds.least_density(10, 11))
    # Masks of exactly k of m: as many as are counted.
    m, k = 60, 12
    assert bounds.least_density(m, bounds.mask_bits(m, k)) <= k / m


# --- banks


def test_units_are_the_least_by_the_exact_tail():
    def short(units, items, alive, banks):
        return banks * sum(
            Fraction(math.comb(units, k)) * alive**k * (1 - alive) ** (units - k) for k in range(min(items, units + 1))
        )

    for items, failure, banks, alive in ((5, 0.01, 160, Fraction(8, 17)), (20, 1e-6, 2068, Fraction(1, 2))):
        units = bounds.bank_units(items, failure, banks=banks, alive=float(alive))
        assert short(units, items, alive, banks) <= Fraction(failure) < short(units - 1, items, alive, banks)
    assert bounds.bank_units(12, 0.01, banks=100, alive=1.0) == 12
    # Twice the items and a little more, for many items.
    assert bounds.bank_units(4000, 0.01, banks=100, alive=0.5) == pytest.approx(
        8000 + 2 * 3.9 * math.sqrt(2000), abs=200
    )


def test_banks_hold_what_they_promise():
    # Banks with b = -4..4: both signs of every bank hold 6 units, except with probability 0.2.
    items, banks = 6, 20
    units = bounds.bank_units(items, 0.2, banks=2 * banks, alive=bounds.alive_share(2))
    b = np.random.default_rng(8).integers(-4, 5, (20_000, banks, units))
    short = (((b > 0).sum(axis=2) < items) | ((b < 0).sum(axis=2) < items)).any(axis=1).mean()
    assert short <= 0.2
    fewer = b[:, :, :-1]
    tight = (((fewer > 0).sum(axis=2) < items) | ((fewer < 0).sum(axis=2) < items)).any(axis=1).mean()
    assert tight > 0.2 * 0.95  # one unit less would be caught


def test_alive_shares():
    assert bounds.alive_share(3) == 8 / 17
    assert bounds.alive_share() == 0.5
    assert bounds.alive_share(3, signed=False) == 1.0


@pytest.mark.ledger("prop-sharing")
def test_bookkeeping_of_the_recorded_networks():
    # 784-500-10 with banks of 72, 80 and 96: 229, 254 and 305 random parameters for each weight.
    for units, overhead, k, per_weight in ((72, 229, 4, 4.09), (80, 254, 6, 6.02), (96, 305, 8, 8.01)):
        book = bounds.bookkeeping(MNIST, units, bits=k, failure=0.01, alive=1.0, signed_inputs=False)
        assert book.units == units
        assert round(book.overhead) == overhead
        assert book.counting / MNIST.weights == pytest.approx(per_weight, abs=5e-3)
        assert book.parameters == units * (784 * 1284 + 500 * 510)
        assert book.mask_bits == units * (784 * 500 + 500 * 10 + 784 + 500)
        assert book.widths == (784 * units, 500 * units)


def test_bookkeeping_of_kernels_and_biases():
    kernel = network([(8, 6, 3, 3)])
    book = bounds.bookkeeping(kernel, 10, bits=4, failure=0.01, alive=1.0, signed_inputs=False)
    # A 1 x 1 bank of 60 channels over 6, then 3 x 3 from 60 to 8.
    assert book.parameters == 6 * 60 + 60 * 8 * 9
    assert book.mask_bits == 10 * (432 + 6)
    biased = NetworkShape((Layer((3, 2), bias=True),))
    book = bounds.bookkeeping(biased, 10, bits=4, failure=0.01, alive=1.0, signed_inputs=False)
    # Banks of 10 for two inputs and for the constant, each in front of three outputs.
    assert book.parameters == 20 * 2 + 20 * 3 + 10 + 10 * 3
    assert book.solves == 9
    with pytest.raises(HypothesisError, match="one sign"):
        bounds.bookkeeping(MNIST, 10, bits=4, failure=0.01, alive=1.0)


@pytest.mark.ledger("cor-ratio-one")
def test_asymptotic_ratios():
    # A large square layer at many bits, items at the counting bound of the product grid: 8 and 4 times counting in
    # parameters, 4 and 2 in mask bits, as units tend to twice the items.
    square, k = network([(1000, 1000)]), 30
    for source, parameters, mask in ((k, 8, 4), (k // 2, 4, 2)):
        items = 2 * source
        book = bounds.bookkeeping(square, items, bits=k, failure=0.01, alive=0.5)
        ideal = 2 * items  # what the units tend to, relatively
        assert book.parameters_to_counting * ideal / book.units == pytest.approx(parameters, rel=0.01)
        assert book.mask_bits_to_counting * ideal / book.units == pytest.approx(mask, rel=0.01)
    relative = [bounds.bank_units(n, 0.01, banks=2000, alive=0.5) / (2 * n) for n in (30, 300, 3000, 30_000)]
    assert relative == sorted(relative, reverse=True)
    assert relative[-1] < 1.03


# --- rows for a network


@pytest.mark.ledger("thm-every-network")
def test_single_weights():
    row = bounds.single_weights(DIGITS, bits=5, failure=0.01)
    n = row.items
    assert 4416 * bounds.half_range_failure(n, M=32) <= 0.01 < 4416 * bounds.half_range_failure(n - 1, M=32)
    assert n <= math.ceil((2 * math.log(32) + math.log(4416 / 0.01)) / math.log(4 / 3))
    assert row.widths == (2 * n * 64, n * 32)
    assert row.parameters == 2 * n * 64 * 96 + n * 32 * 42
    assert row.failure == pytest.approx(4416 * bounds.half_range_failure(n, M=32))
    one_sided = bounds.single_weights(DIGITS, bits=5, failure=0.01, signed_inputs=False)
    assert one_sided.widths == (one_sided.items * 64, one_sided.items * 32)
    random = bounds.single_weights(DIGITS, bits=5, failure=0.01, odd="random")
    assert random.failure <= 0.01
    units = random.widths[0] // 64
    assert random.widths == (64 * units, 32 * units)
    assert units > 2 * random.items
    assert bounds.single_weights(DIGITS, bits=5, failure=0.01, bound="growth").items < n
    with pytest.raises(HypothesisError, match="at most 1/2"):
        bounds.single_weights(network([np.ones((2, 2))]), bits=4, failure=0.1)
    with pytest.raises(ValueError, match="odd"):
        bounds.single_weights(DIGITS, bits=5, failure=0.01, odd="maybe")
    with pytest.raises(ValueError, match="bound"):
        bounds.single_weights(DIGITS, bits=5, failure=0.01, bound="coprime pairs")


@pytest.mark.ledger("thm-every-network")
def test_single_weights_really_are_enough():
    # Networks drawn with the items that the bound asks for: every target weight of every solve is met.
    net, rng, trials, missed = network([(3, 2)]), np.random.default_rng(9), 300, 0
    row = bounds.single_weights(net, bits=3, failure=0.3, signed_inputs=False)
    for items in rng.integers(-8, 9, (trials, 6, row.items)).tolist():
        good = True
        for one in items:
            reached = 1 << 8 * row.items
            for x in one:
                reached |= reached << x if x >= 0 else reached >> -x
            window = (1 << 9) - 1 << 8 * row.items - 4
            good &= reached & window == window
        missed += not good
    assert missed / trials <= row.failure <= 0.3


@pytest.mark.ledger("thm-every-network")
def test_copies():
    row = bounds.copies(DIGITS, bits=5, failure=0.01)
    n = row.items

    def risk(n):
        return (n * 2 * 64 * 32 + 32 * 10) * bounds.half_range_failure(n, M=32)

    assert risk(n) <= 0.01 < risk(n - 1)
    assert row.depth == 3
    assert row.widths == (2 * n * 64, n * 32)
    assert row.parameters == 64 * 2 * n * 64 + 2 * n * 64 * n * 32 + n * 32 * 10
    # The overhead is quadratic where that of twice the depth is linear.
    assert row.overhead > 10 * bounds.single_weights(DIGITS, bits=5, failure=0.01).overhead


@pytest.mark.ledger("thm-coprime-pairs")
def test_coprime_products():
    row = bounds.coprime_products(DIGITS, bits=4, failure=0.02)
    pairs = row.items // 8  # four blocks, two units a pair
    assert 4 * 4416 * bounds.coprime_failure(pairs, 4) <= 0.01 < 4 * 4416 * bounds.coprime_failure(pairs - 1, 4)
    couples = row.widths[1] // 64
    assert bounds.bank_units(4 * pairs, 0.01, banks=2 * 64 + 32, alive=bounds.coprime_share(4)) == couples
    small = network([np.full((10, 32), 1 / 16)])
    assert bounds.coprime_products(small, bits=4, failure=0.02).items < row.items
    with pytest.raises(HypothesisError, match="source_bits"):
        bounds.coprime_products(DIGITS, bits=8, failure=0.02, source_bits=3)


# --- parity, and signs


def test_items_of_one_sign_by_enumeration():
    # One weight, both factors fixed: -2..2, all of one sign, zeros counting for either.
    for n in (1, 2, 4):
        items = np.array(list(product(range(-2, 3), repeat=n)))
        one_sided = ((items >= 0).all(axis=1) | (items <= 0).all(axis=1)).mean()
        row = bounds.one_sign(network([(1, 1)]), bits=1, failure=min(one_sided, 1 - 1e-9), signed_inputs=False)
        assert row.items == max(n, 2)
        assert row.items != n or row.failure == pytest.approx(one_sided)
        if n > 2:  # a little less failure, one item more
            lower = bounds.one_sign(network([(1, 1)]), bits=1, failure=one_sided * (1 - 1e-9), signed_inputs=False)
            assert lower.items == n + 1
    # Independent solves: 1 + log2(solves/failure), never more than what is enough.
    for bits, failure in ((8, 1e-3), (20, 1e-6)):
        row = bounds.one_sign(DIGITS, bits=bits, failure=failure)
        assert row.items == pytest.approx(1 + math.log2(4416 / failure), abs=1.2)
        assert row.items < bounds.single_weights(DIGITS, bits=bits, failure=failure).items


@pytest.mark.ledger("prop-valuation")
def test_valuations_by_enumeration():
    for s in (1, 2, 3):
        M = 2**s
        for positive in (True, False):
            a, b = np.arange(-M, M + 1), np.arange(1, M + 1) if positive else np.arange(-M, M + 1)
            items = np.multiply.outer(a, b).ravel()
            for bits in range(1, 2 * s + 1):
                even = (items % 2 ** (2 * s - bits + 1) == 0).mean()
                got = bounds.valuation_failure(3, bits=bits, source_bits=s, positive=positive)
                assert got == pytest.approx(even**3, rel=1e-10)
            square = bounds.valuation_failure([2, 9], bits=2 * s, source_bits=s, positive=positive)
            assert square == pytest.approx(laws.product_parity_bound([2, 9], M, M, positive=positive), rel=1e-10)
    # Whatever the grid: at least (3/4)**n; and one bit finer is rid of most of it.
    for k in (4, 8, 12):
        assert bounds.valuation_failure(40, bits=k, source_bits=k // 2) >= 0.75**40
        assert bounds.valuation_failure(40, bits=k, source_bits=k // 2 + 1) < 1e-3 * 0.75**40
    with pytest.raises(HypothesisError, match="at least half"):
        bounds.valuation_failure(3, bits=5, source_bits=2)


@pytest.mark.ledger("prop-two-levels")
def test_parity_of_a_network_by_enumeration():
    # Two outputs share the bank of one input: n products each, both factors on {-2..2}, the second positive.
    net, n = network([(2, 1)]), 3
    spoiled = total = 0
    for b in product((1, 2), repeat=n):
        for a in product(product(range(-2, 3), repeat=n), repeat=2):
            total += 1
            spoiled += any(all(x * y % 2 == 0 for x, y in zip(row, b, strict=True)) for row in a)
    got = bounds.network_parity_failure(net, n, bits=2, source_bits=1, signed_inputs=False)
    assert got == pytest.approx(spoiled / total, rel=1e-12)
    # More than one solve alone, less than if the two were independent: they share the bank.
    single = bounds.valuation_failure(n, bits=2, source_bits=1)
    assert single < got < 1 - (1 - single) ** 2
    # Two signs, two inputs: four independent banks.
    four = bounds.network_parity_failure(network([(2, 2)]), n, bits=2, source_bits=1)
    assert four == pytest.approx(1 - (1 - got) ** 4, rel=1e-12)


@pytest.mark.ledger("prop-valuation")
def test_parity_is_below_the_truth():
    # All failures of one solve with targets -2..2 on the grid of products, by enumeration: parity is part of them.
    for n in (2, 3, 4):
        failed = total = 0
        for b in product((1, 2), repeat=n):
            for a in product(range(-2, 3), repeat=n):
                sums = {0}
                for x, y in zip(a, b, strict=True):
                    sums |= {z + x * y for z in sums}
                total += 1
                failed += not {-2, -1, 0, 1, 2} <= sums
        assert bounds.valuation_failure(n, bits=2, source_bits=1) <= failed / total


def test_the_row_of_parity():
    row = bounds.parity(DIGITS, bits=8, failure=0.01)
    risk = [bounds.network_parity_failure(DIGITS, n, bits=8, source_bits=4) for n in (row.items - 1, row.items)]
    assert risk[1] <= 0.01 < risk[0]
    assert row.failure == risk[1]
    # One solve: log2(1/failure)/log2(4/3), 2.41 items a halving, at most.
    one = bounds.parity(network([(1, 1)]), bits=20, failure=1e-9, signed_inputs=False)
    assert one.items == pytest.approx(math.log(1e9) / math.log(4 / 3), abs=1)
    finer = bounds.parity(DIGITS, bits=8, failure=0.01, source_bits=5)
    assert finer.items < row.items / 3
    # Fewer items than the row asks for cannot be enough, whatever the construction does: the row of pairs agrees.
    assert bounds.coprime_products(DIGITS, bits=8, failure=0.01).items > row.items


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bounds.counting(DIGITS, bits=4, success=2.0), ValueError, "success"),
        (lambda: bounds.counting(DIGITS, bits=4, full_range=1), TypeError, "full_range"),
        (lambda: bounds.mask_bits(4, 5), ValueError, "kept"),
        (lambda: bounds.least_density(0, 5), ValueError, "parameters"),
        (lambda: bounds.bank_units(0, 0.1, banks=1, alive=0.5), ValueError, "items"),
        (lambda: bounds.bank_units(1, 0.1, banks=1, alive=0.0), ValueError, "alive"),
        (lambda: bounds.alive_share(-1), ValueError, "source_bits"),
        (lambda: bounds.bookkeeping([(2, 2)], 3, bits=4, failure=0.1, alive=0.5), TypeError, "NetworkShape"),
        (lambda: bounds.modular(DIGITS, word=65, failure=0.1), ValueError, "word"),
        (lambda: bounds.modular(DIGITS, word=64, failure=0.1, gate=20), ValueError, "gate"),
        (lambda: bounds.valuation_failure(0, bits=2, source_bits=1), ValueError, "n: expected"),
    ],
)
def test_bad_arguments_of_counts(call, error, message):
    with pytest.raises(error, match=message):
        call()
