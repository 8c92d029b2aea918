"""Heads of attention: merged matrices are met entry by entry, logits are exact, and torch agrees up to rounding."""

import dataclasses

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from slthlib.strong import AttentionTarget, embed_attention, merge_heads

HEADS, INPUTS, KEYS, OUTPUTS, TOKENS = 2, 6, 4, 5, 7


def projections(seed):
    rng = np.random.default_rng(seed)
    shapes = ((INPUTS, KEYS), (INPUTS, KEYS), (INPUTS, KEYS), (KEYS, OUTPUTS))
    return [rng.normal(size=(HEADS, *shape)) * 0.4 for shape in shapes]


def heads(bits, seed=0):
    return merge_heads(*projections(seed), bits, logit_scale=2.0, value_scale=4.0)


def tokens(seed=1):
    return np.random.default_rng(seed).integers(-127, 128, size=(3, TOKENS, INPUTS))


@pytest.mark.parametrize("bits", range(3, 9))
def test_logits_and_values_are_those_of_the_target(bits):
    target, x = heads(bits), tokens(bits)
    ticket = embed_attention(target, seed=bits)
    assert ticket.unsolved == ()
    assert ticket.verify(x, target=target).exact
    assert ticket.verify(x / 128, target=target).exact
    assert ticket.exactness(input_bits=7).float64
    # Independently: whole numbers from the grid, through einsum.
    Q, V = (np.rint(one * 2**bits).astype(np.int64) for one in (target.logits, target.values))
    finer = ticket.exponent - bits
    assert (ticket.logits(x) == np.einsum("bti,hij,buj->bhtu", x, Q, x) << finer).all()
    assert (ticket.values(x) == np.einsum("bti,hio->bhto", x, V) << finer).all()
    assert (ticket.logits(x / 128) == np.einsum("bti,hij,buj->bhtu", x, Q, x) / 2.0 ** (bits + 14)).all()


def test_torch_agrees_up_to_rounding():
    bits = 6
    target, x = heads(bits), torch.from_numpy(tokens() / 128)
    ticket = embed_attention(target, seed=3)
    merged, random = 0.0, 0.0
    for head in range(HEADS):
        Q, V = torch.from_numpy(target.logits[head]), torch.from_numpy(target.values[head])
        merged = merged + scaled_dot_product_attention(x @ Q, x, x @ V, scale=target.logit_scale)
        unit = 2.0 ** -ticket.layouts[0].bits
        queries, keys, values, outputs = (torch.from_numpy(one * unit) for one in ticket.projections(head))
        mixed = scaled_dot_product_attention(x @ queries, x @ keys, x @ values, scale=target.logit_scale)
        random = random + mixed @ outputs
    ours = torch.from_numpy(ticket(x.numpy()))
    for theirs in (merged * target.value_scale, random * target.value_scale, torch.from_numpy(target(x.numpy()))):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-13)
    assert ours.abs().max() > 0.1


def test_merging_rounds_the_product_and_says_by_how_much():
    Q, K, V, O = projections(0)  # noqa: E741
    target = heads(8)
    exact = np.einsum("hik,hjk->hij", Q, K) / KEYS**0.5
    change = np.abs(target.logits * 2 - exact).max()
    other = np.abs(target.values * 4 - V @ O).max()
    assert target.largest_change == max(change, other)
    assert 0 < change <= 2.0**-8
    assert 0 < other <= 2.0**-7


def test_units_of_both_signs_serve_every_entry():
    """One solve for each entry; the mask takes units with b < 0, and never one with b = 0."""
    target = heads(6)
    ticket = embed_attention(target, seed=1)
    assert ticket.cost.solves == HEADS * INPUTS * (INPUTS + OUTPUTS)
    for place, (words, needed) in enumerate(zip(ticket.words, ticket.needed, strict=True)):
        layout = ticket.layouts[place % 2]
        assert needed.shape[2] == 1
        bits = np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little")[..., : layout.units].astype(bool)
        b = np.broadcast_to(layout.draw_banks(ticket.seed, place), bits.shape)
        assert (b[bits] < 0).any()
        assert (b[bits] > 0).any()
        assert not (b[bits] == 0).any()


def test_the_cost_is_that_of_the_projections():
    ticket = embed_attention(heads(4), seed=2)
    full = [ticket.projections(head, masked=False) for head in range(HEADS)]
    few = [ticket.projections(head) for head in range(HEADS)]
    assert ticket.cost.parameters == sum(one.size for head in full for one in head)
    assert ticket.cost.units == HEADS * (2 * ticket.key_width + ticket.value_width)
    assert full[0][0].shape == (INPUTS, ticket.key_width)
    assert full[1][3].shape == (ticket.value_width, OUTPUTS)
    for head, all_ in zip(few, full, strict=True):
        for masked, drawn in zip(head, all_, strict=True):
            assert ((masked == 0) | (masked == drawn)).all(), "a mask only removes"
        assert (head[0] != 0).sum() < (all_[0] != 0).sum()


def test_hidden_units_may_change_places():
    target, x = heads(5), tokens()[0]
    ticket = embed_attention(target, seed=4)
    order = np.random.default_rng(0).permutation(ticket.key_width)
    queries, keys = ticket.projections(0)[:2]
    permuted = (x @ queries[:, order]) @ (x @ keys[:, order]).T
    assert (permuted == ticket.logits(x)[0]).all()
    scaled = [one[:, order] * 2.0 ** -ticket.layouts[0].bits for one in (queries, keys)]
    assert ((x / 128 @ scaled[0]) @ (x / 128 @ scaled[1]).T == ticket.logits(x / 128)[0]).all()
    swapped = dataclasses.replace(target, logits=target.logits[::-1], values=target.values[::-1])
    other = embed_attention(swapped, seed=4)
    assert (other.logits(x) == ticket.logits(x)[::-1]).all()


def test_one_wrong_bit_is_found():
    target = heads(5)
    for place in range(2 * HEADS):
        ticket = embed_attention(target, seed=5)
        b = ticket.layouts[place % 2].draw_banks(5, place)
        a = ticket.layouts[place % 2].draw_rows(5, place, 0)
        unit = int(np.flatnonzero(a[2, 3] * b[3])[0])
        ticket.words[place][2, 3, unit >> 6] ^= np.uint64(1) << np.uint64(unit & 63)
        found = ticket.verify(tokens(), target=target)
        assert found.wrong == 1
        assert found.largest_difference > 0


def test_what_is_not_solved_is_named():
    target = heads(8)
    ticket = embed_attention(target, candidates=9, seed=0)
    assert ticket.unsolved
    assert ticket.verify(target=target).wrong == len(ticket.unsolved)
    assert {one.layer for one in ticket.unsolved} <= set(range(2 * HEADS))


@pytest.mark.slow
def test_the_plan_keeps_its_failure():
    """400 random tickets at a planned failure of 0.2: no more fail than a binomial with that chance would show."""
    from scipy.stats import binom

    target = heads(4)
    failed = sum(bool(embed_attention(target, failure=0.2, seed=seed).unsolved) for seed in range(400))
    assert failed <= binom.ppf(1 - 1e-4, 400, 0.2)
    assert failed > 10, "the plan is not much too careful either"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"logit_scale": 0.5}, r"logit_scale: a merged entry has size .* above 1/2; 1 is large enough"),
        ({"value_scale": 3.0}, r"value_scale: expected a power of two, got 3"),
        ({"bits": 0}, r"bits: expected a whole number from 1 to 24"),
    ],
)
def test_merging_refuses(change, message):
    options = {"bits": 5, "logit_scale": 2.0, "value_scale": 4.0} | change
    with pytest.raises(ValueError, match=message):
        merge_heads(*projections(0), options.pop("bits"), **options)


def test_what_cannot_be_is_refused():
    target = heads(5)
    Q, K, V, O = projections(0)  # noqa: E741
    with pytest.raises(ValueError, match=r"expected shapes \[H, d1, d_K\] twice"):
        merge_heads(Q, K[:, :, :3], V, O, 5, logit_scale=2.0, value_scale=4.0)
    with pytest.raises(ValueError, match=r"candidates: 5 units give 32 masks.*counting asks for 6"):
        embed_attention(target, candidates=5, seed=0)
    with pytest.raises(ValueError, match="source_bits: expected a whole number from 3"):
        embed_attention(target, source_bits=2, seed=0)
    with pytest.raises(TypeError, match="target: expected an AttentionTarget"):
        embed_attention([Q, K], seed=0)
    off = AttentionTarget(target.logits + 2.0**-9, target.values, 5)
    with pytest.raises(ValueError, match=r"expected multiples of 2\*\*-5"):
        embed_attention(off, seed=0)
    ticket = embed_attention(target, seed=0)
    with pytest.raises(ValueError, match=r"x: expected tokens \[\.\.\., T, 6\]"):
        ticket(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="int64 holds 63"):
        ticket.logits(tokens() << 24)
    with pytest.raises(ValueError, match="head: expected a whole number from 0 to 1"):
        ticket.projections(2)
