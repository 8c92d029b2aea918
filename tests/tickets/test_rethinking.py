"""Scratch-E and Scratch-B: the same networks, as many steps or as many multiplications."""

import numpy as np
import pytest
import torch
from pruning_twins import STEPS, data, pruned

from slthlib.nets import Conv, Dense, Masks, accuracy, train
from slthlib.tickets._recipe import BATCHES, seed_for
from slthlib.tickets.rethinking import multiplications, scratch

OPTIONS = {"longest": 4, "steps": STEPS, "seed": 3}


def tickets():
    return pruned(keeps=(0.5, 0.1), controls=("reinit", "random"))


def test_multiplications_of_a_dense_network_are_its_weights():
    assert multiplications(Dense((40, 30, 20, 10))).tolist() == [40 * 30 + 30 * 20 + 20 * 10]
    masks = pruned().masks[2]
    kept = sum(mask.flatten(1).sum(1) for mask in masks.values())
    assert multiplications(pruned().network, masks).tolist() == kept.tolist()


def test_a_kernel_multiplies_once_at_each_place():
    network = Conv((4, 6), 10, side=8, in_channels=2)
    wanted = 2 * 4 * 9 * 64 + 4 * 6 * 9 * 16 + 6 * 4 * 10
    assert multiplications(network).tolist() == [wanted]
    mask = torch.zeros(1, 4, 2, 3, 3, dtype=torch.bool)
    mask[0, 1, 1, 0, 0] = True
    assert multiplications(network, Masks({"weight0": mask})).tolist() == [wanted - (2 * 4 * 9 - 1) * 64]


def test_the_same_steps_are_those_of_the_pruning():
    found = scratch(data(), tickets(), **OPTIONS)
    assert (found.same_steps["ticket"] == tickets().accuracy).all()
    assert (found.same_steps["scratch, same mask"] == tickets().controls["reinit"].accuracy).all()
    assert (found.same_steps["scratch, same densities"] == tickets().controls["random"].accuracy).all()


def test_the_same_cost_is_as_many_multiplications():
    found = scratch(data(), tickets(), **OPTIONS)
    cost = multiplications(tickets().network, tickets().masks[0])[0] / (40 * 30 + 30 * 20 + 20 * 10)
    assert found.steps[0] * cost == pytest.approx(STEPS, rel=1 / STEPS)
    assert found.steps[1] == 4 * STEPS  # ten times as many would be due
    assert np.mean(found.same_cost["scratch, same mask"]) > np.mean(found.same_steps["scratch, same mask"])
    for name, arm in {"scratch, same mask": "reinit", "scratch, same densities": "random"}.items():
        control = tickets().controls[arm]
        keys = [(seed_for(3, BATCHES), replica, 1) for replica in range(2)]
        ran = train(tickets().network, control.weights[1], data(), steps=4 * STEPS, masks=control.masks[1],
                    order_seed=keys)  # fmt: skip
        right = accuracy(tickets().network, ran.parameters, data().test_x, data().test_y)
        assert (found.same_cost[name][1] == right).all()


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"longest: expected a finite number of at least 1, got 0\.5"):
        scratch(data(), tickets(), **{**OPTIONS, "longest": 0.5})
    with pytest.raises(ValueError, match="tickets: expected controls reinit and random, got shuffle"):
        scratch(data(), pruned(controls=("shuffle",)), **OPTIONS)
