"""Controls differ from the ticket in one thing each, and in nothing else."""

import pytest
import torch
from pruning_twins import KEEPS, arms, data, pruned, same

from slthlib.lab import statistics
from slthlib.tickets import iterative_pruning
from slthlib.tickets.controls import CONTROLS, control_masks


def test_every_experiment_has_its_controls():
    assert set(pruned().controls) == {"reinit", "shuffle", "random"} == set(CONTROLS)


@pytest.mark.parametrize("rewind", [0, 15])
def test_what_a_control_shares_with_the_ticket(rewind):
    tickets = pruned(rewind=rewind)
    for level in (1, 2):
        for name, control in tickets.controls.items():
            mask, weights = {"reinit": (True, False), "shuffle": (False, True), "random": (False, False)}[name]
            assert same(control.masks[level], tickets.masks[level]) == mask
            assert same(control.weights[level], tickets.weights[level]) == weights
    for one, other in (("reinit", "weights"), ("shuffle", "masks")):
        # The random control is made of the other two.
        mine = getattr(tickets.controls["random"], other)
        assert same(mine[2], getattr(tickets.controls[one], other)[2])


def test_shuffling_moves_masks_within_layers_once():
    tickets = pruned()
    for level in (1, 2):
        mine, other = tickets.masks[level], tickets.controls["shuffle"].masks[level]
        for name in mine:
            assert torch.equal(mine[name].flatten(1).sum(1), other[name].flatten(1).sum(1))
            agree = (mine[name] & other[name]).sum() / mine[name].sum()
            assert agree < 0.9
            assert not torch.equal(other[name][0], other[name][1])
    last, before = (tickets.controls["shuffle"].masks[level] for level in (2, 1))
    assert all((before[name] | ~last[name]).all() for name in last)


def test_one_control_alone_is_the_one_beside_the_others():
    tickets = pruned()
    for name, control in tickets.controls.items():
        alone = pruned(control=name)
        assert (alone.accuracy == control.accuracy).all()
        assert all(same(*pair) for pair in zip(alone.masks, control.masks, strict=True))
        assert (alone.dense == tickets.dense).all()


def test_replicas_do_not_know_how_many_they_are():
    few, many = pruned(), pruned(replicas=3)
    for name, arm in arms(many).items():
        assert (arm.accuracy[:, :2] == arms(few)[name].accuracy).all()
        assert same(arm.masks[-1].select([0, 1]), arms(few)[name].masks[-1])


def test_same_seed_same_bits_and_another_seed_others():
    options = {"keeps": KEEPS, "widths": (30, 20), "replicas": 2, "steps": 40, "progress": False}
    again = iterative_pruning(data(), seed=3, **options)
    for name, arm in arms(again).items():
        first = arms(pruned())[name]
        assert (arm.accuracy == first.accuracy).all()
        assert all(same(*pair) for pair in zip(arm.masks, first.masks, strict=True))
    assert not same(pruned(seed=4).masks[1], pruned().masks[1])


def test_threads_do_not_change_bits():
    for threads in (1, 2):
        assert same(pruned(threads=threads).trained[-1], pruned().trained[-1])


def test_differences_are_paired():
    tickets = pruned()
    difference = tickets.over("reinit")
    wanted = statistics.paired_difference(tickets.accuracy, tickets.controls["reinit"].accuracy)
    assert (difference.mid == wanted.mid).all()
    assert (difference.low == wanted.low).all()
    assert difference.n == 2
    with pytest.raises(ValueError, match="control: expected one of reinit, shuffle, random, got 'rand'"):
        tickets.over("rand")


def test_dense_controls_are_dense_networks():
    tickets = pruned()
    assert (tickets.accuracy[0] == tickets.dense).all()
    assert (tickets.controls["shuffle"].accuracy[0] == tickets.dense).all()
    assert (tickets.controls["reinit"].accuracy[0] == tickets.controls["random"].accuracy[0]).all()
    assert (tickets.controls["reinit"].accuracy[0] != tickets.dense).any()


def test_unknown_control():
    with pytest.raises(ValueError, match="control: expected one of reinit, shuffle, random, got 'none'"):
        control_masks("none", pruned().masks[0], seed=0)


def test_levels_go_by_their_keep():
    tickets = pruned()
    assert [tickets.level(keep) for keep in (1, 0.6, 0.31, 0.01)] == [0, 1, 2, 2]
    assert repr(tickets) == "Tickets: 3 levels, keep 1 to 0.3, of 2 replicas; controls: reinit, shuffle, random"
