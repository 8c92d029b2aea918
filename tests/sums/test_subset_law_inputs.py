"""The laws of subset sum at every size, shape and order; wrong arguments are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slthlib.sums import laws

SIZES = np.array([1, 2, 3, 10, 20, 64, 1000, 10**6])[:, None]
LARGEST = np.array([1, 2, 7, 1000, 2**20, 2**53, 2**62])


@pytest.mark.parametrize(
    "law",
    [
        lambda n, M: laws.subset_sum_probability(n, 1, M=M),
        lambda n, M: laws.subset_sum_probability(n, M, M=M, eps=3),
        lambda n, M: laws.subset_sum_probability(n, M, M=M, size=np.maximum(n // 2, 1)),
        lambda n, M: laws.all_targets_probability(n, M=M),
        lambda n, M: laws.all_targets_probability(n, M=M, eps=M / 100),
        lambda n, M: laws.all_targets_probability(n, eps=1 / np.asarray(M, dtype=float)),
        laws.all_targets_failure,
        laws.small_failure_probability,
        lambda n, M: laws.vector_subset_sum_probability(n, 3, 1 / np.asarray(M, dtype=float)),
    ],
)
def test_finite_and_quiet_at_every_size(law):
    values = law(SIZES, LARGEST)
    assert values.shape == (len(SIZES), len(LARGEST))
    assert np.isfinite(values).all()
    assert ((values >= 0) & (values <= 1)).all()
    for i, j in ((0, 0), (3, 2), (4, 4), (5, 6), (7, 6)):
        one = law(int(SIZES[i, 0]), int(LARGEST[j]))
        assert type(one) is float
        assert one == pytest.approx(values[i, j], rel=1e-12, abs=0)


def test_monotone():
    n, T = np.arange(2, 50, 2), 2.0**16
    for M in (7, 2**30):
        assert (np.diff(laws.subset_sum_probability(n, min(M, 7), M=M)) >= -1e-14).all()
        assert (np.diff(laws.all_targets_probability(n, M=M)) >= -1e-14).all()
        assert (np.diff(laws.all_targets_failure(n, M)) <= 0).all()
    M = np.unique(np.round(2.0 ** np.linspace(4, 62, 30)))
    assert (np.diff(laws.all_targets_probability(24, M=M)) <= 1e-14).all()
    assert (np.diff(laws.subset_sum_probability(24, 1, M=M)) <= 1e-14).all()
    eps = np.linspace(0.001, 0.3, 40)
    assert (np.diff(laws.all_targets_probability(12, eps=eps)) >= -1e-14).all()
    assert (np.diff(laws.all_targets_probability(16, M=4096, eps=np.arange(0, 200, 10))) >= -1e-14).all()
    t = np.arange(0, 5000, 50)
    assert (np.diff(laws.subset_sum_probability(12, t, M=500)[1:]) <= 1e-14).all()
    assert laws.subset_sum_probability(12, t, M=500).tolist() == laws.subset_sum_probability(12, -t, M=500).tolist()
    assert (np.diff(laws.all_targets_probability(22, M=T, largest=np.arange(1, 3 * 2**16, 2**14))) <= 1e-14).all()


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 10**6), st.floats(0, 1))
def test_all_targets_are_rarer_than_any_one(n, M, part):
    """Where the law is any good; far below the threshold the Poisson count has no meaning for single targets."""
    t = max(1, round(part * M))
    if 2**n > 4 * M:
        assert laws.all_targets_probability(n, M=M) <= laws.subset_sum_probability(n, t, M=M) + 1e-12


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: laws.subset_sum_probability(0, 1, M=5), ValueError, "n: expected whole numbers of at least 1"),
        (lambda: laws.subset_sum_probability(2.5, 1, M=5), ValueError, "n: expected whole"),
        (lambda: laws.subset_sum_probability(5, 1, M=0), ValueError, "M: expected whole numbers of at least 1"),
        (lambda: laws.subset_sum_probability(5, 1, M=-3), ValueError, "M: expected"),
        (lambda: laws.subset_sum_probability(5, 1), ValueError, "M, eps: expected"),
        (lambda: laws.subset_sum_probability(5, 1, eps=0), ValueError, "eps: expected finite numbers above 0"),
        (
            lambda: laws.subset_sum_probability(5, 1, M=5, eps=-1),
            ValueError,
            "eps: expected finite numbers of at least",
        ),
        (lambda: laws.subset_sum_probability(5, 26, M=5), ValueError, "target: no subset can come near"),
        (lambda: laws.subset_sum_probability(5, 5.2, eps=0.1), ValueError, "target: no subset"),
        (lambda: laws.subset_sum_probability(5, 1.5, M=5), ValueError, "target: expected whole"),
        (lambda: laws.subset_sum_probability(5, 1, M=5, size=6), ValueError, "size: expected whole numbers from 0"),
        (lambda: laws.subset_sum_probability(5, 1, M=5, size=-1), ValueError, "size: expected"),
        (
            lambda: laws.subset_sum_probability(5, float("nan"), eps=0.1),
            ValueError,
            "target: expected numbers, got NaN",
        ),
        (lambda: laws.subset_sum_probability("5", 1, M=5), TypeError, "n: expected real numbers"),
        (lambda: laws.subset_sum_probability(True, 1, M=5), TypeError, "n: expected real"),
        (lambda: laws.all_targets_probability(5, M=5, largest=26), ValueError, "largest: expected numbers above 0"),
        (lambda: laws.all_targets_probability(5, M=5, largest=0), ValueError, "largest: expected"),
        (lambda: laws.all_targets_probability(5, eps=0.1, largest=5.5), ValueError, "largest: expected"),
        (lambda: laws.all_targets_probability(5, M=float("inf")), ValueError, "M: expected"),
        (lambda: laws.all_targets_probability(5, M=1e151), ValueError, "M: expected at most 1e150"),
        (lambda: laws.all_targets_failure(5, 0), ValueError, "M: expected"),
        (lambda: laws.small_failure_probability(0, 5), ValueError, "n: expected"),
        (lambda: laws.samples_needed(0, M=5), ValueError, r"success: expected numbers in \(0, 1\)"),
        (lambda: laws.samples_needed(1, M=5), ValueError, "success: expected"),
        (lambda: laws.samples_needed(1 - 1e-16, M=5), ValueError, "success: expected at most"),
        (lambda: laws.samples_needed(0.5), ValueError, "M, eps: expected"),
        (lambda: laws.samples_needed(0.5, M=5, targets="some"), ValueError, "targets: expected 'all', 'one' or"),
        (lambda: laws.samples_needed(0.5, M=5, targets=0.5), ValueError, "targets: expected a whole number"),
        (lambda: laws.subset_sum_threshold(M=5, targets="some"), ValueError, "targets: expected 'all' or 'one'"),
        (lambda: laws.sized_threshold(0, M=5), ValueError, "share: expected"),
        (lambda: laws.large_deviation_rate(0.7), ValueError, "r: expected"),
        (lambda: laws.refined_all_targets_probability(5, 5, draws=1, seed=0), ValueError, "draws: expected"),
        (lambda: laws.refined_all_targets_probability([5, 6], 5, draws=9, seed=0), TypeError, "n: expected one"),
        (lambda: laws.refined_all_targets_probability(5, 2**63, draws=9, seed=0), ValueError, "M: expected at most"),
        (lambda: laws.vector_subset_sum_probability(5, 2, 0.1, distance=8), ValueError, "distance: expected"),
        (lambda: laws.vector_subset_sum_probability(5, 0, 0.1), ValueError, "dimension: expected"),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
