"""Residual blocks inside random networks, with skips of their own and with skips that are made: exact and stacked."""

import dataclasses

import numpy as np
import pytest
import torch

from slthlib.strong import Target, TargetLayer, embed_residual, quantize, to_torch
from slthlib.strong.targets import read_target

UNITS = {"diamond": 100, "copies": (110, 60)}


def block(rng, size=5, hidden=6, bits=4):
    def some(*shape):
        return np.clip(rng.normal(size=shape) * 0.2, -0.5, 0.5)

    return quantize([(some(hidden, size), some(hidden)), (some(size, hidden), some(size))], bits, scale=1.0)


def images(rng, bits=4):
    def some(*shape):
        return np.clip(rng.normal(size=shape) * 0.15, -0.5, 0.5)

    first = TargetLayer(some(3, 2, 3, 3), some(3), (1, 1), (1, 1))
    second = TargetLayer(some(2, 3, 3, 5), None, (1, 1), (2, 2), (2, 1))
    return quantize([first, second], bits, scale=1.0)


def through_torch(blocks, x, relu):
    """The target as anyone would write it, in float64."""
    y = torch.from_numpy(x)
    for place, one in enumerate(blocks):
        first, second = one.layers
        h = torch.relu(_apply(first, y))
        y = y + _apply(second, h)
        if relu and place + 1 < len(blocks):
            y = torch.relu(y)
    return y.numpy()


def _apply(layer, x):
    weight = torch.from_numpy(layer.weight)
    bias = None if layer.bias is None else torch.from_numpy(layer.bias)
    if not layer.convolution:
        return torch.nn.functional.linear(x, weight, bias)
    return torch.nn.functional.conv2d(x, weight, bias, layer.stride, layer.padding, layer.dilation)


def whole(rng, *shape):
    return rng.integers(-31, 32, size=shape)


@pytest.mark.parametrize("bits", range(3, 9))
@pytest.mark.parametrize("construction", UNITS)
@pytest.mark.parametrize("skip", ["free", "solved"])
def test_stacked_blocks_are_their_target(skip, construction, bits):
    rng = np.random.default_rng(bits)
    blocks = [block(rng, bits=bits) for _ in range(2)]
    x = whole(rng, 30, 5)
    for relu in (True, False):
        ticket = embed_residual(
            blocks, skip=skip, relu=relu, construction=construction, candidates=UNITS[construction], seed=bits
        )
        assert ticket.unsolved == ()
        assert ticket.verify(x / 32, target=blocks).exact
        assert ticket.exactness(input_bits=5).float64
        wanted = through_torch(blocks, x / 32, relu)
        assert (ticket(x / 32) == wanted).all()
        assert (x < 0).any()
        assert (wanted < 0).any()
        # In whole numbers: the inputs are units of 1/32.
        if ticket.exactness(input_bits=5).int64:
            assert (ticket.integers(x, one=32) == wanted * 32 * 2.0**ticket.unit).all()
            assert ticket.verify(x, target=blocks).exact
        else:
            assert bits >= 7
        assert ticket.depth == (4 if construction == "diamond" else 3) * 2


@pytest.mark.parametrize("bits", [3, 6])
@pytest.mark.parametrize("skip", ["free", "solved"])
def test_convolutions_that_keep_the_size(skip, bits):
    rng = np.random.default_rng(bits)
    blocks = [images(rng, bits), images(rng, bits)]
    x = whole(rng, 3, 2, 5, 6)
    ticket = embed_residual(blocks, skip=skip, candidates=110, seed=1)
    assert ticket.unsolved == ()
    assert ticket.verify(x, target=blocks).exact
    assert (ticket(x / 32) == through_torch(blocks, x / 32, True)).all()


def test_a_solved_skip_needs_no_wire():
    """The exported block is a plain chain of layers and alone adds x to its branch; a free skip leaves x out."""
    rng = np.random.default_rng(0)
    target = block(rng)
    x = whole(rng, 20, 5) / 32
    solved = embed_residual([target], skip="solved", candidates=100, seed=2)
    free = embed_residual([target], skip="free", candidates=100, seed=2)
    plain = through_torch([target], x, True)
    assert (to_torch(solved.blocks[0])(torch.from_numpy(x)).numpy() == plain).all()
    assert (to_torch(free.blocks[0])(torch.from_numpy(x)).numpy() == plain - x).all()
    drawn = to_torch(solved.blocks[0], masked=False)
    assert sum(one.numel() for one in drawn.parameters()) == solved.cost.parameters
    linear = [one for one in drawn if isinstance(one, torch.nn.Linear)]
    assert sum(one.out_features for one in linear[:-1]) == solved.cost.units
    # Two carriers a coordinate, in two branches and with a bias of zero, and what they are read by.
    assert solved.cost.solves - free.cost.solves == 5 * 2 * (5 * 2 + 1) + 5 * 5 * 2


def test_one_carrier_is_enough_where_inputs_are_not_negative():
    rng = np.random.default_rng(1)
    blocks = [block(rng), block(rng)]
    x = np.abs(whole(rng, 20, 5))
    ticket = embed_residual(blocks, skip="solved", candidates=100, signed_inputs=False, seed=2)
    assert ticket.verify(x, target=blocks).exact
    assert [one.recipe.geometry[0].outputs for one in ticket.blocks] == [6 + 5, 6 + 5]
    with pytest.raises(ValueError, match="made for inputs that are not negative"):
        ticket(-x / 32 - 1)


@pytest.mark.parametrize("skip", ["free", "solved"])
def test_hidden_units_may_change_places(skip):
    rng = np.random.default_rng(3)
    target = block(rng, bits=5)
    order = rng.permutation(6)
    first, second = target.layers
    layers = (TargetLayer(first.weight[order], first.bias[order]), TargetLayer(second.weight[:, order], second.bias))
    x = whole(rng, 30, 5) / 32
    one = embed_residual([target], skip=skip, candidates=100, seed=1)
    two = embed_residual([Target(layers, 5)], skip=skip, candidates=100, seed=1)
    assert (one(x) == two(x)).all()


@pytest.mark.parametrize("row", [2, 6 + 3])
def test_one_wrong_bit_is_found(row):
    """In a hidden unit, and in a carrier of the skip."""
    rng = np.random.default_rng(4)
    target = block(rng)
    ticket = embed_residual([target], skip="solved", candidates=100, seed=3)
    coordinate = 3
    unit = int(np.flatnonzero(ticket.blocks[0].mask(0)[row, coordinate])[0])
    ticket.blocks[0].words[0][row, coordinate, unit >> 6] ^= np.uint64(1) << np.uint64(unit & 63)
    found = ticket.verify(whole(rng, 50, 5), target=[target])
    assert found.wrong == 1
    assert found.largest_difference > 0


def test_signs_can_make_the_skip_too():
    rng = np.random.default_rng(5)
    target = read_target([np.rint(rng.uniform(-4, 4, (3, 4))) / 8, np.rint(rng.uniform(-4, 4, (4, 3))) / 8])
    ticket = embed_residual([target], bits=3, skip="solved", source="sign", seed=1)
    x = whole(rng, 20, 4)
    assert ticket.unsolved == ()
    assert ticket.verify(x, target=[target]).exact


@pytest.mark.slow
@pytest.mark.parametrize("construction", UNITS)
def test_the_plan_keeps_its_failure(construction):
    """Tickets planned for a failure of 0.1: no more fail than a binomial with that chance would show."""
    from scipy.stats import binom

    target = block(np.random.default_rng(6), 3, 4)
    failed = sum(
        bool(embed_residual([target], skip="solved", construction=construction, failure=0.1, seed=seed).unsolved)
        for seed in range(100)
    )
    assert failed <= binom.ppf(1 - 1e-4, 100, 0.1)


def test_same_seed_same_bits():
    blocks = [block(np.random.default_rng(7)) for _ in range(2)]
    one, two = (embed_residual(blocks, candidates=100, threads=n, seed=9) for n in (1, 2))
    for a, b in zip(one.blocks, two.blocks, strict=True):
        assert all((x == y).all() for x, y in zip(a.words, b.words, strict=True))
    assert (one.blocks[0].words[1] != one.blocks[1].words[1]).any(), "blocks are random on their own"


def test_what_cannot_be_is_refused():
    rng = np.random.default_rng(8)
    good = block(rng)

    def refused(error, message, blocks, **options):
        with pytest.raises(error, match=message):
            embed_residual(blocks, **({"seed": 0} | options))

    refused(TypeError, "blocks: expected a sequence of blocks", good)
    refused(TypeError, "blocks: expected a sequence of blocks", [])
    refused(ValueError, "skip: expected one of free, solved, got 'none'", [good], skip="none")
    refused(ValueError, "two layers in block 0, got 1", [[np.zeros((3, 3))]], bits=3)
    narrow = [np.zeros((4, 3)), np.zeros((2, 4))]
    refused(ValueError, "block 0 has 3 inputs and 2 outputs: there is no identity between them", [narrow], bits=3)
    scaled = dataclasses.replace(good, scale=2.0)
    refused(ValueError, "scale 2, which its skip would not pass on", [scaled])
    shrinking = [TargetLayer(np.zeros((2, 2, 3, 3)), None, (2, 2), (1, 1)), TargetLayer(np.zeros((2, 2, 1, 1)))]
    refused(ValueError, "block 0 changes the size of the image", [shrinking], bits=3)
    refused(ValueError, "block 1 takes inputs", [good, block(rng, 4)])
    refused(ValueError, "block 1 has 5 bits, block 0 has 4", [good, block(rng, bits=5)])
    refused(ValueError, "bits: expected the bits of the grid", [[np.zeros((4, 3)), np.zeros((3, 4))]])
    large = [np.full((4, 3), 0.75), np.zeros((3, 4))]
    refused(ValueError, r"expected numbers in \[-1/2, 1/2\]", [large], bits=3)
    ticket = embed_residual([good], candidates=100, seed=0)
    with pytest.raises(ValueError, match="target: expected 1 blocks, got 2"):
        ticket.verify(target=[good, good])
    with pytest.raises(ValueError, match="int64 holds 63"):
        ticket.integers(np.full((1, 5), 2**60))
