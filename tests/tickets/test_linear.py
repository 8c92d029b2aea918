"""The linear models: each public function against a slow twin, seeds and ties, and bad input."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slthlib.tickets.linear import Planted, kept_counts, minimum_norm, planted, prune, pursue
from slthlib.tickets.linear_laws import interpolator_draws, one_shot_failure_bound, recovery_probability
from slthlib.tickets.linear_saliency import best_subset, deletion_costs, saliencies

NAN = float("nan")


def problems(shape, seed, rank=None):
    """Problems of a shape (..., n, d), of lower rank if asked."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    if rank is not None:
        x = x[..., :rank] @ rng.standard_normal((*shape[:-2], rank, shape[-1]))
    return x, rng.standard_normal(shape[:-1])


@given(
    lead=st.lists(st.integers(1, 3), max_size=2),
    n=st.integers(1, 6),
    d=st.integers(1, 9),
    short=st.integers(0, 3),
    consistent=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_minimum_norm_is_the_pseudo_inverse(lead, n, d, short, consistent, seed):
    x, y = problems((*lead, n, d), seed, rank=max(1, min(n, d) - short))
    if consistent:
        y = (x @ np.ones((*lead, d, 1)))[..., 0]
    expected = (np.linalg.pinv(x, rcond=1e-9) @ y[..., None])[..., 0]
    scale = np.linalg.norm(expected, axis=-1, keepdims=True) + 1e-3
    assert (np.abs(minimum_norm(x, y) - expected) <= 1e-6 * scale).all()


def test_minimum_norm_with_a_mask_fits_the_thin_problem():
    rng = np.random.default_rng(3)
    x, y = problems((4, 6, 11), 3)
    for kept in (1, 4, 6, 7, 11):
        mask = rng.permuted(np.tile(np.arange(11) < kept, (4, 1)), axis=1)
        w = minimum_norm(x, y, mask)
        assert (w[~mask] == 0).all()
        for r in range(4):
            assert np.allclose(w[r][mask[r]], np.linalg.pinv(x[r][:, mask[r]]) @ y[r], rtol=1e-8, atol=1e-10)


def test_one_singular_problem_does_not_spoil_its_neighbours():
    x, y = problems((3, 4, 6), 5)
    x[1] = 1.0  # all rows equal: the Gram matrix is singular
    expected = (np.linalg.pinv(x) @ y[..., None])[..., 0]
    assert np.allclose(minimum_norm(x, y), expected, rtol=1e-9, atol=1e-12)
    assert np.allclose(minimum_norm(np.zeros((3, 2)), np.ones(3)), 0)
    assert np.allclose(minimum_norm(np.zeros((2, 3)), np.ones(2)), 0)


def slow_prune(x, y, counts):
    kept, sets = list(range(x.shape[1])), []
    for count in counts:
        w = np.linalg.pinv(x[:, kept]) @ y
        kept = sorted(kept[i] for i in np.argsort(-np.abs(w))[:count])
        sets.append(kept)
    return sets


@pytest.mark.slow
@given(
    n=st.integers(1, 8),
    counts=st.sets(st.integers(1, 12), min_size=1, max_size=5),
    draws=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
def test_prune_is_the_loop_of_fits_and_selections(n, counts, draws, seed):
    rounds = sorted(counts, reverse=True)
    x, y = problems((draws, n, 12), seed)
    masks = prune(x, y, rounds, seed=0)
    assert masks.shape == (len(rounds), draws, 12)
    assert (masks.sum(axis=-1) == np.array(rounds)[:, None]).all()
    for r in range(draws):
        expected = slow_prune(x[r], y[r], rounds)
        assert [np.flatnonzero(mask[r]).tolist() for mask in masks] == expected
        assert (prune(x[r], y[r], rounds, seed=0) == masks[:, r]).all()


def test_ties_are_broken_by_the_seed_and_by_nothing_else():
    x, y = np.tile(np.eye(6), (2000, 1, 1)), np.ones((2000, 6))
    first = prune(x, y, [2], seed=1)
    assert (first == prune(x, y, [2], seed=1)).all()
    assert (first.sum(axis=-1) == 2).all()
    kept = np.array([prune(x[0], y[0], [2], seed=seed)[0] for seed in range(600)]).sum(axis=0)
    assert kept.sum() == 1200
    assert (np.abs(kept - 200) < 3.5 * np.sqrt(600 * 2 / 9)).all()
    # A kept weight that is exactly zero is no worse off than a pruned one, which never comes back.
    masks = prune(x[:50], 0 * y[:50], [5, 3, 2, 1], seed=3)
    assert (masks[:-1] >= masks[1:]).all()
    # No tie, no chance: the seed does not matter.
    x, y = problems((5, 4, 8), 2)
    assert (prune(x, y, [5, 2], seed=1) == prune(x, y, [5, 2], seed=9)).all()


@pytest.mark.parametrize(
    ("d", "s", "keep", "expected"),
    [
        (200, 6, 0.5, [100, 50, 25, 12, 6]),
        (10, 7, 0.7, [7]),  # 0.7 * 10 is 7, whatever its last bit
        (100, 28, 0.29, [29, 28]),
        (10, 1, 0.9999999999, [9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (5, 4, 0.1, [4]),
    ],
)
def test_kept_counts(d, s, keep, expected):
    assert kept_counts(d, s, keep) == expected


@given(d=st.integers(2, 300), s=st.integers(1, 299), keep=st.floats(0.001, 0.999))
def test_kept_counts_go_down_to_s(d, s, keep):
    if s < d:
        counts = [d, *kept_counts(d, s, keep)]
        assert counts[-1] == s
        assert all(after < before for before, after in pairwise(counts))
        assert all(abs(b - keep * a) <= 1 or b in (a - 1, s) for a, b in pairwise(counts))


def slow_pursue(x, y, size):
    taken = []
    for _ in range(size):
        residual = y - x[:, taken] @ (np.linalg.pinv(x[:, taken]) @ y) if taken else y
        cosines = [abs(x[:, i] @ residual) / np.linalg.norm(x[:, i]) for i in range(x.shape[1])]
        taken.append(max((i for i in range(x.shape[1]) if i not in taken), key=cosines.__getitem__))
    return sorted(taken)


@pytest.mark.slow
@given(n=st.integers(2, 8), d=st.integers(2, 12), size=st.integers(1, 8), seed=st.integers(0, 2**32))
def test_pursuit_is_the_loop_of_additions_and_fits(n, d, size, seed):
    size = min(size, d, n - 1)  # with as many columns as rows the residual is rounding
    x, y = problems((2, n, d), seed)
    x *= np.random.default_rng(seed).lognormal(0, 1, d)
    masks = pursue(x, y, size)
    for r in range(2):
        assert np.flatnonzero(masks[r]).tolist() == slow_pursue(x[r], y[r], size)
    # Nothing left to explain: it still takes as many columns as asked for.
    assert (pursue(x, 0 * y, size).sum(axis=-1) == size).all()


@given(n=st.integers(5, 9), d=st.integers(1, 5), size=st.integers(1, 5), seed=st.integers(0, 2**32))
def test_best_subset_and_deletion_costs_are_what_refitting_says(n, d, size, seed):
    x, y = problems((n, d), seed)
    size = min(size, d)

    def loss(kept):
        part = x[:, list(kept)]
        return ((part @ (np.linalg.pinv(part) @ y) - y) ** 2).sum() / 2

    losses = {kept: loss(kept) for kept in combinations(range(d), size)}
    chosen = tuple(np.flatnonzero(best_subset(x, y, size)).tolist())
    assert losses[chosen] <= min(losses.values()) + 1e-10
    costs, whole = deletion_costs(x, y), loss(range(d))
    for i in range(d):
        others = [j for j in range(d) if j != i]
        assert costs[i] == pytest.approx(loss(others) - whole if others else (y**2).sum() / 2 - whole, abs=1e-8)
    assert (costs <= saliencies(x, minimum_norm(x, y)) + 1e-12).all()


def test_planted_problems():
    for amplitudes in ("signs", "uniform", "normal"):
        made = planted(500, 3, 8, 2, amplitudes=amplitudes, seed=4)
        again = planted(500, 3, 8, 2, amplitudes=amplitudes, seed=np.random.default_rng(4))
        assert isinstance(made, Planted)
        assert (made.x == again.x).all()
        assert (made.w == again.w).all()
        assert made.x.shape == (500, 3, 8)
        assert np.allclose(made.y, np.einsum("rnd,rd->rn", made.x, made.w))
        support = made.w != 0
        assert (support.sum(axis=1) == 2).all()
        assert (np.abs(support.sum(axis=0) - 125) < 3.5 * np.sqrt(500 * 3 / 16)).all()
        values = made.w[support]
        assert abs((values > 0).sum() - 500) < 3.5 * np.sqrt(250)
        if amplitudes == "signs":
            assert set(values) == {-1.0, 1.0}
        elif amplitudes == "uniform":
            assert 1 <= np.abs(values).min() < 1.02
            assert 1.98 < np.abs(values).max() <= 2
        else:
            assert abs((values**2).sum() - 1000) < 3.5 * np.sqrt(2000)


def test_laws_are_reproducible_and_in_range():
    w = np.array([2.0, -1.0, 0.0, 0.0])
    assert (interpolator_draws(w, 2, 5, seed=8) == interpolator_draws(w, 2, 5, seed=8)).all()
    assert 0 < one_shot_failure_bound(w, 3) <= 1
    wide = np.r_[np.ones(2), np.zeros(1998)]
    bounds = [one_shot_failure_bound(wide, n) for n in (20, 100, 200, 400)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] == 1.0
    assert bounds[-1] < 1e-6
    chances = [recovery_probability(b, 100, 5) for b in (0.0, 1.0, 3.0, 5.0, 8.0)]
    assert chances == sorted(chances)
    assert chances[-1] > 0.99


X, Y = np.arange(6.0).reshape(2, 3), np.ones(2)
TALL = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: minimum_norm([1.0, 2.0], Y), ValueError, "x: expected at least 2 axes"),
        (lambda: minimum_norm([[1.0], [2.0, 3.0]], Y), ValueError, "x: expected numbers in a regular array"),
        (lambda: minimum_norm(X, np.ones(3)), ValueError, r"y: .*\(2,\), got \(3,\)"),
        (lambda: minimum_norm(X * NAN, Y), ValueError, "x: expected finite numbers, got nan"),
        (lambda: minimum_norm(X * 1j, Y), TypeError, "x: expected real numbers, got dtype complex128"),
        (lambda: minimum_norm(X, Y, [1, 0, 1]), TypeError, "mask: expected booleans, got dtype int64"),
        (lambda: minimum_norm(X, Y, [True, False]), ValueError, r"mask: expected shape \(3,\), got \(2,\)"),
        (lambda: minimum_norm(X, Y, [False] * 3), ValueError, "mask: expected as many kept .* got 0 to 0"),
        (
            lambda: minimum_norm([X, X], [Y, Y], [[True, True, False], [True, False, False]]),
            ValueError,
            "mask: expected as many kept weights in each problem, at least 1, got 1 to 2",
        ),
        (lambda: prune(X, Y, [], seed=0), ValueError, "counts: expected at least one round, got none"),
        (lambda: prune(X, Y, [4], seed=0), ValueError, "counts: expected an integer from 1 to 3, got 4"),
        (lambda: prune(X, Y, [2, 2], seed=0), ValueError, "counts: expected an integer from 1 to 1, got 2"),
        (lambda: prune(X, Y, [0], seed=0), ValueError, "counts: expected an integer from 1 to 3, got 0"),
        (lambda: prune(X, Y, [1.5], seed=0), TypeError, "counts: expected an integer, got 1.5"),
        (lambda: kept_counts(10, 10, 0.5), ValueError, "s: expected an integer from 1 to 9, got 10"),
        (lambda: kept_counts(10, 2, 1.0), ValueError, r"keep: expected a fraction in \(0, 1\), got 1.0"),
        (lambda: kept_counts(10, 2, NAN), ValueError, r"keep: expected a fraction in \(0, 1\), got nan"),
        (lambda: kept_counts(True, 2, 0.5), TypeError, "d: expected an integer, got True"),
        (lambda: pursue(X, Y, 3), ValueError, "size: expected an integer from 1 to 2, got 3"),
        (lambda: pursue(X * [1, 0, 1], Y, 1), ValueError, "x: expected columns other than zero"),
        (lambda: planted(0, 2, 3, 1, seed=0), ValueError, "draws: expected an integer at least 1, got 0"),
        (lambda: planted(1, 2, 3, 4, seed=0), ValueError, "s: expected an integer from 1 to 3, got 4"),
        (
            lambda: planted(1, 2, 3, 1, amplitudes="laplace", seed=0),
            ValueError,
            "amplitudes: expected one of signs, uniform, normal, got 'laplace'",
        ),
        (lambda: saliencies(X, Y), ValueError, r"w: expected shape \(3,\), got \(2,\)"),
        (lambda: deletion_costs(X, Y), ValueError, "linearly independent columns, got 2 rows and 3 columns"),
        (
            lambda: deletion_costs([TALL], [np.ones(3)]),
            ValueError,
            r"x: expected one problem, .* got shape \(1, 3, 2\)",
        ),
        (lambda: best_subset(TALL[:, [0, 0]], np.ones(3), 1), ValueError, "linearly independent columns"),
        (lambda: best_subset(TALL, np.ones(3), 3), ValueError, "size: expected an integer from 1 to 2, got 3"),
        (lambda: best_subset(np.eye(30), np.ones(30), 15), ValueError, "at most 20000 sets to try, got 155117520"),
        (lambda: recovery_probability(-1.0, 10, 2), ValueError, "signal: expected a number that is not negative"),
        (lambda: recovery_probability(1.0, 10, 10), ValueError, "s: expected an integer from 1 to 9, got 10"),
        (lambda: recovery_probability(NAN, 10, 2), ValueError, "signal: expected finite numbers"),
        (lambda: interpolator_draws(np.zeros(4), 2, 1, seed=0), ValueError, "w: expected .* not all zero"),
        (lambda: interpolator_draws(np.ones(4), 4, 1, seed=0), ValueError, "n: expected an integer from 1 to 3"),
        (lambda: interpolator_draws(np.ones(4), 2, 0, seed=0), ValueError, "draws: expected an integer at least 1"),
        (lambda: one_shot_failure_bound(np.ones((2, 2)), 1), ValueError, r"w: expected shape \(d,\)"),
        (lambda: one_shot_failure_bound(np.ones(4), 0), ValueError, "n: expected an integer from 1 to 3, got 0"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
