"""Bits: counted exactly, held against big integers; rounding to b bits, held against a list of all roundings."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from slthlib.nets import Dense, Masks, Parameters, random_mask
from slthlib.tickets.bits import mask_bits, mask_entropy, network_bits, round_weights


@given(size=st.integers(1, 3000), data=st.data())
def test_a_mask_is_one_of_so_many(size, data):
    kept = data.draw(st.integers(0, size))
    assert mask_bits(size, kept) == pytest.approx(math.log2(math.comb(size, kept)), rel=1e-11, abs=1e-10)


def test_a_large_mask_too():
    assert mask_bits(235_200, 70_560) == pytest.approx(math.log2(math.comb(235_200, 70_560)), rel=1e-12)
    assert mask_bits(10**6, 10**5) == pytest.approx(468_986.039, abs=5e-4)


@given(size=st.integers(2, 10**6), data=st.data())
def test_the_entropy_is_above_by_half_a_logarithm(size, data):
    kept = data.draw(st.integers(1, size - 1))
    p = kept / size
    excess = mask_entropy(size, p) - mask_bits(size, kept)
    # Robbins' bounds of the factorials: 1/(12 n + 1) < remainder < 1/(12 n).
    about = 0.5 * math.log2(2 * math.pi * size * p * (1 - p))
    slack = (1 / (12 * kept) + 1 / (12 * (size - kept))) / math.log(2)
    assert excess > 0
    assert about - 1e-6 <= excess <= about + slack + 1e-6


def test_entropy_at_its_ends():
    assert mask_entropy(7, 0.5) == 7
    assert mask_entropy(7, [0.0, 1.0]).tolist() == [0, 0]
    assert mask_bits(7, [0, 7]).tolist() == [0, 0]
    assert mask_entropy(1000, 0.11) == pytest.approx(499.916, abs=1e-3)


def test_a_network_is_its_masks_and_its_values():
    network = Dense((20, 30, 10))
    start = network.init(2, seed=0)
    masks = random_mask(start, 0.25, seed=0)
    by_mask = math.log2(math.comb(600, 150)) + math.log2(math.comb(300, 75))
    assert network_bits(start) == pytest.approx([0, 0])
    assert network_bits(start, weight=4, scale=True) == pytest.approx([3664, 3664])
    assert network_bits(start, masks) == pytest.approx([by_mask] * 2)
    assert network_bits(start, masks, weight=1, scale=True) == pytest.approx([by_mask + 225 + 64] * 2)
    only = Masks({"weight1": masks["weight1"]})
    assert network_bits(start, only, weight=2) == pytest.approx([math.log2(math.comb(300, 75)) + 1350] * 2)


def errors(values, step, half):
    levels = (np.arange(-half, half) + 0.5) * step
    return ((values[:, None] - levels) ** 2).min(1).sum()


@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_rounding_takes_the_nearest_level_and_a_good_step(bits):
    weight = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 8, 25)))
    found = round_weights(Parameters({"weight0": weight, "bias0": weight[:, :, 0]}), bits)
    assert torch.equal(found["bias0"], weight[:, :, 0])
    for replica in range(2):
        values, after = weight[replica].flatten().numpy(), found["weight0"][replica].flatten().numpy()
        assert len(np.unique(after)) <= 2**bits
        assert np.array_equal(np.sign(after), np.sign(values))
        half = 2 ** (bits - 1)
        step = 2 * np.abs(after).min()
        assert np.allclose(np.abs(after) / step % 1, 0.5, atol=1e-9)
        error = ((after - values) ** 2).sum()
        assert error == pytest.approx(errors(values, step, half), rel=1e-9)
        best = min(errors(values, step, half) for step in np.abs(values).max() * np.linspace(0.05, 2, 2000))
        assert error <= best * 1.01


def test_more_bits_lose_less_and_pruned_weights_stay_zero():
    start = Dense((20, 30, 10)).init(2, seed=0)
    masks = random_mask(start, 0.5, seed=1)
    lost = []
    for bits in range(1, 9):
        found = round_weights(start.masked(masks), bits, masks)
        for name, mask in masks.items():
            assert bool((found[name][~mask] == 0).all())
            assert bool((found[name][mask] != 0).all())
        lost.append(float((found["weight0"] - start.masked(masks)["weight0"]).square().sum()))
    assert all(later < 0.5 * earlier for earlier, later in pairwise(lost))
    alone = round_weights(start.select([1]), 3)
    assert torch.equal(alone["weight0"][0], round_weights(start, 3)["weight0"][1])


@pytest.mark.parametrize(
    ("ask", "kind", "words"),
    [
        (lambda: mask_bits(5, 6), ValueError, "kept: expected from 0 to size, got 6 of 5"),
        (lambda: mask_bits(5.0, 2), TypeError, "size: expected whole numbers"),
        (lambda: mask_entropy(5, 1.1), ValueError, r"keep: expected fractions in \[0, 1\], got 1.1"),
        (lambda: round_weights(Dense((2, 2)).init(1, seed=0), 0), ValueError, "bits: expected a whole number from 1"),
        (
            lambda: network_bits(Dense((2, 2)).init(1, seed=0), {"weight0": torch.ones(1, 2, 3, dtype=torch.bool)}),
            ValueError,
            "masks: expected shape",
        ),
    ],
)
def test_what_does_not_fit_is_refused(ask, kind, words):
    with pytest.raises(kind, match=words):
        ask()
