"""The line between two networks, its barrier, and two copies that split at step k."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pruning_twins import STEPS, barrier_by_hand, data, pruned

from slthlib.nets import Dense, Masks, Parameters, accuracy, random_mask
from slthlib.tickets import linear_mode_connectivity, stability
from slthlib.tickets.stability import barrier_of, errors_between

NETWORK = Dense((40, 30, 20, 10))
OPTIONS = {"widths": (30, 20), "replicas": 2, "steps": STEPS, "seed": 3, "progress": False}


def ends():
    tickets = pruned()
    return tickets.trained[0], tickets.trained[1]


def examples():
    return data().test_x, data().test_y


def test_errors_are_those_of_each_mixture_on_its_own():
    first, second = ends()
    found = errors_between(NETWORK, first, second, *examples(), points=7)
    assert found.shape == (7, 2)
    for row, alpha in zip(found, np.linspace(0, 1, 7), strict=True):
        mixed = Parameters({name: (1 - alpha) * first[name] + alpha * second[name] for name in first})
        assert np.allclose(row, 1 - accuracy(NETWORK, mixed, *examples()), atol=1.01 / 300)
    assert (found[0] == 1 - accuracy(NETWORK, first, *examples())).all()
    assert (found[-1] == 1 - accuracy(NETWORK, second, *examples())).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_large_networks_are_evaluated_in_parts(monkeypatch):
    first, second = ends()
    whole = errors_between(NETWORK, first, second, *examples(), points=9)
    monkeypatch.setattr(stability, "_LARGEST", 3 * sum(tensor.numel() for tensor in first.values()))
    assert (errors_between(NETWORK, first, second, *examples(), points=9) == whole).all()


def test_no_barrier_within_one_network():
    first, _ = ends()
    assert (barrier_of(errors_between(NETWORK, first, first, *examples())) == 0).all()


def test_a_network_and_its_permutation_have_a_barrier():
    """The same function, so equal ends; yet half way, units are mixed that have nothing to do with each other."""
    first = pruned(steps=200, keeps=(1.0,), controls=()).trained[0]
    order = torch.from_numpy(np.random.default_rng(0).permutation(30))
    turned = Parameters({**first, "weight0": first["weight0"][:, order], "bias0": first["bias0"][:, order],
                         "weight1": first["weight1"][:, :, order]})  # fmt: skip
    errors = errors_between(NETWORK, first, turned, data().train_x, data().train_y)
    assert np.allclose(errors[0], errors[-1], atol=1.01 / 600)
    assert (barrier_of(errors) > 0.2).all()


@given(st.lists(st.floats(0, 1), min_size=3, max_size=40))
def test_barrier_is_the_largest_less_the_mean_of_the_ends(errors):
    found = barrier_of(errors)
    assert found == pytest.approx(barrier_by_hand(errors))
    assert found >= 0
    assert found == barrier_of(np.array([errors, errors]).T)[0] == barrier_of([errors, errors], axis=1)[1]


def test_copies_split_at_step_k():
    found = linear_mode_connectivity(data(), splits=(0, 30, STEPS - 1), points=31, **OPTIONS)
    assert found.test.shape == found.train.shape == (3, 31, 2)
    assert found.alphas[0] == 0
    assert found.alphas[-1] == 1
    # Copies that share all steps but the last, whose learning rate is almost nothing, are almost the same network.
    assert (found.train_barrier[2] <= 1 / 600).all()
    assert (np.abs(found.test[2, 0] - found.test[2, -1]) <= 1 / 300).all()
    assert (found.test[0, 0] != found.test[0, -1]).any()
    assert found.test_barrier[0].mean() > found.test_barrier[2].mean()
    # The training set is not the test set.
    assert found.train[:, 0].mean() < found.test[:, 0].mean()


def test_splits_and_replicas_do_not_know_of_each_other():
    found = linear_mode_connectivity(data(), splits=(0, 30), **OPTIONS)
    alone = linear_mode_connectivity(data(), splits=(30,), **{**OPTIONS, "replicas": 1})
    assert (alone.test[0, :, 0] == found.test[1, :, 0]).all()


def test_masks_hold_along_the_way():
    masks = random_mask(NETWORK.init(2, seed=0), 0.05, seed=1, allow_empty=False)
    sparse = linear_mode_connectivity(data(), splits=(20,), masks=masks, **OPTIONS)
    dense = linear_mode_connectivity(data(), splits=(20,), **OPTIONS)
    assert sparse.train[0, 0].mean() > dense.train[0, 0].mean() + 0.05
    everything = Masks({name: torch.ones_like(mask) for name, mask in masks.items()})
    assert (linear_mode_connectivity(data(), splits=(20,), masks=everything, **OPTIONS).test == dense.test).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"splits": ()}, "splits: expected at least one step, got none"),
        ({"splits": (STEPS,)}, f"splits: expected a whole number from 0 to {STEPS - 1}, got {STEPS}"),
        ({"points": 2}, "points: expected a whole number of at least 3, got 2"),
    ],
)
def test_wrong_arguments(change, words):
    with pytest.raises(ValueError, match=words):
        linear_mode_connectivity(data(), **{**OPTIONS, **change})


def test_wrong_ends():
    first, second = ends()
    with pytest.raises(ValueError, match="second: expected the names and shapes of first"):
        errors_between(NETWORK, first, second.select([0]), *examples())
    with pytest.raises(ValueError, match="errors: expected at least 3 points along axis 0, got 2"):
        barrier_of([0.1, 0.2])
