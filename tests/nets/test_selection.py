"""Exactly k of n, whatever the ties: layer by layer, over all layers, within a mask."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slthlib.nets import Dense, Masks, keep_of, random_mask, shuffle_mask, top_k
from slthlib.nets._largest import _by_partition, _by_top_k


def row_of(values):
    return torch.tensor([values], dtype=torch.float64)


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=40),
    st.floats(0.01, 1),
    st.sampled_from([torch.float32, torch.float64, torch.int64]),
)
def test_exactly_k_are_kept_and_none_left_out_is_larger(values, keep, dtype):
    scores = torch.tensor([values, values[::-1]], dtype=dtype)
    mask = top_k(scores, keep, seed=0, allow_empty=True)
    for row, kept in zip(scores, mask, strict=True):
        assert int(kept.sum()) == round(keep * len(values))
        if kept.any() and not kept.all():
            assert row[kept].min() >= row[~kept].max()


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30), st.integers(0, 30), st.integers(0, 5))
def test_both_ways_to_select_agree(values, count, seed):
    """NumPy's partition on the CPU, torch's selection elsewhere."""
    row = torch.tensor(values, dtype=torch.float32)

    def draws(replica):
        return np.random.default_rng([seed, replica])

    count = min(count, len(values))
    one = _by_partition(row.numpy(), count, "scores", 0, draws)
    two = _by_top_k(row, count, "scores", 0, draws)
    assert int(one.sum()) == count
    assert np.array_equal(one, two.numpy())


def test_keep_is_the_fraction_kept_and_not_the_fraction_pruned():
    assert top_k(row_of([5, 1, 4, 2, 3, 0, 9, 8, 7, 6]), 0.2, seed=0).nonzero()[:, 1].tolist() == [6, 7]


def test_many_ties_give_the_right_number():
    # A threshold with >= would keep all ten here, and 8 of the second.
    assert int(top_k(row_of([1.0] * 10), 0.3, seed=0).sum()) == 3
    assert int(top_k(row_of([0, 0, 1, 1, 1, 1, 1, 1, 1, 2]), 0.4, seed=0).sum()) == 4


def test_zeros_of_both_signs_are_equal():
    kept = [top_k(row_of([0.0, -0.0, 0.0, -0.0]), 0.5, seed=seed) for seed in range(40)]
    assert all(int(mask.sum()) == 2 for mask in kept)
    assert torch.cat(kept).any(0).all()


def test_ties_are_drawn_uniformly():
    draws = 3000
    mask = top_k(torch.ones(draws, 5), 0.4, seed=1)  # each replica draws for itself
    pairs, counts = np.unique(mask.numpy() @ (2 ** np.arange(5)), return_counts=True)
    assert len(pairs) == 10
    assert stats.chisquare(counts).pvalue > 1e-4


def test_a_tie_depends_on_seed_replica_and_layer_alone():
    scores = {"weight0": torch.ones(3, 50), "weight1": torch.ones(3, 50)}
    one = top_k(scores, 0.5, seed=0)
    assert all(torch.equal(one[name], top_k(scores, 0.5, seed=0)[name]) for name in scores)
    few = top_k({name: tensor[:1] for name, tensor in scores.items()}, 0.5, seed=0)
    assert torch.equal(few["weight0"], one["weight0"][:1])
    for other in (one["weight0"][1], one["weight1"][0], top_k(scores, 0.5, seed=1)["weight0"][0]):
        assert not torch.equal(one["weight0"][0], other)


@pytest.mark.parametrize(
    ("keep", "counts"),
    [
        (0.5, ([50, 50], [10, 10])),
        ((0.25, 0.5), ([25, 25], [10, 10])),
        (np.array([0.25, 0.5]), ([25, 25], [10, 10])),
        ({"weight1": 0.5, "weight0": 0.25}, ([25, 25], [10, 10])),
        ({"weight0": [0.1, 0.2], "weight1": 1}, ([10, 20], [20, 20])),
    ],
)
def test_layers_keep_their_own_fractions(keep, counts):
    scores = {"weight0": torch.rand(2, 10, 10), "weight1": torch.rand(2, 5, 4)}
    masks = top_k(scores, keep, seed=0)
    assert isinstance(masks, Masks)
    assert {name: mask.shape for name, mask in masks.items()} == {name: each.shape for name, each in scores.items()}
    assert tuple(mask.flatten(1).sum(1).tolist() for mask in masks.values()) == counts


def test_one_fraction_a_replica():
    mask = top_k(torch.rand(3, 10), [0.1, 0.5, 1.0], seed=0)
    assert mask.sum(1).tolist() == [1, 5, 10]


@given(st.integers(0, 10), st.floats(0.05, 1))
def test_the_global_choice_is_that_of_one_long_row(seed, keep):
    rng = np.random.default_rng(seed)
    scores = {f"weight{i}": torch.tensor(rng.normal(size=(2, *shape))) for i, shape in enumerate([(6, 5), (3, 4)])}
    masks = top_k(scores, keep, seed=0, scope="global", allow_empty=True)
    for r in range(2):
        row = torch.cat([tensor[r].flatten() for tensor in scores.values()])
        expected = row >= row.sort(descending=True).values[round(keep * 42) - 1]
        assert torch.equal(torch.cat([mask[r].flatten() for mask in masks.values()]), expected)


def test_what_is_pruned_stays_pruned():
    scores = torch.arange(10.0).flip(0).unsqueeze(0)
    within = torch.tensor([[False, False, True, True, True, True, False, True, True, True]])
    assert top_k(scores, 0.3, seed=0, within=within).nonzero()[:, 1].tolist() == [2, 3, 4]
    # A kept weight that happens to be 0 ties with the pruned ones; none of these may come back.
    zeros = top_k(torch.zeros(50, 10), 0.5, seed=0, within=within.expand(50, 10))
    assert not zeros[:, ~within[0]].any()
    assert (zeros.sum(1) == 5).all()


def test_within_a_mapping_and_over_all_layers():
    scores = {"weight0": torch.rand(2, 4, 5), "weight1": torch.rand(2, 5, 4)}
    within = random_mask(scores, 0.5, seed=0)
    for scope in ("layer", "global"):
        masks = top_k(scores, 0.25, seed=0, scope=scope, within=within)
        assert keep_of(masks).tolist() == [0.25, 0.25]
        assert not any(bool((masks[name] & ~within[name]).any()) for name in masks)
    some = top_k(scores, 0.25, seed=0, within={"weight1": within["weight1"]})
    assert torch.equal(some["weight0"], top_k(scores, 0.25, seed=0)["weight0"])


def test_infinite_scores_are_scores():
    assert top_k(row_of([-np.inf, 1, np.inf, -np.inf]), 0.75, seed=3).sum() == 3
    assert top_k(row_of([-np.inf, 1, np.inf, 0]), 0.5, seed=0)[0].tolist() == [False, True, True, False]


def test_a_random_mask_keeps_exactly_k_anywhere():
    parameters = Dense((30, 20, 10)).init(400, seed=0)
    masks = random_mask(parameters, (0.3, 0.5), seed=0)
    assert list(masks) == ["weight0", "weight1"]
    assert (masks["weight0"].flatten(1).sum(1) == 180).all()
    assert (masks["weight1"].flatten(1).sum(1) == 100).all()
    counts = masks["weight0"].sum(0).flatten().numpy()  # binomial(400, .3) at every place
    assert abs((counts - 120) / np.sqrt(400 * 0.3 * 0.7)).max() < 5
    few = random_mask(parameters.select([0, 1]), (0.3, 0.5), seed=0)
    assert torch.equal(few["weight0"], masks["weight0"][:2])


def test_a_shuffled_mask_keeps_as_many_elsewhere():
    """Elsewhere, a rebound loop variable left the masks as they were."""
    masks = random_mask(Dense((30, 20, 10)).init(5, seed=0), (0.3, 0.5), seed=0)
    shuffled = shuffle_mask(masks, seed=1)
    for name, mask in masks.items():
        assert torch.equal(shuffled[name].flatten(1).sum(1), mask.flatten(1).sum(1))
        assert shuffled[name].shape == mask.shape
        for r in range(5):
            assert not torch.equal(shuffled[name][r], mask[r])
    again = shuffle_mask({name: mask[:2] for name, mask in masks.items()}, seed=1)
    assert torch.equal(again["weight0"], shuffled["weight0"][:2])
    moved = shuffle_mask({"weight0": torch.arange(100).expand(2, 100) < 30}, seed=0)["weight0"]
    assert 3 < int(moved[0, :30].sum()) < 18  # 9 on average


def test_keep_of_counts_all_masked_weights():
    masks = {"weight0": torch.ones(2, 3, 4).bool(), "weight1": torch.zeros(2, 2, 4).bool()}
    masks["weight1"][1, 0, 0] = True
    assert keep_of(masks).tolist() == [12 / 20, 13 / 20]


TWO = {"weight0": torch.rand(2, 10, 10), "weight1": torch.rand(2, 5, 4)}


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (dict(keep=0), ValueError, r"keep: expected the fraction kept, in \(0, 1\], got 0"),
        (dict(keep=1.2), ValueError, r"in \(0, 1\], got 1.2"),
        (dict(keep=-0.1), ValueError, r"in \(0, 1\], got -0.1"),
        (dict(keep=float("nan")), ValueError, r"in \(0, 1\], got nan"),
        (dict(keep=True), TypeError, "keep: expected the fraction kept"),
        (dict(keep="half"), TypeError, "keep: expected the fraction kept"),
        (dict(keep=(0.5,)), ValueError, "keep: expected one fraction for each of weight0, weight1, got 1"),
        (dict(keep={"weight0": 0.5}), ValueError, "keep: expected fractions for weight0, weight1, got weight0"),
        (dict(keep={"weight0": [0.5], "weight1": 1}), ValueError, "one for each of 2 replicas, got 1"),
        (dict(keep=0.01), ValueError, "something left of weight1, got 0.01 of 20 entries.*allow_empty=True"),
        (dict(scope="all"), ValueError, "scope: expected one of layer, global, got 'all'"),
        (dict(scope="global", keep={"weight0": 1}), TypeError, "scope 'global', got a mapping"),
        (dict(scope="global", keep=[0.1, 0.2, 0.3]), ValueError, "one for each of 2 replicas, got 3"),
        (dict(seed=None), TypeError, "seed: expected a whole number, got None"),
        (dict(scores={}), ValueError, "scores: expected at least one tensor"),
        (dict(scores={"bias0": torch.rand(2, 3)}), ValueError, "got bias0; biases are never pruned"),
        (dict(scores={"weight0": torch.rand(2, 3) > 0}), TypeError, "got torch.bool for weight0"),
        (dict(scores={"weight0": np.zeros((2, 3))}), TypeError, "got ndarray for weight0"),
        (dict(scores={"weight0": torch.rand(3)}), ValueError, r"shape \[R, ...\] for weight0, got \[3\]"),
        (dict(scores={**TWO, "weight2": torch.rand(3, 4)}), ValueError, "one number of replicas, got"),
        (dict(scores=torch.tensor([[1.0], [np.nan]]), keep=1), ValueError, "no NaN, got one in scores, replica 1"),
        (dict(within=TWO["weight0"] > 0), TypeError, "within: expected a tensor for a tensor of scores"),
        (dict(within={"weight3": TWO["weight0"] > 0}), ValueError, "among weight0, weight1, got 'weight3'"),
        (dict(within={"weight0": TWO["weight1"] > 0}), ValueError, r"within: expected bool \[2, 10, 10\] for weight0"),
        (dict(within={"weight0": TWO["weight0"]}), ValueError, r"within: expected bool .*got torch.float32"),
        (dict(within={"weight0": TWO["weight0"] < 0}), ValueError, "what `within` holds of weight0, 0 entries in repl"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, kind, words):
    call = dict(scores=TWO, keep=0.5, seed=0) | arguments
    with pytest.raises(kind, match=words):
        top_k(call.pop("scores"), call.pop("keep"), **call)


def test_an_emptied_layer_is_named_and_can_be_allowed():
    scores = {"weight0": torch.rand(2, 10, 10) + 1, "weight1": torch.rand(2, 5, 4)}
    scores["weight1"][0, 0, 0] = 9
    with pytest.raises(ValueError, match="got weight1 empty in replica 1; allow_empty=True allows it"):
        top_k(scores, 0.5, seed=0, scope="global")
    assert not top_k(scores, 0.5, seed=0, scope="global", allow_empty=True)["weight1"][1].any()
    assert not top_k(scores, 0.01, seed=0, allow_empty=True)["weight1"].any()
    with pytest.raises(ValueError, match="something left of weight0"):
        random_mask({"weight0": torch.rand(2, 3)}, 0.1, seed=0)
    assert not random_mask({"weight0": torch.rand(2, 3)}, 0.1, seed=0, allow_empty=True)["weight0"].any()
