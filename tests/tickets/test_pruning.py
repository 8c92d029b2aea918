"""Iterative pruning does what it says, level by level: masks, weights, batches, learning rates."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from pruning_twins import KEEPS, SEED, STEPS, arms, batches, data, one, pruned, same, sizes, smallest_out, train_one

from slthlib.lab import load
from slthlib.nets import Dense, cosine, keep_of, train
from slthlib.tickets import iterative_pruning, keeps_down_to
from slthlib.tickets._recipe import BATCHES, OWN, seed_for
from slthlib.tickets.scores import layer_keeps


def test_each_level_keeps_what_keep_says():
    tickets = pruned()
    whole = {name: mask[0].numel() for name, mask in tickets.masks[0].items()}
    for level, keep in enumerate(KEEPS):
        shares = layer_keeps(whole, keep)
        for arm in arms(tickets).values():
            for name, kept in sizes(arm.masks[level]).items():
                assert (kept == round(shares[name] * whole[name])).all()
            assert keep_of(arm.masks[level]) == pytest.approx(keep, abs=1.5 / sum(whole.values()))


def test_keep_is_what_stays_not_what_goes():
    masks = pruned(keeps=(0.9,), controls=()).masks[0]
    assert keep_of(masks) == pytest.approx(0.9, abs=0.001)


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("retrain", ["rewind", "lr-rewind", "fine-tune"])
def test_what_is_pruned_stays_pruned(scope, retrain):
    tickets = pruned(scope=scope, retrain=retrain)
    for arm in arms(tickets).values():
        for before, after in pairwise(arm.masks):
            assert all((before[name] | ~after[name]).all() for name in after)
    for masks, trained in zip(tickets.masks, tickets.trained, strict=True):
        assert all((trained[name][~masks[name]] == 0).all() for name in masks)


def test_global_scope_ranks_all_layers_together():
    tickets = pruned(scope="global", keeps=(1.0, 0.5), controls=())
    for replica in range(2):
        pairs = [(tickets.trained[0][name][replica].abs().flatten(), mask[replica].flatten())
                 for name, mask in tickets.masks[1].items()]  # fmt: skip
        kept, gone = (torch.cat([value[mask == wanted] for value, mask in pairs]) for wanted in (True, False))
        assert kept.min() >= gone.max()
        assert len(kept) == round(0.5 * (len(kept) + len(gone)))


def test_reset_gives_back_initial_weights_and_biases_bit_for_bit():
    tickets = pruned()
    initial = Dense((40, 30, 20, 10)).init(2, seed=seed_for(SEED, OWN))
    for level in range(len(KEEPS)):
        assert same(tickets.weights[level], initial)
        assert same(tickets.controls["shuffle"].weights[level], initial)
    fresh = tickets.controls["reinit"].weights
    assert all(same(weights, fresh[0]) for weights in fresh)
    assert not torch.equal(fresh[0]["weight0"], initial["weight0"])


def test_rewinding_gives_back_the_weights_of_step_k_bit_for_bit():
    k, network = 15, Dense((40, 30, 20, 10))
    tickets, reset = pruned(rewind=k), pruned()
    # The first training is the same whatever k is, so a run that stops at k knows the weights.
    assert (tickets.dense == reset.dense).all()
    initial = network.init(2, seed=seed_for(SEED, OWN))
    for weights in tickets.weights:
        assert same(weights, tickets.weights[0])
        assert not torch.equal(weights["bias0"], initial["bias0"])
    for replica in range(2):
        examples = list(batches(data(), SEED, replica, 0, STEPS))[:k]
        by_hand = train_one(one(initial, replica), _ones(initial, replica), examples, STEPS)
        for name, value in by_hand.items():
            assert torch.allclose(tickets.weights[0][name][replica].double(), value, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("rewind", [0, 15])
def test_levels_are_those_of_a_loop_over_networks(rewind):
    """Every level by a slow twin: batches of its own, rates from step k on, a fresh optimizer, exact counts."""
    tickets = pruned(rewind=rewind, controls=("reinit", "shuffle"))
    for level in (1, 2):
        for arm in arms(tickets).values():
            for replica in range(2):
                start, masks = one(arm.weights[level], replica), one(arm.masks[level], replica)
                examples = batches(data(), SEED, replica, 2 * level + 1, STEPS)
                by_hand = train_one(start, masks, examples, STEPS, first=rewind)
                if arm is tickets:
                    _check_trained(tickets, level, replica, by_hand)
                right = _right(by_hand)
                assert abs(right - arm.accuracy[level, replica]) <= 2 / 300  # one or two that were at the edge


def _check_trained(tickets, level, replica, by_hand):
    for name, value in by_hand.items():
        assert torch.allclose(tickets.trained[level][name][replica].double(), value, atol=5e-4)
    if level == len(KEEPS) - 1:
        return
    for name, mask in tickets.masks[level + 1].items():
        before, after = tickets.masks[level][name][replica], mask[replica]
        wanted = smallest_out(tickets.trained[level][name][replica], before, int(before.sum() - after.sum()))
        assert torch.equal(after, wanted)


def _right(parameters):
    h = torch.from_numpy(data().test_x).double()
    for place in range(len(parameters) // 2):
        h = (torch.relu(h) if place else h) @ parameters[f"weight{place}"].T + parameters[f"bias{place}"]
    return float((h.argmax(1).numpy() == data().test_y).mean())


def _ones(parameters, replica):
    return {name: torch.ones_like(tensor[replica]) for name, tensor in parameters.items() if "weight" in name}


def test_the_first_mask_leaves_out_the_smallest_trained_weights():
    tickets = pruned(controls=())
    for name, mask in tickets.masks[1].items():
        for replica in range(2):
            count = int((~mask[replica]).sum())
            everything = tickets.masks[0][name][replica]
            assert torch.equal(mask[replica], smallest_out(tickets.trained[0][name][replica], everything, count))


def test_biases_are_never_pruned():
    tickets = pruned()
    assert set(tickets.masks[-1]) == {"weight0", "weight1", "weight2"}
    assert all((tickets.trained[-1][f"bias{place}"] != 0).any(1).all() for place in range(3))
    assert (tickets.trained[-1]["bias2"] != 0).all()


def test_learning_rates_are_those_of_the_absolute_step():
    """With rates that vanish from step k on nothing moves after a rewind to k, and everything does after one to k-1."""
    rates = lambda step: cosine(STEPS)(step) if step < 20 else 0.0  # noqa: E731
    stuck = pruned(rewind=20, schedule=rates, controls=())
    for level in (1, 2):
        assert same(stuck.trained[level], stuck.weights[level].masked(stuck.masks[level]))
    moved = pruned(rewind=19, schedule=rates, controls=())
    assert not same(moved.trained[1], moved.weights[1].masked(moved.masks[1]))


def test_other_ways_to_retrain_go_on_from_trained_weights():
    for way in ("lr-rewind", "fine-tune"):
        tickets = pruned(retrain=way, rewind=10)
        assert same(tickets.weights[1], tickets.trained[0])
        assert same(tickets.weights[2], tickets.trained[1])
    network, tickets = Dense((40, 30, 20, 10)), pruned(retrain="fine-tune", rewind=10, controls=())
    again = train(network, tickets.weights[1], data(), steps=30, lr=0.001, schedule="constant", masks=tickets.masks[1],
                  order_seed=_keys(1))  # fmt: skip
    assert same(again.parameters, tickets.trained[1])
    tickets = pruned(retrain="lr-rewind", rewind=10, controls=())
    again = train(network, tickets.weights[1], data(), steps=STEPS, start=10, masks=tickets.masks[1],
                  order_seed=_keys(1))  # fmt: skip
    assert same(again.parameters, tickets.trained[1])


def _keys(level):
    return [(seed_for(SEED, BATCHES), replica, 2 * level + 1) for replica in range(2)]


def test_one_shot_prunes_the_dense_network_at_every_level():
    tickets = pruned(iterate=False, controls=())
    dense = tickets.trained[0]
    for level in (1, 2):
        for name, mask in tickets.masks[level].items():
            count = int((~mask[0]).sum())
            wanted = smallest_out(dense[name][0], torch.ones_like(mask[0]), count)
            assert torch.equal(mask[0], wanted)
    assert not same(tickets.masks[2], pruned(controls=()).masks[2])
    assert same(tickets.masks[1], pruned(controls=()).masks[1])


def test_levels_see_new_batches():
    """A level that saw the batches of the first training again would be that training, where nothing is pruned."""
    tickets = pruned(keeps=(1.0, 0.9999), controls=())
    assert int((~tickets.masks[1]["weight0"]).sum()) == 0
    assert not same(tickets.trained[0], tickets.trained[1])


def test_the_test_set_decides_nothing():
    other = load(train=600, test=50)
    assert not np.array_equal(other.test_y, data().test_y[:50][::-1])
    again = iterative_pruning(other, keeps=KEEPS, widths=(30, 20), replicas=2, steps=STEPS, seed=SEED, progress=False)
    assert all(same(*pair) for pair in zip(again.masks, pruned().masks, strict=True))
    assert same(again.trained[-1], pruned().trained[-1])


def test_barrier_is_that_of_two_trainings_of_the_same_ticket():
    tickets = pruned(barrier=True, rewind=15)
    assert tickets.barrier.shape == (3, 2)
    assert (tickets.barrier >= 0).all()
    assert (tickets.barrier > 0).any()
    assert all(arm.barrier.shape == (3, 2) for arm in tickets.controls.values())
    assert (tickets.accuracy == pruned(rewind=15).accuracy).all()
    assert pruned().barrier is None


@pytest.mark.parametrize(
    ("keep", "rounds", "last"), [(0.044, 14, 0.044), (0.134, 9, 0.134), (0.8, 1, 0.8), (1, 0, 1), (0.99, 1, 0.99)]
)
def test_rounds_of_a_fifth(keep, rounds, last):
    keeps = keeps_down_to(keep)
    assert len(keeps) == rounds + 1
    assert keeps[0] == 1
    assert keeps[-1] == last
    assert np.allclose(keeps[:-1], 0.8 ** np.arange(rounds) if rounds else [])
    assert np.all(np.diff(keeps) < 0)


@pytest.mark.slow
def test_some_levels_are_reported_and_all_are_run():
    for retrain in ("rewind", "lr-rewind"):
        some, full = (pruned(report=report, retrain=retrain, barrier=True) for report in ((0.301,), None))
        assert some.keeps.tolist() == [0.3]
        for name, arm in arms(some).items():
            assert (arm.accuracy[0] == arms(full)[name].accuracy[2]).all()
            assert (arm.barrier[0] == arms(full)[name].barrier[2]).all()
            assert same(arm.masks[0], arms(full)[name].masks[2])


def test_what_is_pruned_stays_pruned_whatever_the_score():
    """Magnitudes of pruned weights are zero and come last by themselves; another score must be told."""
    drawn = iter(range(100))

    def at_random(initial, trained):
        rng = np.random.default_rng(next(drawn))
        return {name: torch.from_numpy(rng.random(tuple(weight.shape))) for name, weight in trained.weights.items()}

    masks = pruned(score=at_random, controls=()).masks
    for before, after in pairwise(masks):
        assert all((before[name] | ~after[name]).all() for name in after)
    assert int(masks[2]["weight0"].sum()) < int(masks[1]["weight0"].sum())
