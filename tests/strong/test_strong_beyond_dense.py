"""Statements of the chapter beyond dense layers, each held against something that does not know the library."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import binom

from slthlib.strong import TargetLayer, embed, embed_attention, embed_chain, embed_residual, merge_heads, to_torch
from slthlib.strong._chain_parts import copies_law


def drawn(rng, bits, *shape):
    return rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) + 1, shape) / 2**bits


@pytest.mark.ledger("prop-channel-bank")
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 1, 1), (2, 1, 1), (1, 2, 2), (3, 2, 1), (2, 3, 2)])
def test_a_convolution_with_any_stride_padding_and_dilation(stride, padding, dilation):
    """Against torch, which sees the target only; and the counts of the statement."""
    rng = np.random.default_rng(stride)
    how = {"stride": (stride,) * 2, "padding": (padding,) * 2, "dilation": (dilation,) * 2}
    weight, n = drawn(rng, 4, 3, 2, 3, 3), 90
    ticket = embed([TargetLayer(weight, None, **how)], bits=4, candidates=n, seed=1)
    x = rng.integers(-9, 10, (4, 2, 8, 9)) / 1.0
    wanted = torch.nn.functional.conv2d(torch.from_numpy(x), torch.from_numpy(weight), **how)
    assert ticket.unsolved == ()
    masked = to_torch(ticket)
    assert torch.equal(masked(torch.from_numpy(x)), wanted)
    assert (masked[0].stride, masked[0].padding, masked[0].bias) == ((1, 1), (0, 0), None)
    assert (masked[0].weight != 0).sum(1).max() == 1, "a channel of the bank reads its own input only"
    assert ticket.recipe.solves() == 2 * weight.size
    assert ticket.recipe.parameters() == pytest.approx(n * (1 + 2 / (3 * 9)) * weight.size, rel=1e-12)


@pytest.mark.ledger("prop-bias-tap")
def test_taps_that_never_fall_on_padding():
    """Every output of every image along one axis, for all small kernels, strides, paddings and dilations."""
    seen = set()
    for K, s, P, D in itertools.product(range(1, 6), range(1, 4), range(4), range(1, 4)):
        for tap in range(K):
            inside = True
            for L in range(1, 30):
                last = (L + 2 * P - D * (K - 1) - 1) // s
                inside &= all(0 <= p * s + D * tap - P < L for p in range(last + 1))
            assert inside == (P <= D * tap <= D * (K - 1) - P)
            seen.add(inside)
    assert seen == {True, False}


@pytest.mark.ledger("prop-exact-sums")
@pytest.mark.parametrize(("kind", "p"), [(np.float32, 24), (np.float64, 53)])
def test_no_order_rounds_a_sum_below_the_bound(kind, p):
    """Terms of either sign whose sizes add up to 2**p - 1; a step beyond, and there is a sum that rounds."""
    rng = np.random.default_rng(p)
    for _ in range(100):
        cuts = np.sort(rng.integers(0, 2**p, 40, dtype=np.int64))
        sizes = np.diff(np.concatenate([[0], cuts, [2**p - 1]]))
        terms = [int(one) for one in sizes * rng.choice([-1, 1], sizes.size)]
        total = kind(0)
        for place in rng.permutation(len(terms)):
            total = kind(total + kind(terms[place]))
        assert int(total) == sum(terms)
        halves = kind(sum(terms[::2])) + kind(sum(terms[1::2]))
        assert int(halves) == sum(terms)
    assert kind(2**p) + kind(1) == kind(2**p)


@pytest.mark.ledger("prop-skip")
@pytest.mark.parametrize("signed", [True, False])
def test_a_solved_skip_takes_so_many_sums(signed):
    """Six a coordinate, or two; and the exported network adds x without a wire."""
    rng, d = np.random.default_rng(1), 4
    target = [(drawn(rng, 3, 5, d), drawn(rng, 3, 5)), (drawn(rng, 3, d, 5), None)]
    tickets = [
        embed_residual([target], bits=3, skip=skip, candidates=110, signed_inputs=signed, seed=2)
        for skip in ("solved", "free")
    ]
    solved, free = (sum(int((one > 0).sum()) for one in ticket.blocks[0].needed) for ticket in tickets)
    assert solved - free == (6 if signed else 2) * d
    x = torch.from_numpy(rng.integers(-9 if signed else 0, 10, (30, d)) / 1.0)
    made, branch = (to_torch(ticket.blocks[0])(x) for ticket in tickets)
    assert torch.equal(made, x + branch)
    hidden = [one.out_features for one in to_torch(tickets[0].blocks[0])[::2]]
    assert hidden[1] == 5 + (2 if signed else 1) * d


@pytest.mark.ledger("prop-merged")
def test_a_head_takes_one_sum_an_entry_and_no_layer():
    rng = np.random.default_rng(3)
    heads, d1, inner, d2 = 2, 4, 3, 5
    shapes = ((d1, inner), (d1, inner), (d1, inner), (inner, d2))
    target = merge_heads(*(rng.normal(0, 0.3, (heads, *one)) for one in shapes), 5, logit_scale=2.0, value_scale=2.0)
    ticket = embed_attention(target, candidates=40, seed=3)
    unit = 2.0 ** -(2 * ticket.layouts[0].bits)
    for head in range(heads):
        queries, keys, values, outputs = ticket.projections(head)
        assert (queries @ keys.T * unit == target.logits[head]).all()
        assert (values @ outputs * unit == target.values[head]).all()
        assert (np.count_nonzero(queries, axis=0) <= 1).all()
        assert queries.shape == (d1, 40 * d1)
    assert ticket.cost.solves == heads * d1 * (d1 + d2)
    assert ticket.cost.parameters == heads * (2 * d1 * 40 * d1 + (d1 + d2) * 40 * d1)


@pytest.mark.ledger("prop-softmax")
@pytest.mark.parametrize("e", [0.01, 0.3, 1.0, 4.0])
def test_errors_of_logits(e):
    """Never above 2 tanh(e/2), neither at random nor at the corners; met by two logits."""
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, (4000, 6))
    worst = 0.0
    for moved in (rng.uniform(-e, e, logits.shape), rng.choice([-e, e], logits.shape)):
        worst = max(worst, np.abs(softmax(logits + moved, axis=1) - softmax(logits, axis=1)).sum(1).max())
    assert 0.5 * math.tanh(e / 2) < worst <= 2 * math.tanh(e / 2) + 1e-12
    assert np.abs(softmax([0.0, -e]) - softmax([-e, 0.0])).sum() == pytest.approx(2 * math.tanh(e / 2), rel=1e-12)


@pytest.mark.ledger("prop-copies")
def test_copies_pay_with_the_square():
    rng, n, banks = np.random.default_rng(6), 40, 90
    target = [drawn(rng, 4, 7, 5), drawn(rng, 4, 6, 7), drawn(rng, 4, 3, 6)]
    ticket = embed(target, bits=4, construction="copies", candidates=(banks, n), seed=1)
    assert ticket.unsolved == ()
    assert ticket.recipe.depth == 4
    layers = [one for one in to_torch(ticket) if isinstance(one, torch.nn.Linear)]
    sizes = [(one.out_features, one.in_features) for one in layers]
    assert sizes == [(5 * banks, 5), (7 * n, 5 * banks), (6 * n, 7 * n), (3, 6 * n)]
    assert ticket.recipe.solves() == 2 * n * 7 * 5 + n * 6 * 7 + 3 * 6
    # All copies carry what the neuron of the target carries.
    x = torch.from_numpy(rng.integers(-9, 10, (20, 5)) / 1.0)
    hidden = torch.nn.Sequential(*to_torch(ticket)[:4])(x)
    wanted = torch.relu(x @ torch.from_numpy(target[0]).T)
    assert torch.equal(hidden, wanted.repeat_interleave(n, 1))


@pytest.mark.ledger("prop-unary")
def test_signs_one_by_one_by_enumeration():
    """All banks of six units and all signs behind them: how many can make each weight; and no slope beyond."""
    n = 6
    signs = np.array(list(itertools.product([-1, 1], repeat=2 * n)))
    b, a = signs[:, :n], signs[:, n:]
    for t in range(1, n + 1):
        right = ((b > 0) & (a > 0)).sum(1)
        assert (right < t).mean() == pytest.approx(binom.cdf(t - 1, n, 0.25), abs=1e-12)
    kept = np.array(list(itertools.product([0, 1], repeat=n)))
    slopes = (a * (b > 0))[:50] @ kept.T
    assert np.abs(slopes).max() <= n


@pytest.mark.ledger("prop-unary")
def test_planned_banks_of_signs_double_with_every_bit():
    units = [embed([np.zeros((4, 4))], bits=k, source="sign", plan=True, seed=0).candidates[0] for k in range(3, 9)]
    assert all(2 ** (k + 1) < n for k, n in zip(range(3, 9), units, strict=True))
    ratios = np.divide(units, 2.0 ** np.arange(4, 10))
    assert (np.diff(ratios) < 0).all()
    assert ratios[-1] < 1.5


@pytest.mark.ledger("prop-chain")
@pytest.mark.parametrize("signed", [True, False])
def test_a_chain_has_the_size_stated(signed):
    rng, d, c, k = np.random.default_rng(7), 3, 20, 6
    target = drawn(rng, k, 2, d)
    ticket = embed_chain([target], bits=k, copies=c, signed_inputs=signed, seed=1)
    matrices = ticket.matrices()
    assert len(matrices) == k + 1
    x = rng.integers(-9 if signed else 0, 10, (30, d))
    y = x
    for place, matrix in enumerate(matrices):
        y = y @ matrix.T.astype(np.int64)
        y = np.maximum(y, 0) if place < k else y
    assert (y == x @ (target.T * 2**k).astype(np.int64)).all()
    wide = (2 if signed else 1) * d * c
    levels = sum(one.size for one in matrices[2:-1])
    assert levels == wide**2 * sum(j * (j + 1) for j in range(2, k))
    assert ticket.cost.parameters == pytest.approx(wide**2 * k**3 / 3, rel=0.15)


@pytest.mark.ledger("law-sign-chain")
def test_live_copies_and_missed_digits():
    """The page's recursion, written out here, against the library's and against signs that were drawn."""
    c, k, inputs = 5, 4, 4000
    m = np.arange(2 * c + 1)
    half = 0.5**m
    slots = [binom.pmf(m, 2 * c, 0.5)]
    for _ in range(1, k):
        new = slots[-1] @ binom.pmf(m, c, (1 - (1 + m) * half)[:, None])
        slots = [one @ binom.pmf(m, c, (1 - half)[:, None]) for one in slots] + [new]
    np.testing.assert_allclose(copies_law(2 * c, c, k), slots, atol=1e-14)
    for digit in range(k):
        chain = embed_chain([np.full((1, inputs), 2.0 ** (digit - k))], bits=k, copies=c, signed_inputs=False, seed=8)
        chance = float(slots[digit] @ half)
        missed = len(chain.unsolved) / inputs
        assert abs(missed - chance) < 4.5 * math.sqrt(chance * (1 - chance) / inputs)
        live = chain.live[0][-1][:, 0, digit]
        for count in range(c + 1):
            expected = slots[digit][count]
            assert abs((live == count).mean() - expected) < 4.5 * math.sqrt(expected / inputs) + 1e-9
