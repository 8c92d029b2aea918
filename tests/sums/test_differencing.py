"""Differencing against its slow twin, by sorted buffer and by heap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partition_twins import LIMIT, batches, best_differences, check_signs, differencing, hostile_integers

from slthlib.sums import best_partition, karmarkar_karp, karmarkar_karp_batch
from slthlib.sums import differencing as module
from slthlib.sums.slow import slow_differencing

ALWAYS_HEAP, NEVER_HEAP = 0, 10**9


@pytest.fixture(params=[ALWAYS_HEAP, NEVER_HEAP], ids=["heap", "buffer"])
def either_kernel(request, monkeypatch):
    monkeypatch.setattr(module, "_HEAP_FROM", request.param)


@pytest.mark.slow
@pytest.mark.parametrize("heap_from", [ALWAYS_HEAP, NEVER_HEAP], ids=["heap", "buffer"])
def test_agrees_with_its_slow_twin(heap_from):
    @given(hostile_integers(high=30))
    def check(items):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_HEAP_FROM", heap_from)
            found = karmarkar_karp(items)
        assert found.difference == slow_differencing(items)
        assert found.difference == abs(sum(s * x for s, x in zip(found.signs.tolist(), items, strict=True)))
        assert type(found.difference) is int

    check()


@pytest.mark.usefixtures("either_kernel")
def test_a_hundred_thousand_hostile_rows():
    seen = 0
    for family, rows in batches(100_000, seed=2028):
        found = karmarkar_karp_batch(rows)
        assert np.array_equal(found.differences, differencing(rows)), family
        check_signs(rows, found)
        assert (found.slack == np.where(found.optimal, 0, np.inf)).all()
        best = best_differences(rows)
        assert (found.differences[found.optimal] == best[found.optimal]).all(), family
        assert found.optimal[found.differences <= 1].all()
        seen += len(rows)
    assert seen >= 100_000


@pytest.mark.parametrize("n", [159, 160, 161, 500])
@pytest.mark.usefixtures("either_kernel")
def test_many_items(n):
    rows = np.random.default_rng(n).integers(-(2**50), 2**50, size=(20, n))
    rows[::3] %= 7
    found = karmarkar_karp_batch(rows)
    assert np.array_equal(found.differences, differencing(rows))
    check_signs(rows, found)


def test_both_kernels_at_the_size_where_they_change():
    for n in (module._HEAP_FROM - 1, module._HEAP_FROM):
        rows = np.random.default_rng(n).integers(0, 2**55, size=(9, n))
        assert np.array_equal(karmarkar_karp_batch(rows).differences, differencing(rows))


def test_a_million_items():
    items = np.random.default_rng(1).integers(0, 2**40, size=1_000_001)
    found = karmarkar_karp(items)
    assert abs(int((found.signs.astype(np.int64) * items).sum())) == found.difference
    assert found.difference < 1000


@given(hostile_integers(high=10), st.booleans())
def test_optimal_only_where_it_is(items, as_floats):
    given_items = [float(x % 2**52) for x in items] if as_floats else items
    found = karmarkar_karp(given_items)
    best = best_partition(given_items)
    assert found.difference >= best.difference
    if found.optimal:
        assert found.difference == best.difference


@pytest.mark.parametrize(
    ("items", "difference", "optimal"),
    [
        ([8, 7, 6, 5, 4], 2, False),
        ([7], 7, True),
        ([-7], 7, True),
        ([0, 0], 0, True),
        ([100, 1, 2, 3], 94, True),
        ([LIMIT], LIMIT, True),
        ([2**62, 2**62 - 1], 1, True),
    ],
)
def test_by_hand(items, difference, optimal):
    found = karmarkar_karp(items)
    assert (found.difference, found.optimal) == (difference, optimal)
    check_signs(np.array([items]), karmarkar_karp_batch([items]))
