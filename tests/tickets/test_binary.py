"""Binary tickets: the gradient of their authors, one size for each layer and replica, three values in truth."""

import math

import numpy as np
import pytest
import torch
from hidden_twins import Keep, Sign, descend, near, one, toy

from slthlib.nets import Dense, accuracy, top_k
from slthlib.tickets._values import draw_scores, keys_of
from slthlib.tickets.binary import binary_ticket
from slthlib.tickets.popup import edge_popup, scale_kept

OPTIONS = {"steps": 25, "batch": 8, "lr": 0.3, "momentum": 0.8, "weight_decay": 1e-3, "seed": 5}


def cosine(step):
    return (1 + math.cos(math.pi * step / 25)) / 2


@pytest.mark.parametrize("absolute", [True, False])
def test_scores_follow_the_autograd_of_the_authors_estimator(absolute):
    network, start, data = toy(6, 9, 7, 4, replicas=2, bias=True, init="torch")
    keeps = [0.3, 0.8]
    found = binary_ticket(network, start, data, keep=keeps, absolute=absolute, threads=1, **OPTIONS)
    keys = keys_of(5, 2)
    weights, scores = scale_kept(start, keeps), draw_scores(start, keys)
    for replica, keep in enumerate(keeps):

        def effective(step, name, weight, score, keep=keep):
            mask = Keep.apply(score.abs() if absolute else score, round(keep * weight.numel()))
            return Sign.apply(mask, weight) * weight.sign()

        twin = descend(network, one(weights, replica), one(scores, replica), data, effective, key=keys[replica],
                       steps=25, batch=8, lr=0.3, momentum=0.8, decay=1e-3, rates=cosine)  # fmt: skip
        assert near(one(found.scores, replica), twin)


@pytest.mark.parametrize("init", ["kaiming-normal", "kaiming-uniform"])
def test_each_layer_has_three_values(init):
    network, start, data = toy(6, 9, 4, replicas=2, init=init)
    keeps = [0.3, 0.8]
    found = binary_ticket(network, start, data, keep=keeps, **OPTIONS)
    scaled = scale_kept(start, keeps)
    for name, weight in found.parameters.items():
        for replica in range(2):
            mask, values = found.masks[name][replica], weight[replica]
            alpha = scaled[name][replica][mask].abs().mean()
            assert len(values.unique()) == 3
            assert torch.allclose(values, alpha * mask * start[name][replica].sign(), rtol=1e-14)
            assert bool((values[~mask] == 0).all())
        assert torch.equal(found.masks[name], top_k(found.scores[name].abs(), keeps, seed=0))


def test_signed_constants_are_binary_already():
    network, start, data = toy(6, 9, 4, replicas=2, init="signed-constant")
    binary, popup = (search(network, start, data, keep=0.5, **OPTIONS) for search in (binary_ticket, edge_popup))
    for name in binary.masks:
        assert torch.equal(binary.masks[name], popup.masks[name])
        assert torch.allclose(binary.parameters[name], popup.parameters[name], rtol=1e-12)


def test_at_keep_one_the_signs_of_the_untrained_network_are_left():
    network, start, data = toy(6, 9, 4, replicas=2)
    found = binary_ticket(network, start, data, keep=1.0, **OPTIONS)
    for name, weight in start.items():
        alpha = weight.abs().flatten(1).mean(1).view(-1, 1, 1)
        assert torch.allclose(found.parameters[name], alpha * weight.sign(), rtol=1e-14)


def test_only_scores_are_trained_and_the_same_seed_finds_the_same():
    network, start, data = toy(30, 40, 10, replicas=3, dtype=torch.float32, examples=200, bias=True, init="torch")
    before = start.clone()
    first, again = (binary_ticket(network, start, data, keep=0.4, threads=threads, **OPTIONS) for threads in (2, 1))
    alone = binary_ticket(network, start.select([1]), data, keep=0.4, **{**OPTIONS, "seed": [(5, 1)]})
    for name, tensor in before.items():
        assert torch.equal(start[name], tensor)
        assert torch.equal(first.parameters[name], again.parameters[name])
        assert torch.equal(first.parameters[name][1], alone.parameters[name][0])
        if name.startswith("bias"):
            assert torch.equal(first.parameters[name], tensor)


def test_a_random_network_learns_without_a_weight_being_trained():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((4, 10))
    y = rng.integers(4, size=400)
    x = centres[y] + 0.5 * rng.standard_normal((400, 10))
    network = Dense((10, 60, 4), init="kaiming-normal", bias=False)
    start = network.init(4, seed=0)
    found = binary_ticket(network, start, (x, y), keep=0.5, steps=200, batch=50, seed=0)
    assert accuracy(network, found.parameters, x, y).min() > 0.95 > 0.7 > accuracy(network, start, x, y).max()


def test_what_does_not_fit_is_refused():
    network, start, data = toy(6, 9, 4, replicas=2)
    with pytest.raises(ValueError, match=r"keep: expected the fraction kept, in \(0, 1\], got 0"):
        binary_ticket(network, start, data, keep=0, **OPTIONS)
    with pytest.raises(ValueError, match=r"something left of weight1, got 0\.01 of 36 entries"):
        binary_ticket(network, start, data, keep={"weight0": 0.5, "weight1": 0.01}, **OPTIONS)
    with pytest.raises(ValueError, match="parameters: expected weight0, weight1, got weight0"):
        binary_ticket(network, {"weight0": start["weight0"]}, data, **OPTIONS)
