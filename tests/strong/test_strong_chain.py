"""Signs alone make any weight by doubling: exact, of the shape promised, with as many copies as the law says."""

import itertools

import numpy as np
import pytest
import torch
from scipy.stats import chi2

from slthlib.strong import chain_copies, compare_sign_costs, embed, embed_chain, quantize
from slthlib.strong._chain_parts import ChainLayer, copies_law, solve_layer


def network(bits, seed=0, widths=(5, 7, 3)):
    rng = np.random.default_rng(seed)
    return quantize([rng.normal(size=(o, i)) for i, o in itertools.pairwise(widths)], bits)


def whole(seed, count=40, size=5):
    return np.random.default_rng(seed).integers(-127, 128, size=(count, size))


@pytest.mark.parametrize("bits", range(3, 9))
def test_a_chain_is_its_target(bits):
    target, x = network(bits), whole(bits)
    ticket = embed_chain(target, seed=bits)
    assert ticket.unsolved == ()
    assert ticket.verify(x, target=target).exact
    assert ticket.verify(x / 128, target=target).exact
    assert ticket.exactness(input_bits=7).float64
    first, second = (np.rint(one.weight * 2**bits).astype(np.int64) for one in target.layers)
    assert (ticket.integers(x) == np.maximum(x @ first.T, 0) @ second.T).all()
    assert (ticket(x / 128) == ticket.integers(x) * (target.scale / 2.0 ** (2 * bits + 7))).all()


@pytest.mark.parametrize("signed", [True, False])
def test_the_dense_network_of_signs_computes_the_same(signed):
    """All matrices written out, run by torch with a ReLU between any two: depth, widths, parameters, outputs."""
    bits, x = 4, np.abs(whole(0)) if not signed else whole(0)
    target = network(bits, widths=(5, 4, 3))
    ticket = embed_chain(target, signed_inputs=signed, seed=2)
    masked, drawn = ticket.matrices(), ticket.matrices(masked=False)
    y = torch.from_numpy(x / 1.0)
    for place, matrix in enumerate(masked):
        y = y @ torch.from_numpy(matrix / 1.0).T
        if place + 1 < len(masked):
            y = torch.relu(y)
    assert (y.numpy() == ticket.integers(x)).all()
    assert len(drawn) == ticket.depth == 2 * (bits + 1)
    assert tuple(one.shape[0] for one in drawn) == ticket.widths[1:]
    assert sum(one.size for one in drawn) == ticket.cost.parameters
    assert ticket.cost.units == sum(one.shape[0] for one in drawn[:-1])
    kept = 0
    for few, all_ in zip(masked, drawn, strict=True):
        assert set(np.unique(all_)) == {-1, 1}
        assert ((few == 0) | (few == all_)).all(), "a mask only removes"
        kept += int((few != 0).sum())
    banks = sum(layer.inputs * layer.bank for layer in ticket.layers)
    assert kept == ticket.cost.kept + banks


def test_hidden_units_may_change_places():
    target, x = network(4, widths=(5, 4, 3)), whole(1) / 1.0
    ticket = embed_chain(target, seed=3)
    matrices = [one.astype(float) for one in ticket.matrices()]
    rng = np.random.default_rng(0)
    for place in range(len(matrices) - 1):
        order = rng.permutation(len(matrices[place]))
        matrices[place], matrices[place + 1] = matrices[place][order], matrices[place + 1][:, order]
    y = x
    for place, matrix in enumerate(matrices):
        y = y @ matrix.T
        if place + 1 < len(matrices):
            y = np.maximum(y, 0)
    assert (y == ticket.integers(whole(1))).all()


def test_live_copies_follow_the_binomial_law():
    """Counts of all inputs and branches against the law of the Markov chain, slot by slot, by chi squared.

    The two branches of an input share its bank; only one is counted.
    """
    bank, copies, bits, inputs = 8, 5, 4, 4000
    layer = ChainLayer(inputs, 1, bits, bank, copies, True)
    _, live, _ = solve_layer(layer, np.zeros((1, inputs), np.int64), 7, 0)
    law = copies_law(bank, copies, bits)
    np.testing.assert_allclose(law.sum(1), 1, rtol=1e-12)
    for slot in range(bits):
        seen = np.bincount(live[-1][:, 0, slot], minlength=law.shape[1])
        expected = inputs * law[slot]
        assert seen[copies + 1 :].sum() == 0
        often = expected >= 5
        rest = inputs - expected[often].sum()
        statistic = ((seen[often] - expected[often]) ** 2 / expected[often]).sum()
        if rest > 1:
            statistic += (seen[~often].sum() - rest) ** 2 / rest
        assert statistic < chi2.isf(1e-5, often.sum() + (rest > 1) - 1)
    first = np.bincount(live[0][:, 0, 0], minlength=bank + 1) / inputs
    half = np.array([1, 8, 28, 56, 70, 56, 28, 8, 1]) / 256
    assert (np.abs(first - half) < 4.5 * np.sqrt(half / inputs)).all()


def test_missed_digits_follow_the_law():
    """Weights all of one digit: they are missed as often as no live copy has the right sign."""
    bank, copies, bits, inputs = 8, 4, 3, 3000
    law = copies_law(bank, copies, bits)
    for slot in range(bits):
        layer = ChainLayer(inputs, 1, bits, bank, copies, False)
        _, _, missed = solve_layer(layer, np.full((1, inputs), -(1 << slot)), 11 + slot, 0)
        chance = float(law[slot] @ 0.5 ** np.arange(law.shape[1]))
        assert abs(missed.mean() - chance) < 4.5 * np.sqrt(chance * (1 - chance) / inputs)


def test_the_copies_asked_for_are_the_fewest():
    digits, bits, failure = 500, 5, 0.01
    count = chain_copies(digits, bits, failure)
    for copies, good in ((count, True), (count - 1, False)):
        law = copies_law(2 * copies, copies, bits)
        assert (digits * (law @ 0.5 ** np.arange(law.shape[1])).max() <= failure) == good
    assert np.log2(digits / failure) <= count <= np.log2(digits / failure) + 4


def test_what_no_output_reads_is_removed():
    target = network(4)
    ticket = embed_chain(target, seed=5)
    for place, masks in enumerate(ticket.masks):
        for level, mask in enumerate(masks):
            at = np.argwhere(mask)
            at = at[np.random.default_rng(level).permutation(len(at))[:10]]
            for one in at:
                mask[tuple(one)] = False
                assert ticket.verify(target=target).wrong > 0, f"a bit of level {level} of layer {place} is of use"
                mask[tuple(one)] = True
    assert ticket.verify(target=target).exact


def test_an_added_bit_is_found():
    target = network(4)
    ticket = embed_chain(target, seed=5)
    alive = ticket.masks[0][0].any(-1)
    j, s, slot, unit = map(int, np.argwhere(alive)[0])
    bank = ticket.layers[0].draw_bank(5, 0)[j]
    free = ~ticket.masks[0][0][j, s, slot, unit] & (bank == (1 if s == 0 else -1))
    ticket.masks[0][0][j, s, slot, unit, int(np.flatnonzero(free)[0])] = True
    assert ticket.verify(target=target).wrong > 0


def test_what_is_not_solved_is_named():
    target = network(5)
    ticket = embed_chain(target, copies=3, seed=0)
    assert ticket.unsolved
    assert ticket.verify(target=target).wrong == len(ticket.unsolved)
    for one in ticket.unsolved:
        kept = ticket.masks[one.layer][-1][one.output, one.coordinate, int(one.negative)]
        assert not kept.any(), "half a weight is not kept"


@pytest.mark.parametrize("bits", [2, 4])
def test_the_costs_are_those_of_what_is_built(bits):
    inputs, outputs = 6, 4
    said = compare_sign_costs(inputs, outputs, bits)
    top = np.full((outputs, inputs), 0.5)
    chain = embed_chain([top], bits=bits, copies=said.chain_copies, seed=0)
    unary = embed([top], bits=bits, source="sign", candidates=said.unary_units, seed=0)
    assert (chain.cost.parameters, chain.depth) == (said.chain, said.chain_depth)
    assert (unary.recipe.parameters(), unary.recipe.depth) == (said.unary, said.unary_depth)
    assert chain.unsolved == unary.unsolved == ()
    assert chain.verify(target=[top]).exact


def test_where_the_chain_wins():
    """Only on very fine grids, with parameters counted: the unary count doubles with every bit."""
    costs = [compare_sign_costs(64, 64, bits) for bits in range(2, 25)]
    wins = [one.bits for one in costs if one.chain < one.unary]
    assert wins == [21, 22, 23, 24]
    assert compare_sign_costs(64, 64, 5).unary == 64 * 155 * 128


def test_what_cannot_be_is_refused():
    weight = np.full((3, 4), 0.25)
    with pytest.raises(ValueError, match="layer 0 has a bias, which the chain would have to double"):
        embed_chain([(weight, np.zeros(3))], bits=4, seed=0)
    with pytest.raises(ValueError, match="layer 0 is a convolution; the chain is built for dense layers"):
        embed_chain([np.full((3, 4, 1, 1), 0.25)], bits=4, seed=0)
    with pytest.raises(ValueError, match=r"expected multiples of 2\*\*-3"):
        embed_chain([weight + 2.0**-6], bits=3, seed=0)
    with pytest.raises(ValueError, match="copies: expected whole numbers of at least 2, as doubling takes two"):
        embed_chain([weight], bits=3, copies=(4, 1), seed=0)
    with pytest.raises(ValueError, match="bits: expected at least 2"):
        embed_chain([weight], bits=1, seed=0)
    with pytest.raises(ValueError, match="failure: expected a number strictly between 0 and 1"):
        embed_chain([weight], bits=3, failure=2.0, seed=0)
    ticket = embed_chain([weight], bits=3, signed_inputs=False, seed=0)
    with pytest.raises(ValueError, match="made for inputs that are not negative"):
        ticket.integers(np.full((2, 4), -1))
    with pytest.raises(ValueError, match="int64 holds 63"):
        ticket.integers(np.full((2, 4), 2**62))
    with pytest.raises(ValueError, match=r"limit: the dense network of .* signs takes"):
        ticket.matrices(limit=1e-6)
    with pytest.raises(TypeError, match="x: expected whole numbers"):
        ticket.integers(np.zeros((2, 4)))
