"""Replicated parameters and masks: a dictionary with one leading axis."""

import copy

import pytest
import torch

from slthlib.nets import Dense, Masks, Parameters, concatenate, random_mask

NETWORK = Dense((4, 3, 2))


@pytest.fixture
def parameters():
    return NETWORK.init(5, seed=0)


def test_a_selection_holds_the_chosen_replicas_in_order_and_shares_no_memory(parameters):
    chosen = parameters.select([3, 0, 3])
    assert isinstance(chosen, Parameters)
    assert chosen.replicas == 3
    for name, tensor in parameters.items():
        assert torch.equal(chosen[name], torch.stack([tensor[3], tensor[0], tensor[3]]))
    chosen["weight0"].zero_()
    assert parameters["weight0"].abs().min() > 0


def test_concatenated_parts_come_back_by_selection(parameters):
    both = concatenate([parameters, NETWORK.init(2, seed=1)])
    assert both.replicas == 7
    assert all(torch.equal(both.select(range(5))[name], parameters[name]) for name in parameters)


def test_masks_concatenate_to_masks(parameters):
    masks = random_mask(parameters, 0.5, seed=0)
    both = concatenate([masks, masks])
    assert isinstance(both, Masks)
    assert both.replicas == 10
    assert both["weight0"].dtype == torch.bool


@pytest.mark.parametrize("duplicate", [copy.deepcopy, Parameters.clone])
def test_a_copy_is_equal_and_independent(parameters, duplicate):
    twin = duplicate(parameters)
    assert type(twin) is Parameters
    assert all(torch.equal(twin[name], parameters[name]) for name in parameters)
    twin["weight0"].add_(1)
    assert not torch.equal(twin["weight0"], parameters["weight0"])


def test_masked_parameters_can_be_copied_deeply(parameters):
    # torch.nn.utils.prune leaves a tensor that is no leaf, and deepcopy of the module fails.
    masks = random_mask(parameters, 0.5, seed=0)
    pair = copy.deepcopy((parameters.masked(masks), masks))
    assert all(torch.equal(pair[1][name], masks[name]) for name in masks)


def test_masked_is_exactly_zero_even_where_the_weight_is_not_finite(parameters):
    masks = random_mask(parameters, 0.5, seed=0)
    parameters["weight0"][~masks["weight0"]] = torch.inf
    effective = parameters.masked(masks)
    assert torch.equal(effective["weight0"] != 0, masks["weight0"])
    assert torch.equal(effective["bias0"], parameters["bias0"])


def test_weights_leave_out_biases(parameters):
    assert list(parameters) == ["weight0", "bias0", "weight1", "bias1"]
    assert list(parameters.weights) == ["weight0", "weight1"]


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda p: Parameters({}), ValueError, "expected at least one named tensor"),
        (lambda p: Parameters({"weight0": [1.0]}), TypeError, "expected tensors, got list for 'weight0'"),
        (lambda p: Parameters({"weight0": torch.tensor(1.0)}), ValueError, "leading replica axis"),
        (
            lambda p: Parameters({"weight0": torch.zeros(2, 1), "bias0": torch.zeros(3, 1)}),
            ValueError,
            r"one number of replicas, got \{'weight0': 2, 'bias0': 3\}",
        ),
        (lambda p: p.select([5]), ValueError, r"indices: expected whole numbers from 0 to 4, got \[5\]"),
        (lambda p: p.select([-1]), ValueError, "from 0 to 4"),
        (lambda p: p.select([0.5]), TypeError, "indices: expected whole numbers"),
        (lambda p: p.select([]), TypeError, "indices: expected whole numbers"),
        (lambda p: concatenate([]), ValueError, "expected at least one set"),
        (lambda p: concatenate([p, Dense((4, 2)).init(1, seed=0)]), ValueError, "expected the same names"),
        (lambda p: concatenate([p, Dense((4, 6, 2)).init(1, seed=0)]), ValueError, r"one shape of weight0 .* \(3, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused(parameters, make, kind, words):
    with pytest.raises(kind, match=words):
        make(parameters)
