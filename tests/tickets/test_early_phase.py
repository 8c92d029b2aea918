"""Interventions change what they say and nothing else; the arm without one is the ticket itself."""

import numpy as np
import pytest
import torch
from pruning_twins import STEPS, data

from slthlib.nets import Dense, Masks, random_mask
from slthlib.tickets import iterative_pruning, keeps_down_to
from slthlib.tickets.early_phase import INTERVENTIONS, early_phase, intervene

NETWORK = Dense((40, 30, 20, 10), init="torch")
INITIAL, NOW = (NETWORK.init(2, seed=seed) for seed in (0, 1))
MASKS = random_mask(NOW, 0.3, seed=2)
OPTIONS = {"rewind": 10, "keep": 0.5, "widths": (30, 20), "replicas": 2, "steps": STEPS, "seed": 3}


def changed(name, seed=5):
    return intervene(name, NOW, INITIAL, MASKS, seed=seed)


def test_signs_and_sizes_come_from_where_the_name_says():
    for name, signs, lengths in (("signs of k, sizes of 0", NOW, INITIAL), ("signs of 0, sizes of k", INITIAL, NOW)):
        found = changed(name)
        for weight in MASKS:
            assert torch.equal(found[weight].sign(), signs[weight].sign())
            assert torch.equal(found[weight].abs(), lengths[weight].abs())
        assert torch.equal(found["bias0"], NOW["bias0"])


def test_none_and_initial():
    assert all(torch.equal(changed("none")[name], NOW[name]) for name in NOW)
    assert all(torch.equal(changed("initial weights")[name], INITIAL[name]) for name in NOW)


def test_shuffling_keeps_the_kept_values_of_each_layer():
    found = changed("shuffled")
    for name, mask in MASKS.items():
        for replica in range(2):
            mine, before = found[name][replica], NOW[name][replica]
            kept = mask[replica]
            assert torch.equal(mine[~kept], before[~kept])
            assert torch.equal(mine[kept].sort().values, before[kept].sort().values)
            assert (mine[kept] != before[kept]).float().mean() > 0.8


@pytest.mark.parametrize(("name", "centre"), [("noise on k", NOW), ("noise on 0", INITIAL)])
def test_noise_is_as_long_as_the_way(name, centre):
    found = changed(name)
    for weight, mask in MASKS.items():
        for replica in range(2):
            noise, kept = (found[weight] - centre[weight])[replica], mask[replica]
            way = (NOW[weight] - INITIAL[weight])[replica][kept]
            assert float(noise[kept].norm()) == pytest.approx(float(way.norm()), rel=1e-4)
            assert (noise[~kept] == 0).all()
            assert abs(float((noise[kept] * way).sum() / way.norm() ** 2)) < 0.5  # in no particular direction


def test_draws_belong_to_a_seed_a_replica_and_a_layer():
    for name in ("shuffled", "noise on k"):
        assert torch.equal(changed(name)["weight1"], changed(name)["weight1"])
        assert not torch.equal(changed(name)["weight1"], changed(name, seed=6)["weight1"])
        few = intervene(name, NOW.select([0]), INITIAL.select([0]), Masks(MASKS).select([0]), seed=5)
        assert torch.equal(few["weight1"][0], changed(name)["weight1"][0])


def test_the_arm_without_intervention_is_the_ticket():
    found = early_phase(data(), **OPTIONS)
    tickets = iterative_pruning(data(), keeps=keeps_down_to(0.5), rewind=10, widths=(30, 20), replicas=2, steps=STEPS,
                                seed=3, controls=(), progress=False)  # fmt: skip
    assert (found.accuracy["none"] == tickets.accuracy[-1]).all()
    assert set(found.accuracy) == {*INTERVENTIONS, "random labels"}
    assert found.keep == 0.5
    assert found.loss("shuffled").mid == pytest.approx(np.mean(found.accuracy["none"] - found.accuracy["shuffled"]))
    others = [accuracy for name, accuracy in found.accuracy.items() if name != "none"]
    assert all((accuracy != found.accuracy["none"]).any() for accuracy in others)


def test_some_interventions():
    found = early_phase(data(), interventions=["shuffled"], random_labels=False, **OPTIONS)
    assert list(found.accuracy) == ["none", "shuffled"]


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"interventions: expected one of none, initial weights, .*, got 'rotate'"):
        early_phase(data(), interventions=["rotate"], **OPTIONS)
    with pytest.raises(ValueError, match="rewind: expected a whole number of at least 1, got 0"):
        early_phase(data(), **{**OPTIONS, "rewind": 0})
    with pytest.raises(ValueError, match="keep: expected the fraction kept"):
        early_phase(data(), **{**OPTIONS, "keep": 0})
    with pytest.raises(ValueError, match="intervention: expected one of"):
        intervene("rotate", NOW, INITIAL, MASKS, seed=0)
