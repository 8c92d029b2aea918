"""Edge-popup: the gradient of a straight-through estimator, the exact mask, the scale of what is kept."""

import math

import numpy as np
import pytest
import torch
from hidden_twins import Keep, descend, near, one, toy

from slthlib.nets import Dense, NonFiniteLossError, accuracy, keep_of, top_k
from slthlib.tickets._values import draw_scores, keys_of
from slthlib.tickets.popup import edge_popup, scale_kept

OPTIONS = {"steps": 25, "batch": 8, "lr": 0.3, "momentum": 0.8, "weight_decay": 1e-3, "seed": 5}


def cosine(step):
    return (1 + math.cos(math.pi * step / 25)) / 2


@pytest.mark.parametrize(("absolute", "bias"), [(True, False), (False, True)])
def test_scores_follow_the_autograd_of_a_straight_through_estimator(absolute, bias):
    network, start, data = toy(6, 9, 7, 4, replicas=3, bias=bias, init="torch")
    keeps = [0.3, 0.5, 0.85]
    found = edge_popup(network, start, data, keep=keeps, absolute=absolute, threads=1, **OPTIONS)
    keys = keys_of(5, 3)
    weights, scores = scale_kept(start, keeps), draw_scores(start, keys)
    for replica, keep in enumerate(keeps):

        def effective(step, name, weight, score, keep=keep):
            ranked = score.abs() if absolute else score
            return weight * Keep.apply(ranked, round(keep * weight.numel()))

        twin = descend(network, one(weights, replica), one(scores, replica), data, effective, key=keys[replica],
                       steps=25, batch=8, lr=0.3, momentum=0.8, decay=1e-3, rates=cosine)  # fmt: skip
        assert near(one(found.scores, replica), twin)
        for name, score in twin.items():
            mask = Keep.apply(score.abs() if absolute else score, round(keep * score.numel())) > 0
            assert torch.equal(found.masks[name][replica], mask)
            assert not torch.equal(score, scores[name][replica])  # it has moved


def test_initial_scores_are_uniform_within_one_over_the_root_of_the_fan_in():
    network = Dense((100, 400, 10), bias=True)
    scores = draw_scores(network.init(3, seed=0), [(5, 0), (5, 1), (5, 0)])
    assert list(scores) == ["weight0", "weight1"]
    for name, bound in (("weight0", 1 / 10), ("weight1", 1 / 20)):
        flat = np.sort(scores[name][:2].flatten().numpy()) / bound
        even = np.linspace(-1, 1, flat.size)
        assert np.abs(flat - even).max() < 2 * 1.95 / math.sqrt(flat.size)  # Kolmogorov and Smirnov, at 0.1 %
        assert torch.equal(scores[name][0], scores[name][2])
        assert not torch.equal(scores[name][0], scores[name][1])


def test_only_scores_are_trained():
    network, start, data = toy(6, 9, 4, replicas=2, bias=True, init="torch")
    before = start.clone()
    found = edge_popup(network, start, data, keep=0.4, **OPTIONS)
    scaled = scale_kept(before, 0.4)
    for name, tensor in before.items():
        assert torch.equal(start[name], tensor)
        if name.startswith("bias"):
            assert torch.equal(found.parameters[name], tensor)
        else:
            assert torch.equal(found.parameters[name], scaled[name] * found.masks[name])
            assert bool((found.parameters[name][~found.masks[name]] == 0).all())


@pytest.mark.parametrize("keep", [0.1, 0.3, 0.5, 0.9])
def test_keep_is_the_fraction_kept_to_the_last_weight(keep):
    # int((1 - .9) * 10) is 0, so that a prune rate of .1 prunes nothing of 10 entries in some programs; and a
    # threshold on equal scores keeps all of them.
    network, start, data = toy(5, 2, 10, replicas=2)
    equal = {name: torch.ones_like(weight) for name, weight in start.items()}
    found = edge_popup(network, start, data, keep=keep, scores=equal, **{**OPTIONS, "lr": 1e-30})
    for name, mask in found.masks.items():
        assert mask.flatten(1).sum(1).tolist() == [round(keep * start[name][0].numel())] * 2
    assert not torch.equal(found.masks["weight0"][0], found.masks["weight0"][1])  # a draw, not a place


def test_ties_are_broken_by_a_seeded_draw_at_every_step():
    network, start, data = toy(5, 4, 10)
    equal = {name: torch.ones_like(weight) for name, weight in start.items()}
    masks = [
        edge_popup(network, start, data, keep=0.5, scores=equal, **{**OPTIONS, "lr": 1e-30, "seed": seed}).masks
        for seed in (1, 1, 2)
    ]
    assert torch.equal(masks[0]["weight1"], masks[1]["weight1"])
    assert not torch.equal(masks[0]["weight1"], masks[2]["weight1"])


def test_what_is_kept_is_scaled_by_one_over_the_root_of_keep():
    network = Dense((400, 400, 10), init="kaiming-normal", bias=True)
    start = network.init(3, seed=0, dtype=torch.float64)
    scaled = scale_kept(start, [0.3, 0.5, 1.0])
    for replica, factor in enumerate([1.8257418583505538, math.sqrt(2), 1.0]):  # not 1 / sqrt(.7) = 1.195 at .3
        assert torch.allclose(scaled["weight0"][replica], start["weight0"][replica] * factor, rtol=1e-12)
        assert torch.equal(scaled["bias0"][replica], start["bias0"][replica])
    by_layer = scale_kept(start, {"weight0": 0.25, "weight1": [1.0, 0.64, 0.01]})
    assert torch.allclose(by_layer["weight0"], start["weight0"] * 2, rtol=1e-12)
    assert torch.allclose(by_layer["weight1"], start["weight1"] * torch.tensor([1, 1.25, 10]).view(3, 1, 1), rtol=1e-6)


def test_the_scale_keeps_the_size_of_signals_under_a_random_mask():
    network = Dense((1000, 1000), init="signed-constant", bias=False)
    x = torch.randn(50, 1000, generator=torch.Generator().manual_seed(0))
    sizes = []
    for keep in (1.0, 0.3):
        scaled = scale_kept(network.init(1, seed=0), keep)
        mask = {"weight0": torch.rand(1, 1000, 1000, generator=torch.Generator().manual_seed(1)) < keep}
        sizes.append(float(network.forward(scaled, x, mask).square().mean()))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.02)  # 50 000 outputs; without the scale it would be 70 % off


def test_at_keep_one_nothing_is_hidden():
    network, start, data = toy(6, 9, 4, replicas=2)
    found = edge_popup(network, start, data, keep=1.0, **OPTIONS)
    assert keep_of(found.masks).tolist() == [1.0, 1.0]
    for name, weight in start.items():
        assert torch.equal(found.parameters[name], weight)


def test_replicas_do_not_see_each_other():
    network, start, data = toy(6, 20, 4, replicas=3, dtype=torch.float32)
    keeps = [0.2, 0.5, 0.7]
    together = edge_popup(network, start, data, keep=keeps, **OPTIONS)
    for replica, keep in enumerate(keeps):
        options = {**OPTIONS, "seed": [(5, replica)]}
        alone = edge_popup(network, start.select([replica]), data, keep=keep, **options)
        for name in together.masks:
            assert torch.equal(alone.scores[name][0], together.scores[name][replica])
            assert torch.equal(alone.masks[name][0], together.masks[name][replica])


def test_the_same_seed_finds_the_same_masks_bit_for_bit():
    network, start, data = toy(30, 40, 10, replicas=4, dtype=torch.float32, examples=200)
    options = {**OPTIONS, "steps": 60}
    first, again = (edge_popup(network, start, data, keep=0.3, threads=threads, **options) for threads in (2, 1))
    other = edge_popup(network, start, data, keep=0.3, **{**options, "seed": 6})
    for name in first.masks:
        assert torch.equal(first.masks[name], again.masks[name])
        assert torch.equal(first.scores[name], again.scores[name])
        assert not torch.equal(first.masks[name], other.masks[name])
    assert np.array_equal(first.losses, again.losses)


def test_the_mask_is_the_top_k_of_the_scores():
    network, start, data = toy(30, 40, 10, replicas=2, dtype=torch.float32)
    found = edge_popup(network, start, data, keep={"weight0": 0.1, "weight1": [0.6, 0.7]}, **OPTIONS)
    assert torch.equal(found.masks["weight0"], top_k(found.scores["weight0"].abs(), 0.1, seed=0))
    assert torch.equal(found.masks["weight1"], top_k(found.scores["weight1"].abs(), [0.6, 0.7], seed=0))


def test_a_random_network_learns_without_a_weight_being_trained():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((4, 10))
    y = rng.integers(4, size=400)
    x = centres[y] + 0.5 * rng.standard_normal((400, 10))
    network = Dense((10, 60, 4), init="signed-constant", bias=False)
    start = network.init(4, seed=0)
    found = edge_popup(network, start, (x, y), keep=0.5, steps=200, batch=50, seed=0)
    assert accuracy(network, found.parameters, x, y).min() > 0.95 > 0.7 > accuracy(network, start, x, y).max()


def test_a_loss_that_is_not_finite_stops_the_search():
    network, start, data = toy(6, 9, 4, replicas=2)
    start["weight1"][1, 0, 0] = torch.nan
    with pytest.raises(NonFiniteLossError, match="not finite at step 0 in replica 1") as stopped:
        edge_popup(network, start, data, keep=1.0, **OPTIONS)
    assert stopped.value.last_good.step == 0


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"keep": 0.0}, ValueError, r"keep: expected the fraction kept, in \(0, 1\], got 0.0"),
        ({"keep": 1.5}, ValueError, r"in \(0, 1\], got 1.5"),
        ({"keep": 0.001}, ValueError, "something left of weight0, got 0.001 of 54 entries"),
        ({"keep": [0.5]}, ValueError, "one for each of 2 replicas, got 1"),
        ({"keep": {"weight9": 0.5}}, ValueError, "expected fractions for weight0, weight1, got weight9"),
        ({"keep": True}, TypeError, "keep: expected the fraction kept"),
        ({"seed": "1"}, TypeError, "seed: expected a whole number or one key for each replica"),
        ({"seed": [1]}, ValueError, "seed: expected one key for each of 2 replicas, got 1"),
        ({"steps": 0}, ValueError, "steps: expected a whole number of at least 1"),
        ({"lr": 0.0}, ValueError, "lr: expected a finite number above 0"),
        ({"schedule": "linear"}, ValueError, "schedule: expected one of cosine, constant, step"),
        ({"scores": {"weight0": torch.zeros(2, 9, 6)}}, ValueError, "expected weight0, weight1, got weight0"),
    ],
)
def test_what_does_not_fit_is_refused(change, kind, words):
    network, start, data = toy(6, 9, 4, replicas=2)
    with pytest.raises(kind, match=words):
        edge_popup(network, start, data, **{**OPTIONS, "keep": 0.5, **change})
