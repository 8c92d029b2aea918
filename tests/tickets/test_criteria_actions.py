"""Mask-1 and mask-0 actions: where kept weights start and pruned ones stay; and training around the latter."""

import numpy as np
import pytest
import torch
from hidden_twins import toy

from slthlib.nets import Dense, NonFiniteLossError, random_mask, train
from slthlib.tickets.actions import KEPT, PRUNED, SIGN, act, signed_constant
from slthlib.tickets.deconstruction import train_kept

NETWORK = Dense((30, 40, 10))
INITIAL, TRAINED = NETWORK.init(3, seed=0), NETWORK.init(3, seed=1)
MASKS = random_mask(INITIAL, 0.3, seed=2)
NAMES = ("weight0", "weight1")


def acted(**how):
    return act(NETWORK, INITIAL, TRAINED, MASKS, **{"seed": 4, **how})


@pytest.mark.parametrize("kept", KEPT)
def test_kept_signs_are_those_of_the_initial_weights(kept):
    found, flipped = acted(kept=kept), acted(kept=kept, sign="random")
    for name in NAMES:
        mask = MASKS[name]
        assert torch.equal(found[name][mask].sign(), INITIAL[name][mask].sign())
        assert torch.equal(found[name][mask].abs(), flipped[name][mask].abs())
        up = (flipped[name][mask].sign() == INITIAL[name][mask].sign()).double()
        assert abs(float(up.mean()) - 0.5) < 4 * 0.5 / np.sqrt(up.numel())
        if kept != "rewind":
            assert torch.equal(flipped[name][mask].sign(), acted(sign="random")[name][mask].sign())


@pytest.mark.parametrize("sign", SIGN)
def test_sizes_of_kept_weights(sign):
    for name in NAMES:
        mask, sizes = MASKS[name], INITIAL[name].abs()
        found = {kept: acted(kept=kept, sign=sign)[name].abs() for kept in KEPT}
        assert torch.equal(found["rewind"][mask], sizes[mask])
        for replica in range(3):
            here, one = mask[replica], {kept: tensor[replica] for kept, tensor in found.items()}
            before, after = sizes[replica][here], one["reshuffle"][here]
            assert torch.equal(before.sort().values, after.sort().values)
            assert float((before == after).float().mean()) < 0.1
            spread = INITIAL[name][replica].std(correction=0)
            assert torch.allclose(one["constant"][here], spread, rtol=1e-6)
            assert len(one["constant"][here].unique()) == 1
            again = one["reinit"][here]
            assert float((again == before).float().mean()) < 0.1
            assert float(again.square().mean().sqrt()) == pytest.approx(float(spread), rel=0.25)


def test_pruned_weights():
    for name in NAMES:
        w, v, pruned = INITIAL[name], TRAINED[name], ~MASKS[name]
        inwards = v.abs() < w.abs()
        assert bool((acted(pruned="zero")[name][pruned] == 0).all())
        assert torch.equal(acted(pruned="freeze")[name][pruned], w[pruned])
        for variant in ("variant1", "variant2"):
            found = acted(pruned=variant)[name]
            assert bool((found[pruned & inwards] == 0).all())
            assert torch.equal(found[pruned & ~inwards], w[pruned & ~inwards])
        kept = MASKS[name]
        assert torch.equal(acted(pruned="variant1")[name][kept], w[kept])
        assert bool((acted(pruned="variant2")[name][kept & inwards] == 0).all())
        assert torch.equal(acted(pruned="variant2")[name][kept & ~inwards], w[kept & ~inwards])


def test_biases_are_the_initial_ones_and_nothing_given_is_changed():
    network, start, _ = toy(6, 9, 4, replicas=2, bias=True, init="torch")
    masks, before = random_mask(start, 0.5, seed=0), start.clone()
    for kept in KEPT:
        for pruned in PRUNED:
            found = act(network, start, start, masks, kept=kept, pruned=pruned, seed=0)
            assert torch.equal(found["bias0"], before["bias0"])
            assert found["bias0"].data_ptr() != start["bias0"].data_ptr()
    assert all(torch.equal(start[name], before[name]) for name in before)


def test_draws_depend_on_the_seed_and_the_replica_alone():
    for kept in ("reinit", "reshuffle"):
        first, again, other = (acted(kept=kept, sign="random", seed=seed) for seed in (1, 1, 2))
        part = act(NETWORK, INITIAL.select([0, 1]), TRAINED.select([0, 1]), MASKS.select([0, 1]), kept=kept,
                   sign="random", seed=1)  # fmt: skip
        for name in NAMES:
            assert torch.equal(first[name], again[name])
            assert torch.equal(first[name][:2], part[name])
            assert not torch.equal(first[name], other[name])


def test_a_signed_constant_has_two_values():
    # Not uniform within a constant, which has .577 of its size.
    start = Dense((200, 100, 10), init="kaiming-uniform").init(2, seed=0)
    found = signed_constant(start)
    for name in NAMES:
        for replica in range(2):
            before, after = start[name][replica], found[name][replica]
            assert len(after.unique()) == 2
            assert torch.equal(after.sign(), before.sign())
            assert float(after.abs().max()) == pytest.approx(float(before.double().std(correction=0)), rel=1e-5)


@pytest.mark.parametrize(("optimizer", "lr"), [("adam", 0.01), ("sgd", 0.1)])
def test_pruned_weights_stay_what_they_are_to_the_last_bit(optimizer, lr):
    network, start, data = toy(6, 9, 4, replicas=3, bias=True, init="torch", dtype=torch.float32)
    masks = random_mask(start, 0.4, seed=0)
    found = train_kept(network, start, masks, data, steps=40, batch=8, optimizer=optimizer, lr=lr, seed=0).parameters
    for name, mask in masks.items():
        assert torch.equal(found[name][~mask], start[name][~mask])
        assert float((found[name][mask] == start[name][mask]).float().mean()) < 0.2
    assert not bool((found["bias0"] == start["bias0"]).any())


@pytest.mark.parametrize(("optimizer", "lr"), [("adam", 0.01), ("sgd", 0.1)])
def test_at_zero_this_is_training_with_a_mask(optimizer, lr):
    network, start, data = toy(6, 9, 4, replicas=3, bias=True, init="torch", dtype=torch.float32)
    masks = random_mask(start, 0.4, seed=0)
    options = {"steps": 40, "batch": 8, "optimizer": optimizer, "lr": lr}
    found = train_kept(network, start.masked(masks), masks, data, seed=7, **options)
    expected = train(network, start, data, masks=masks, order_seed=7, **options)
    for name in start:
        assert torch.equal(found.parameters[name], expected.parameters[name])
    assert np.array_equal(found.losses, expected.losses)


def test_frozen_weights_are_seen_by_the_forward_pass():
    network, start, data = toy(6, 9, 4, replicas=2)
    nothing = {name: torch.zeros_like(weight, dtype=torch.bool) for name, weight in start.items()}
    found = train_kept(network, start, nothing, data, steps=3, batch=40, seed=0)
    losses, _ = network.gradients(start, *data)
    assert found.losses == pytest.approx(np.tile(losses.numpy(), (3, 1)), rel=1e-12)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="kept: expected one of rewind, reinit, reshuffle, constant, got 'keep'"):
        acted(kept="keep")
    with pytest.raises(ValueError, match="sign: expected one of kept, random, got 'lost'"):
        acted(sign="lost")
    with pytest.raises(ValueError, match="pruned: expected one of zero, freeze, variant1, variant2, got 'one'"):
        acted(pruned="one")
    network, start, data = toy(6, 9, 4, replicas=2)
    with pytest.raises(TypeError, match="masks: expected a bool tensor for weight0"):
        train_kept(network, start, {"weight0": torch.ones(2, 9, 6)}, data, steps=1, batch=8, seed=0)
    with pytest.raises(ValueError, match="optimizer: expected one of adam, sgd, got 'lion'"):
        train_kept(network, start, {}, data, steps=1, batch=8, optimizer="lion", seed=0)
    start["weight0"][0, 0, 0] = torch.inf
    with pytest.raises(NonFiniteLossError, match="replica 0"):
        train_kept(network, start, {}, data, steps=1, batch=8, seed=0)
