"""Tickets are their targets, in every arithmetic that promises it, for every construction and source."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from strong_tools import convolutions, dense, first_prefix

from slthlib.strong import StrongTicket, Target, TargetLayer, embed, to_torch
from slthlib.strong._layout import Layout
from slthlib.strong._reference import run_target
from slthlib.strong._solve_grid import solve_on_grid

KINDS = {
    "diamond": {"candidates": 100},
    "copies": {"candidates": (100, 48), "construction": "copies"},
}


def as_torch(x):
    import torch

    return torch.from_numpy(x)


def whole(rng, shape):
    return rng.integers(-255, 256, size=shape)


@pytest.mark.ledger("prop-diamond")
@pytest.mark.parametrize("bits", range(3, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_a_dense_ticket_is_its_target(kind, bits):
    rng = np.random.default_rng(bits)
    target = dense(rng, (7, 9, 6, 3), bits=bits)
    ticket = embed(target, seed=bits, **KINDS[kind])
    assert ticket.unsolved == ()
    x = whole(rng, (40, 7))
    found = ticket.verify(x, target=target)
    assert found.exact
    assert found.outputs == 120
    assert found.weights == sum(one.outputs * one.coordinates for one in ticket.recipe.layouts) + 7 * (
        ticket.recipe.layouts[0].outputs
    ), "both branches of the first layer were added up"
    wanted = run_target(target, x / 256) * target.scale
    assert ticket.exactness(input_bits=8).float64
    assert (ticket(x / 256) == wanted).all()


@pytest.mark.parametrize("bits", [3, 5, 8])
@pytest.mark.parametrize("kind", KINDS)
def test_a_convolution_is_its_target(kind, bits):
    rng = np.random.default_rng(bits)
    target = convolutions(rng, bits=bits)
    ticket = embed(target, seed=bits, **KINDS[kind])
    assert ticket.unsolved == ()
    x = whole(rng, (5, 2, 7, 8))
    assert ticket.verify(x, target=target).exact
    assert (ticket(x / 256) == run_target(target, x / 256) * target.scale).all()


def test_signs_alone_make_any_target():
    rng = np.random.default_rng(0)
    target = dense(rng, (5, 6, 3), bits=4)
    ticket = embed(target, source="sign", candidates=300, seed=1)
    x = whole(rng, (40, 5))
    assert ticket.unsolved == ()
    assert ticket.verify(x, target=target).exact
    assert set(np.unique(ticket.recipe.layout(0).draw_rows(1, 0, 0))) == {-1, 1}
    assert (ticket(x / 256) == run_target(target, x / 256) * target.scale).all()


@pytest.mark.parametrize("target", ["dense", "convolutions"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_export_is_the_masked_random_network(kind, target):
    import torch

    rng = np.random.default_rng(3)
    made = dense(rng, (6, 5, 4), bits=4) if target == "dense" else convolutions(rng, bits=4)
    ticket = embed(made, seed=2, **KINDS[kind])
    x = whole(rng, (9, 6) if target == "dense" else (4, 2, 7, 8)) / 256
    masked, drawn = to_torch(ticket), to_torch(ticket, masked=False)
    assert (masked(torch.from_numpy(x)).numpy() * ticket.recipe.scale == ticket(x)).all()
    assert sum(one.numel() for one in drawn.parameters()) == ticket.recipe.parameters()
    kept = 0
    for few, all_ in zip(masked.parameters(), drawn.parameters(), strict=True):
        assert ((few == 0) | (few == all_)).all(), "a mask only removes"
        kept += int((few != 0).sum())
    assert ticket.kept <= kept
    weights = sum(isinstance(one, torch.nn.Linear | torch.nn.Conv2d) for one in masked)
    assert weights == ticket.recipe.depth


def test_units_of_a_bias_have_random_signs():
    ticket = embed(dense(np.random.default_rng(3), (6, 5, 4), bits=4), seed=2, **KINDS["copies"])
    banks = ticket.recipe.layout(1).draw_banks(2, 1)
    assert set(banks[-1].tolist()) == {-1, 1}
    assert (banks[:-1] == 1).all(), "copies are passed on"


def test_float32_is_exact_where_it_is_promised_and_fails_where_it_is_not():
    rng = np.random.default_rng(5)
    for bits, promised in ((3, True), (8, False)):
        target = dense(rng, (16, 24, 8), bits=bits)
        ticket = embed(target, seed=bits, candidates=110)
        x = whole(rng, (400, 16)) / 256
        exact = ticket.exactness(input_bits=4 if promised else 8)
        assert exact.float32 is promised
        x = np.rint(x * 16) / 16 if promised else x
        same = ticket(x.astype(np.float32), arithmetic="float32") == ticket(x)
        assert same.all() is np.True_ if promised else not same.all()


def test_exactness_bounds_the_largest_sum():
    """The largest partial sums that really occur, in the finest unit, stay below the bound and come near it."""
    rng = np.random.default_rng(7)
    target = dense(rng, (6, 8, 3), bits=4)
    ticket = embed(target, seed=3, candidates=90)
    layer = ticket.recipe.layout(0)
    a = np.concatenate([layer.draw_rows(3, 0, block) for block in range(layer.blocks)]).astype(np.int64)
    b = layer.draw_banks(3, 0).astype(np.int64)
    kept = np.abs(a * b[layer.bank_of]) * ticket.mask(0)
    branch = [(kept * (b[layer.bank_of] > 0)).sum(2), (kept * (b[layer.bank_of] < 0)).sum(2)]
    largest = np.maximum(*branch).sum(1).max() * 256.0
    assert ticket.exactness(input_bits=8).layers[0] == pytest.approx(np.log2(largest), abs=1e-12)


def test_real_weights_are_met_within_the_tolerance():
    rng = np.random.default_rng(1)
    target = [np.clip(rng.normal(size=(20, 15)) * 0.2, -0.5, 0.5), np.clip(rng.normal(size=(4, 20)) * 0.2, -0.5, 0.5)]
    for source in ("uniform", "normal"):
        ticket = embed(target, tolerance=0.01, source=source, candidates=80, seed=1)
        found = ticket.verify(rng.normal(size=(30, 15)), target=target)
        assert ticket.unsolved == ()
        assert found.wrong == 0
        assert 0 < found.largest_error <= 0.01
        assert 0 < found.largest_difference < 1


def test_what_was_looked_at_ends_with_the_last_unit_kept():
    target = [np.random.default_rng(1).uniform(-0.5, 0.5, (8, 6))]
    ticket = embed(target, tolerance=0.01, candidates=80, seed=1)
    layout = ticket.recipe.layout(0)
    banks = layout.draw_banks(1, 0)[layout.bank_of]
    for s, chosen in enumerate((banks > 0, banks < 0)):
        last = np.where(ticket.mask(0) & chosen, np.arange(80) + 1, 0).max(2)
        assert (ticket.needed[0][..., s] == last).all()
        assert last.max() > 8


def test_a_sparse_ticket_keeps_the_share_asked_for():
    rng = np.random.default_rng(2)
    target = dense(rng, (6, 8, 4), bits=4, bias=False)
    ticket = embed(target, sparsity=0.25, candidates=90, signed_inputs=False, seed=4)
    assert ticket.unsolved == ()
    assert ticket.verify(target=target).exact
    for place, layout in enumerate(ticket.recipe.layouts):
        _, count = layout.alive(layout.draw_banks(4, place))
        assert set(ticket.mask(place).sum(2).ravel()) == {round(0.25 * count.min())}


@pytest.mark.parametrize("law", ["uniform", "sign"])
def test_the_search_finds_the_first_prefix(law):
    """On a window that leaves nothing out, against sets of all sums; on the narrow one never earlier."""
    rng = np.random.default_rng(11)
    layout = Layout(12, 9, 2, True, 22, False, True, law, 3 if law == "uniform" else 0)
    targets = (
        rng.integers(-40, 41, size=(12, layout.coordinates)) if law == "uniform" else rng.integers(-4, 5, (12, 19))
    )
    exact = solve_on_grid(layout, targets, 5, 0, range(layout.blocks), stages=(None,))
    narrow = solve_on_grid(layout, targets, 5, 0, range(layout.blocks))
    a, b = layout.draw_rows(5, 0, 0).astype(int), layout.draw_banks(5, 0).astype(int)
    seen = set()
    for o, j in np.ndindex(targets.shape):
        inner = b[layout.bank_of[j]]
        for s, chosen in enumerate((inner > 0, inner < 0)):
            if s == 1 and j == layout.coordinates - 1:
                continue
            units = np.flatnonzero(chosen)
            items = (a[o, j, units] * inner[units]).tolist()
            first = first_prefix(items, int(targets[o, j]))
            expected = first if first <= 0 else units[first - 1] + 1
            assert exact.needed[o, j, s] == expected
            assert narrow.needed[o, j, s] >= expected or narrow.needed[o, j, s] == expected == -1
            seen.add(int(np.sign(first)))
    assert seen == {-1, 0, 1}, "targets that are missed, trivial and found"


def test_the_same_bits_on_any_number_of_workers():
    target = dense(np.random.default_rng(0), (30, 40, 5), bits=5)
    one = embed(target, seed=9, candidates=100, threads=1)
    two = embed(target, seed=9, candidates=100, threads=2)
    with ThreadPoolExecutor(3) as pool:
        pooled = embed(target, seed=9, candidates=100, executor=pool)
    for other in (two, pooled):
        assert all((a == b).all() for a, b in zip(one.words, other.words, strict=True))
    assert any((a != b).any() for a, b in zip(one.words, embed(target, seed=8, candidates=100).words, strict=True))


def test_rows_that_are_drawn_in_many_blocks(monkeypatch):
    """Large layers are drawn and solved block by block, and a few blocks are held at once."""
    monkeypatch.setattr("slthlib.strong._layout._BLOCK", 1 << 14)
    monkeypatch.setattr("slthlib.strong._solve_grid.HELD", 1 << 17)
    monkeypatch.setattr("slthlib.strong._solve_with_lists._TOGETHER", 100)
    target = dense(np.random.default_rng(0), (30, 40, 5), bits=4)
    x = whole(np.random.default_rng(0), (20, 30))
    ticket = embed(target, seed=9, candidates=100, threads=2)
    assert ticket.recipe.layout(0).blocks > 5
    assert ticket.verify(x, target=target).exact
    with ThreadPoolExecutor(3) as pool:
        pooled = embed(target, seed=9, candidates=100, executor=pool)
    assert all((a == b).all() for a, b in zip(ticket.words, pooled.words, strict=True))
    real = [0.5 * layer.weight for layer in target.layers]
    assert embed(real, tolerance=0.01, candidates=90, seed=9).verify(target=real).wrong == 0
    assert (to_torch(ticket)(as_torch(x / 256)).numpy() * ticket.recipe.scale == ticket(x / 256)).all()


@pytest.mark.slow
def test_the_same_bits_in_other_processes():
    target = dense(np.random.default_rng(0), (30, 40, 5), bits=5)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        pooled = embed(target, seed=9, candidates=100, executor=pool)
    here = embed(target, seed=9, candidates=100)
    assert all((a == b).all() for a, b in zip(here.words, pooled.words, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_units_may_change_places(kind):
    rng = np.random.default_rng(4)
    target = dense(rng, (6, 10, 4), bits=4)
    order = rng.permutation(10)
    first, second = target.layers
    layers = (TargetLayer(first.weight[order], first.bias[order]), TargetLayer(second.weight[:, order], second.bias))
    permuted = Target(layers, 4, target.scale)
    x = whole(rng, (30, 6)) / 256
    assert (embed(target, seed=1, **KINDS[kind])(x) == embed(permuted, seed=1, **KINDS[kind])(x)).all()


def test_verify_finds_one_wrong_bit():
    target = dense(np.random.default_rng(6), (6, 10, 4), bits=4)
    ticket = embed(target, seed=1, candidates=90)
    unit = int(np.flatnonzero(ticket.mask(1)[2, 3])[0])
    ticket.words[1][2, 3, unit >> 6] ^= np.uint64(1) << np.uint64(unit & 63)
    found = ticket.verify(whole(np.random.default_rng(0), (50, 6)), target=target)
    assert found.wrong == 1
    assert not found.exact
    assert found.largest_error > 0


def test_what_is_not_solved_is_named():
    target = dense(np.random.default_rng(8), (12, 14, 5), bits=6)
    ticket = embed(target, seed=1, candidates=18)
    assert ticket.unsolved
    found = ticket.verify(target=target)
    assert found.wrong == len(ticket.unsolved)
    for one in ticket.unsolved:
        assert not ticket.mask(one.layer)[one.output, one.coordinate].any() or one.layer == 0


def test_half_of_the_copies_of_the_constant_are_dead():
    """A plan for copies with a bias knows it: twice as many copies as without, and the failure is kept."""
    rng = np.random.default_rng(1)
    target = dense(rng, (5, 7, 5), bits=6)
    plain = Target(tuple(TargetLayer(one.weight) for one in target.layers), 6)
    counts = [embed(one, construction="copies", plan=True, seed=0).candidates[1] for one in (plain, target)]
    assert 1.5 * counts[0] < counts[1] < 2.5 * counts[0]
    assert sum(bool(embed(target, construction="copies", seed=seed).unsolved) for seed in range(30)) <= 3


def test_a_ticket_knows_its_target_and_its_cost(tmp_path):
    rng = np.random.default_rng(8)
    target = [rng.integers(-8, 9, (5, 4)) / 16, rng.integers(-8, 9, (3, 5)) / 16]
    ticket = embed(target, bits=4, seed=3)
    x = rng.integers(-50, 51, (20, 4))
    assert ticket.verify(x) == ticket.verify(x, target=target)
    assert ticket.verify().exact
    assert ticket.max_weight_error == 0.0
    other = [target[0] + np.eye(5, 4) / 16 * np.where(target[0] < 0.5, 1, -1), target[1]]
    assert ticket.verify(target=other).wrong == 8  # four weights, two signs each
    assert [one.shape for one in ticket.masks] == [(5, 4, ticket.recipe.units[0]), (3, 5, ticket.recipe.units[1])]
    assert sum(int(one.sum()) for one in ticket.masks) == ticket.kept
    assert ticket.bits() == 8 * ticket.save(tmp_path / "ticket.slt")
    scaled = ticket.to_torch()(torch.from_numpy(x.astype(float))).numpy()
    assert (scaled * 2.0 ** -ticket.recipe.gain(1) == ticket(x)).all()
    loaded = StrongTicket.load(tmp_path / "ticket.slt")
    assert loaded.verify(x, target=target).exact
    with pytest.raises(ValueError, match="target: a ticket from a file"):
        loaded.verify(x)
