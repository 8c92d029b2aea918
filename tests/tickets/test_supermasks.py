"""Learned supermasks: the straight-through estimator by autograd, the coins, the rescaling, what a draw is."""

import numpy as np
import pytest
import torch
from files import load_or_skip
from hidden_twins import descend, near, one, toy

from slthlib.lab import statistics
from slthlib.nets import Dense, accuracy, keep_of
from slthlib.tickets._values import COINS
from slthlib.tickets.actions import signed_constant
from slthlib.tickets.supermasks import learn_supermask

OPTIONS = {"steps": 25, "batch": 8, "lr": 20.0, "momentum": 0.8, "seed": 5}


def coins(key, step, shapes):
    """What the search flips: one stream a replica and step, layer by layer."""
    rng = np.random.default_rng([*key, COINS, step])
    return {name: torch.from_numpy(rng.random(shape)) for name, shape in shapes.items()}


@pytest.mark.parametrize(("rescale", "bias"), [(True, False), (False, True)])
def test_scores_follow_the_autograd_of_a_straight_through_estimator(rescale, bias):
    network, start, data = toy(6, 9, 7, 4, replicas=2, bias=bias, init="torch")
    found = learn_supermask(network, start, data, rescale=rescale, bias=0.25, threads=1, **OPTIONS)
    for replica in range(2):

        def effective(step, name, weight, score, replica=replica):
            chance = score.sigmoid()
            came = (coins((5, replica), step, network.weight_shapes)[name] < chance).double()
            mask = came + chance - chance.detach()  # the value of the coin, the gradient of its probability
            return weight * mask * (mask.numel() / mask.sum() if rescale else 1)

        scores = {name: torch.full(shape, 0.25, dtype=torch.float64) for name, shape in network.weight_shapes.items()}
        twin = descend(network, one(start, replica), scores, data, effective, key=(5, replica), steps=25, batch=8,
                       lr=20.0, momentum=0.8)  # fmt: skip
        assert near(one(found.scores, replica), twin)
        assert all(float((twin[name] - scores[name]).abs().max()) > 0.1 for name in scores)


def test_only_scores_are_trained():
    network, start, data = toy(6, 9, 4, replicas=2, bias=True, init="torch")
    before = start.clone()
    found = learn_supermask(network, start, data, rescale=False, **OPTIONS)
    drawn = found.draw(seed=0)
    for name, tensor in before.items():
        assert torch.equal(start[name], tensor)
        mask = drawn.masks[name] if name in drawn.masks else torch.ones_like(tensor)
        assert torch.equal(drawn.parameters[name], tensor * mask)


def test_a_rescaled_draw_is_multiplied_by_size_over_ones():
    network, start, data = toy(6, 9, 4, replicas=2)
    drawn = learn_supermask(network, start, data, bias=-1.0, **OPTIONS).draw(seed=3)
    for name, weight in start.items():
        for replica in range(2):
            mask = drawn.masks[name][replica]
            assert torch.allclose(drawn.parameters[name][replica],
                                  weight[replica] * mask * mask.numel() / mask.sum(), rtol=1e-14)  # fmt: skip


@pytest.mark.parametrize(("bias", "chance"), [(0.0, 0.5), (-1.5, 0.18242552380635635)])
def test_coins_come_up_as_often_as_they_should(bias, chance):
    network = Dense((300, 200, 10), bias=False)
    start = network.init(2, seed=0)
    data = np.zeros((10, 300), np.float32), np.zeros(10, np.int64)  # no input, no gradient: scores stay
    mask = learn_supermask(network, start, data, bias=bias, steps=1, batch=5, seed=0)
    assert mask.keep == pytest.approx([chance, chance], abs=1e-7)
    kept = [keep_of(mask.draw(seed=seed).masks) * 62_000 for seed in range(5)]
    scores = statistics.z_score(np.rint(kept).astype(int), 62_000, chance)
    assert np.abs(scores).max() < 4
    assert np.ptp(scores) > 0


def test_coins_are_flipped_anew_at_every_step():
    network, start, data = toy(6, 9, 4, replicas=1)
    found = learn_supermask(network, start, data, **{**OPTIONS, "lr": 1e-30})
    first = [coins((5, 0), step, network.weight_shapes)["weight0"] for step in (0, 1)]
    assert not torch.equal(first[0], first[1])
    assert np.ptp(found.losses) > 0


def test_accuracy_is_the_mean_over_draws():
    network, start, data = toy(6, 9, 4, replicas=3, examples=50)
    found = learn_supermask(network, start, data, **OPTIONS)
    seeds = np.random.default_rng([7, COINS]).integers(2**63, size=10)
    each = [accuracy(network, found.draw(seed=int(seed)).parameters, *data) for seed in seeds]
    assert np.array_equal(found.accuracy(*data, seed=7), np.mean(each, axis=0))
    assert np.ptp(each, axis=0).max() > 0
    assert np.array_equal(found.accuracy(*data, draws=1, seed=7), each[0])


def test_the_same_seed_learns_the_same_bit_for_bit():
    network, start, data = toy(30, 40, 10, replicas=4, dtype=torch.float32, examples=200)
    first, again = (learn_supermask(network, start, data, threads=threads, **OPTIONS) for threads in (2, 1))
    other = learn_supermask(network, start, data, **{**OPTIONS, "seed": 6})
    alone = learn_supermask(network, start.select([2]), data, **{**OPTIONS, "seed": [(5, 2)]})
    for name in first.scores:
        assert torch.equal(first.scores[name], again.scores[name])
        assert torch.equal(first.scores[name][2], alone.scores[name][0])
        assert torch.equal(first.draw(seed=1).masks[name], again.draw(seed=1).masks[name])
        assert not torch.equal(first.scores[name], other.scores[name])


def test_a_random_network_learns_without_a_weight_being_trained():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((4, 10))
    y = rng.integers(4, size=400)
    x = centres[y] + 0.5 * rng.standard_normal((400, 10))
    network = Dense((10, 60, 4), bias=False)
    start = signed_constant(network.init(4, seed=0))
    found = learn_supermask(network, start, (x, y), steps=300, batch=50, seed=0)
    assert found.accuracy(x, y, seed=0).min() > 0.9 > 0.7 > accuracy(network, start, x, y).max()


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"bias": np.inf}, ValueError, "bias: expected a finite number"),
        ({"lr": -1.0}, ValueError, "lr: expected a finite number above 0"),
        ({"momentum": 1.0}, ValueError, r"momentum: expected a number in \[0, 1\)"),
        ({"seed": [1]}, ValueError, "seed: expected one key for each of 2 replicas, got 1"),
        ({"batch": 41}, ValueError, "batch: expected a whole number from 1 to 40"),
        ({"rescale": "yes"}, TypeError, "rescale: expected True or False, got 'yes'"),
    ],
)
def test_what_does_not_fit_is_refused(change, kind, words):
    network, start, data = toy(6, 9, 4, replicas=2)
    with pytest.raises(kind, match=words):
        learn_supermask(network, start, data, **{**OPTIONS, **change})


@pytest.mark.slow
def test_mnist_hides_in_a_network_of_signed_constants():
    data = load_or_skip("mnist")
    network = Dense((784, 300, 100, 10), bias=False)
    start = signed_constant(network.init(3, seed=1))
    found = learn_supermask(network, start, data, seed=1)
    assert statistics.mean_interval(found.accuracy(data.test_x, data.test_y, seed=1)).low >= 0.94
