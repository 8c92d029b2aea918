"""Zhou et al.'s criteria: which weights each keeps, by hand and against a slow twin."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from slthlib.nets import Dense, Parameters, top_k
from slthlib.tickets.criteria import CRITERIA, criterion
from slthlib.tickets.scores import magnitude, prune

BEFORE = [0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8]
AFTER = [0.8, -0.1, -0.7, -0.2, 0.6, -0.65, 0.0, 0.5]


def pair(before=BEFORE, after=AFTER):
    return tuple(Parameters({"weight0": torch.tensor([[values]]), "bias0": torch.zeros(1, 1)})
                 for values in (before, after))  # fmt: skip


def kept(name, keep, initial, trained, seed=0):
    scores = criterion(name, seed=3)(initial, trained)
    assert list(scores) == ["weight0"]  # biases have no score, so they are never pruned
    mask = prune(scores, keep, seed=seed, output_rate=1)["weight0"]
    return set(mask[0].flatten().nonzero().squeeze(1).tolist())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("large_final", {0, 2, 5}),
        ("small_final", {6, 1, 3}),
        ("large_init", {7, 6, 5}),
        ("small_init", {0, 1, 2}),
        # Ranks before, from the smallest: 1 2 3 4 5 6 7 8; after: 8 2 7 3 5 6 1 4. Their minima: 1 2 3 3 5 6 1 4.
        ("large_init_large_final", {5, 4, 7}),
        # Ranks from the largest: 8 7 6 5 4 3 2 1 and 1 7 2 6 4 3 8 5. Their minima: 1 7 2 5 4 3 2 1.
        ("small_init_small_final", {1, 3, 4}),
        ("magnitude_increase", {0, 2, 4}),  # .7 -.1 .4 -.2 .1 .05 -.7 -.3
        ("movement", {7, 2, 0}),  # .7 .1 1.0 .2 .1 .05 .7 1.3: two of .7, 0 by a hair in single precision
        ("large_final_same_sign", {0, 5, 4}),
        ("magnitude_increase_same_sign", {0, 4, 5}),
        ("movement_same_sign", {0, 3, 4}),
        ("small_final_same_sign", {1, 3, 4}),
        ("large_init_same_sign", {5, 4, 3}),
    ],
)
def test_what_is_kept_by_hand(name, expected):
    initial, trained = pair()
    if name == "movement":
        initial["weight0"][0, 0, 0] = 0.05
    assert kept(name, 3 / 8, initial, trained) == expected


SLOW = {
    "large_final": lambda w, v: abs(v),
    "small_final": lambda w, v: -abs(v),
    "large_init": lambda w, v: abs(w),
    "small_init": lambda w, v: -abs(w),
    "magnitude_increase": lambda w, v: abs(v) - abs(w),
    "movement": lambda w, v: abs(v - w),
}
numbers = st.integers(-6, 6).map(lambda n: n / 4)  # few values: many ties


@given(
    name=st.sampled_from(sorted(SLOW)),
    same=st.booleans(),
    weights=st.lists(st.tuples(numbers, numbers), min_size=2, max_size=30),
    share=st.floats(0.1, 1),
    seed=st.integers(0, 99),
)
def test_no_weight_left_out_beats_one_that_is_kept(name, same, weights, share, seed):
    before, after = map(list, zip(*weights, strict=True))
    count = max(1, round(share * len(weights)))
    found = kept(name + "_same_sign" * same, count / len(weights), *pair(before, after), seed=seed)
    assert len(found) == count

    def rank(place):
        w, v = weights[place]
        return (not same or w * v > 0, SLOW[name](w, v) if not same or w * v > 0 else 0)

    worst = min(rank(place) for place in found)
    assert all(rank(place) <= worst for place in range(len(weights)) if place not in found)


@given(weights=st.lists(st.tuples(numbers, numbers), min_size=2, max_size=30), share=st.floats(0.1, 0.9))
def test_large_in_both_is_cut_at_one_common_percentile(weights, share):
    sizes = np.abs(np.array(weights)).T
    places = [(values[:, None] >= values).sum(1) for values in sizes]  # how many are not larger

    def above(cut):
        return set(np.flatnonzero((places[0] >= cut) & (places[1] >= cut)).tolist())

    count = max(1, round(share * len(weights)))
    found = kept("large_init_large_final", count / len(weights), *pair(*map(list, zip(*weights, strict=True))))
    cut = max(cut for cut in range(len(weights) + 1) if len(above(cut)) >= count)
    assert above(cut + 1) <= found <= above(cut)
    assert len(found) == count


def test_a_constant_size_leaves_the_choice_to_the_other():
    initial, trained = pair([0.5, -0.5] * 4)
    assert kept("large_init_large_final", 0.5, initial, trained) == kept("large_final", 0.5, initial, trained)


def test_a_constant_size_is_chosen_from_at_random():
    # A threshold would keep all weights of a signed constant, or none; and the first ones are no fair choice.
    network = Dense((30, 20), init="signed-constant", bias=False)
    start = network.init(4, seed=0)
    masks = [top_k(criterion("large_init")(start, start), 0.25, seed=seed)["weight0"] for seed in range(20)]
    assert all(mask.flatten(1).sum(1).tolist() == [150] * 4 for mask in masks)
    share = torch.stack(masks).float().mean((0, 1)).flatten()
    assert float(share.std()) < 1.5 * np.sqrt(0.25 * 0.75 / 80)


def test_random_scores_are_drawn_from_the_seed():
    start = Dense((6, 5, 4)).init(3, seed=0)
    first, again, other = (criterion("random", seed=seed)(start, start) for seed in (1, 1, 2))
    for name in ("weight0", "weight1"):
        assert torch.equal(first[name], again[name])
        assert not torch.equal(first[name], other[name])
        assert len(first[name].unique()) == first[name].numel()
    alone = criterion("random", seed=1)(start.select([0, 1]), start.select([0, 1]))
    assert torch.equal(alone["weight1"], first["weight1"][:2])
    assert len(criterion("random")(start, start)["weight0"].unique()) == 1


def test_random_among_weights_that_kept_their_sign():
    initial, trained = pair()
    chosen = [kept("random_same_sign", 2 / 8, initial, trained, seed=seed) for seed in range(20)]
    assert all(one <= {0, 1, 3, 4, 5} for one in chosen)
    assert kept("random_same_sign", 7 / 8, initial, trained) >= {0, 1, 3, 4, 5}


def test_large_final_is_the_magnitude_of_pruning():
    network = Dense((6, 9, 4))
    initial, trained = network.init(2, seed=0), network.init(2, seed=1)
    found, expected = criterion("large_final")(initial, trained), magnitude(initial, trained)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(
        ValueError, match=r"name: expected one of large_final, .*random, large_final_same_sign, .*got 'b"
    ):
        criterion("big_final")
    with pytest.raises(TypeError, match="name: expected one of"):
        criterion(3)
    assert len(CRITERIA) == 9
