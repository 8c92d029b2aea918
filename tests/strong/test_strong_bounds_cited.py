"""What other papers ask: their worked examples where they have one, otherwise their formulas, written out again."""

import math

import numpy as np
import pytest

from slthlib.strong import bounds
from slthlib.strong.bounds import Attention, HypothesisError, network

MNIST = network([(500, 784), (10, 500)])
UNIT = network([np.eye(4), np.eye(4)[:2]])


def test_the_experiment_of_pensia_et_al():
    # 784-500-10: 397,000 weights, int(3 round(log2 100)) = 21 numbers for each, 8,337,000 in all.
    row = bounds.pensia_experiment(MNIST, eps=0.01, c=3)
    assert MNIST.weights == 397_000
    assert row.items == 21
    assert row.parameters == 8_337_000
    assert row.overhead == 21.0
    assert row.depth == 2
    assert row.side == "experiment"


@pytest.mark.ledger("thm-pensia")
def test_pensia_theorem_1():
    row = bounds.pensia(UNIT, eps=0.1, failure=0.01, C=2.0)
    first, second = 2 * 4 * math.log(4 * 4 * 4 / 0.01), 2 * 4 * math.log(4 * 4 * 2 / 0.01)
    assert row.widths == (math.ceil(first), math.ceil(second)) == (71, 65)
    assert row.parameters == 71 * 8 + 65 * 6
    assert row.overhead == (71 * 8 + 65 * 6) / 24
    assert row.depth == 4
    assert row.failure == 0.01
    assert "spectral norms at most 1" in row.checked
    assert row.assumed == ()
    # The smaller of accuracy and failure counts, and only the logarithm of it.
    assert bounds.pensia(UNIT, eps=0.01, failure=0.1, C=2.0).widths == row.widths
    finer = bounds.pensia(UNIT, eps=0.0001, failure=0.01, C=2.0).widths
    assert finer[0] == math.ceil(first + 8 * math.log(100))
    # Without the constant there is no number, and the row says so.
    silent = bounds.pensia(UNIT, eps=0.1, failure=0.01)
    assert silent.widths is silent.parameters is None
    assert "C" in silent.reason
    assert bounds.pensia(MNIST, eps=0.1, failure=0.01, C=1.0).assumed == ("spectral norms at most 1",)


def test_a_norm_above_one_is_an_error():
    large = network([np.eye(4), 1.001 * np.eye(4)])
    for ask in (
        lambda: bounds.pensia(large, eps=0.1, failure=0.1),
        lambda: bounds.malach(large, eps=0.1),
        lambda: bounds.natale(large, eps=0.1, density=0.1),
    ):
        with pytest.raises(HypothesisError, match=r"expected at most 1 in every layer, got 1\.001 in layer 1"):
            ask()
    # Rounding is no violation.
    bounds.pensia(network([np.linalg.qr(np.random.default_rng(0).normal(size=(9, 9)))[0]]), eps=0.1, failure=0.1)


def test_dense_theorems_refuse_kernels_and_biases():
    kernel, biased = network([(2, 1, 3, 3)]), network([(np.zeros((2, 2)), np.zeros(2))])
    for ask in (bounds.orseau, lambda net: bounds.kumar_products(net, bits=4), lambda net: bounds.malach(net, eps=0.1)):
        with pytest.raises(HypothesisError, match="convolution"):
            ask(kernel)
        with pytest.raises(HypothesisError, match="biases"):
            ask(biased)
        assert ask(biased.without_biases()).theorem


def test_pensia_theorem_2():
    # d x d, probability 1/2: d**2 log2(1/(2 eps)) - 1.
    for d, eps in ((1, 0.25), (8, 1 / 64), (3, 0.1)):
        row = bounds.pensia_lower(network([(d, d)]), eps=eps)
        assert row.parameters == max(0, math.ceil(d * d * math.log2(1 / (2 * eps)) - 1))
        assert row.side == "necessary"
    assert bounds.pensia_lower(network([(8, 8)]), eps=1 / 64).parameters == 64 * 5 - 1
    with pytest.raises(HypothesisError, match="1/2"):
        bounds.pensia_lower(MNIST, eps=0.6)


@pytest.mark.ledger("thm-pensia-lower")
def test_pensia_theorem_2_bounds_what_exists():
    # One weight in [-1, 1] from m random ones: 2**m sums, and each serves an interval of length 2 eps. So whatever the
    # law, some target is met with probability at most 2**m eps; counting by volume loses one item.
    for m, eps in ((2, 0.02), (3, 0.1), (5, 0.02)):
        assert bounds.pensia_lower(network([(1, 1)]), eps=eps, success=2**m * eps).parameters == m - 1
    rng = np.random.default_rng(3)
    masks = (np.arange(16)[:, None] >> np.arange(4)) & 1
    for width in (0.5, 1.0, 2.0):  # three laws of the weights, 4 of them
        sums = rng.uniform(-width, width, (4000, 4)) @ masks.T
        met = [(np.abs(sums - w).min(axis=1) <= 0.1).mean() for w in np.linspace(-1, 1, 21)]
        assert bounds.pensia_lower(network([(1, 1)]), eps=0.1, success=min(met)).parameters <= 4


def test_malach_has_orders_only():
    assert bounds.malach(UNIT, eps=0.1).parameters is None
    assert "order" in bounds.malach(UNIT, eps=0.1).reason
    row = bounds.malach(UNIT, eps=0.1, C_width=1.0, C_parameters=2.0)
    assert row.widths == (4**5 * 4,) * 2
    assert row.parameters == math.ceil(2 * (24 / 0.1) ** 2 * math.log(240))
    assert row.depth == 4
    assert row.reason == ""


def test_rows_of_abstracts_have_no_number():
    for row in (
        bounds.orseau(UNIT),
        bounds.burkholz(UNIT),
        bounds.ferbach(UNIT),
        bounds.da_cunha(network([(2, 1, 3, 3)])),
    ):
        assert row.parameters is row.widths is None
        assert row.reason
        assert "abstract" in row.trust
    assert bounds.burkholz(UNIT).depth == 3
    with pytest.raises(HypothesisError, match="matrices only"):
        bounds.da_cunha(UNIT)


def test_binary_sources():
    row = bounds.sreenivasan(UNIT, eps=0.1, C_depth=1.5, C_width=2.0)
    log = math.log(4 * 2 / 0.1)
    depth, width = math.ceil(1.5 * 2 * log), math.ceil(2.0 * 4 * log**2)
    assert (row.depth, row.widths, row.parameters) == (depth, (width,) * (depth - 1), depth * width**2)
    assert bounds.sreenivasan(UNIT, eps=0.1, C_width=2.0).parameters is None
    row = bounds.diffenderfer(UNIT, eps=0.1, C_width=3.0)
    assert row.widths == (math.ceil(3 * (2 * 4**1.5 / 0.1 + 2 * 4 * math.log(80))),) * 2
    assert row.depth is None


def test_natale_theorem_2():
    for k, eps, c in ((1, 0.1, 1.0), (4, 1e-3, 1.0), (20, 1e-6, 2.5)):
        n = bounds.natale_items(k, eps=eps, c_hyp=c)
        need = c * math.log2(k / eps)
        assert n >= 2 * k
        assert n * bounds.binary_entropy(k / n) >= need
        assert n == 2 * k or (n - 1) * bounds.binary_entropy(k / (n - 1)) < need
    with pytest.raises(ValueError, match="c_hyp"):
        bounds.natale_items(3, eps=0.1, c_hyp=0.5)


def test_natale_theorem_3():
    net = network([0.1 * np.ones((4, 8)), 0.1 * np.ones((4, 4))])
    eps, density, c = 0.05, 0.2, 1.0
    row = bounds.natale(net, eps=eps, density=density, c_amp=c)
    inner = density / 2  # rho = max(8/4, 4/4)
    entropy = -inner * math.log2(inner) - (1 - inner) * math.log2(1 - inner)

    def right(n, layer):
        return c * math.log2(2 * 2 * layer.inputs * layer.outputs * inner * n / eps) ** 2 / entropy

    for n, layer in zip(row.items, net.layers, strict=True):
        assert all(m >= right(m, layer) for m in range(n, n + 2000))
        assert n - 1 < right(n - 1, layer)
    assert row.widths == (2 * 8 * row.items[0], 2 * 4 * row.items[1])
    assert row.parameters == row.widths[0] * 12 + row.widths[1] * 8
    with pytest.raises(HypothesisError, match="rho/2"):
        bounds.natale(network([(4, 4)]), eps=0.1, density=0.6)
    assert bounds.natale(net, eps=eps, density=density).widths is None


def test_natale_theorem_5():
    net, eps = network([(10, 6)]), 1 / 32
    for kept in (5, 40, 400):
        n = bounds.natale_lower(net, eps=eps, kept=kept).parameters
        need = 18 * math.log2(kept / eps)
        if n > kept:
            assert n * bounds.binary_entropy(kept / n) >= need > (n - 1) * bounds.binary_entropy(kept / (n - 1))
        else:
            first = math.ceil(kept / (1 - 1 / (2 * math.pi)))
            assert first * bounds.binary_entropy(kept / first) >= need
    assert bounds.natale_lower(net, eps=eps, kept=400).parameters == 400
    # The same in terms of the density: the sparser the ticket, the more to choose from.
    needed = [bounds.natale_lower(net, eps=eps, density=g).parameters for g in (0.5, 0.1, 0.01)]
    assert needed == sorted(needed)
    for n, g in zip(needed, (0.5, 0.1, 0.01), strict=True):
        assert n * bounds.binary_entropy(g) >= 18 * math.log2(g * n / eps)
        assert (n - 1) * bounds.binary_entropy(g) < 18 * math.log2(g * (n - 1) / eps)
    with pytest.raises(HypothesisError, match="1/16"):
        bounds.natale_lower(net, eps=0.07, kept=9)
    with pytest.raises(ValueError, match="exactly one"):
        bounds.natale_lower(net, eps=eps)
    with pytest.raises(HypothesisError, match="density"):
        bounds.natale_lower(net, eps=eps, density=0.9)


def test_otsuka():
    attention = Attention(inputs=16, outputs=4, heads=2, largest_token=4.0, spectral=1.0)
    row = bounds.otsuka(attention, eps=0.1, C=1.0)
    keys = math.ceil(16 * math.log(8 * 2 * 64 * 64 / 0.1))
    values = math.ceil(16 * math.log(2 * 2 * 4 * 16 * 2 / 0.1))
    assert row.widths == (keys, values)
    assert row.parameters == 2 * (2 * 16 * keys + 20 * values)
    assert row.assumed == ()
    assert bounds.otsuka(attention, eps=0.1).widths is None
    with pytest.raises(HypothesisError, match=r"at least sqrt\(max\(d1, d2\)\) = 4"):
        bounds.otsuka(Attention(16, 4, 2, 3.9), eps=0.1, C=1.0)
    with pytest.raises(HypothesisError, match="spectral"):
        bounds.otsuka(Attention(16, 4, 2, 4.0, 1.5), eps=0.1, C=1.0)
    with pytest.raises(TypeError, match="Attention"):
        bounds.otsuka(UNIT, eps=0.1)


def test_kumar_and_natale():
    row = bounds.kumar_products(UNIT, bits=8, C=3.0)
    # The coarsest source allowed has delta**2 = 2**-8: log2(1/delta) = 4.
    assert row.items == (12, 12)
    assert row.widths == (48, 48)
    assert row.parameters == 48 * 8 + 48 * 6
    assert row.exact
    assert bounds.kumar_products(UNIT, bits=7, C=3.0).items == (12, 12)
    assert bounds.kumar_products(UNIT, bits=8, source_bits=8, C=3.0).items == (24, 24)
    with pytest.raises(HypothesisError, match="at least 4 bits for 8; got 3"):
        bounds.kumar_products(UNIT, bits=8, source_bits=3)
    row = bounds.kumar_copies(UNIT, bits=5, C=2.0)
    assert row.depth == 3
    assert row.widths == (4 * 10, 4 * 5)
    assert row.parameters == 4 * 40 + 40 * 20 + 20 * 2
    with pytest.raises(HypothesisError, match="at least the target's 5 bits"):
        bounds.kumar_copies(UNIT, bits=5, source_bits=4)
    # d x d weights on the grid, probability p: d**2 log2(2/delta + 1) + log2(p).
    for p in (0.5, 1e-3):
        row = bounds.kumar_lower(network([(3, 3)]), bits=4, success=p)
        assert row.parameters == math.ceil(9 * math.log2(33) + math.log2(p))


def test_the_union_bound_of_kumar_and_natale_is_vacuous():
    # One weight, 64 items, a constant of 1: already 0.55. With N weights it takes log2(1/delta) beyond N**7.
    assert abs(64 ** (-1 / 7) - 0.552) < 5e-4
    assert bounds.kumar_products(network([(1, 1)]), bits=16, source_bits=16, C_failure=1.0).failure == 16 ** (-1 / 7)
    assert bounds.kumar_products(UNIT, bits=30, C_failure=1.0).failure == 1.0
    assert bounds.kumar_copies(MNIST, bits=30, C_failure=1e-3).failure == 1.0
    assert bounds.kumar_products(UNIT, bits=30).failure is None
    # What is proved here instead falls exponentially: 64 items, eight bits, all targets of a weight at once.
    assert bounds.solve_failure("half-range", 64, bits=8) < 1e-3


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bounds.pensia(UNIT, eps=0.0, failure=0.1), ValueError, "eps"),
        (lambda: bounds.pensia(UNIT, eps=0.1, failure=1.0), ValueError, "failure"),
        (lambda: bounds.pensia(UNIT, eps=0.1, failure=0.1, C=-1.0), ValueError, "C"),
        (lambda: bounds.pensia(UNIT, eps="0.1", failure=0.1), TypeError, "eps"),
        (lambda: bounds.kumar_products(UNIT, bits=0), ValueError, "bits"),
        (lambda: bounds.kumar_products(UNIT, bits=4.0), TypeError, "bits"),
        (lambda: bounds.kumar_lower(UNIT, bits=4, success=0), ValueError, "success"),
        (lambda: bounds.pensia_experiment(UNIT, eps=0.1, c=None), TypeError, "c"),
        (lambda: bounds.natale_lower(UNIT, eps=0.01, kept=0), ValueError, "kept"),
        (lambda: bounds.binary_entropy(1.5), ValueError, "p"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
