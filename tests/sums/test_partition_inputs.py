"""Input that cannot be answered is refused, with the argument, what was expected and what came."""

import numpy as np
import pytest

from slthlib.sums import (
    best_partition,
    best_partitions,
    count_perfect_partitions,
    karmarkar_karp,
    karmarkar_karp_batch,
    laws,
)

ONE = [best_partition, karmarkar_karp, count_perfect_partitions]
BATCH = [best_partitions, karmarkar_karp_batch, count_perfect_partitions]
BIG = 2**63

#: What came, which error, and what its message says.
BAD_ITEMS = {
    "NaN": ([1.0, np.nan], ValueError, "expected finite numbers, got nan"),
    "infinity": ([1.0, -np.inf], ValueError, "expected finite numbers, got -inf"),
    "empty": ([], ValueError, r"expected at least one item, got shape \(0,\)"),
    "empty objects": (np.array([], object), ValueError, "expected at least one item"),
    "bool": ([True, False], TypeError, "expected integers or floats of up to 64 bits, got dtype bool"),
    "complex": ([1j, 2], TypeError, "got dtype complex128"),
    "strings": (["1", "2"], TypeError, "got dtype <U1"),
    "bytes": ([b"1"], TypeError, r"got dtype \|S1"),
    "dates": (np.array(["2026-01-01"], "M8[D]"), TypeError, "got dtype datetime64"),
    "durations": (np.array([1, 2], "m8[s]"), TypeError, "got dtype timedelta64"),
    "None": (None, TypeError, "got dtype object"),
    "a None inside": ([None, 1], TypeError, "got dtype object"),
    "objects": (np.array([1, 2], object), TypeError, "got dtype object"),
    "a set": ({1, 2}, TypeError, "got dtype object"),
    "long double": (np.array([1, 2], np.longdouble), TypeError, "of up to 64 bits, got dtype float"),
    "records": (np.zeros(2, "i4,f8"), TypeError, "got dtype"),
    "a mask": (np.ma.array([1, 2, 9], mask=[0, 0, 1]), TypeError, "expected a plain array, got a masked one"),
    "ragged": ([[1, 2], [3]], ValueError, "expected numbers in a regular array, got a ragged or mixed one"),
    "beyond 64 bits": ([2**64, 1], ValueError, f"integers must fit in 64 bits, got {2**64}"),
    "beyond int64": (np.array([BIG, 1], np.uint64), ValueError, f"integers must fit in int64, got {BIG}"),
    "a list NumPy makes unsigned": ([BIG, 1], ValueError, "integers must fit in int64"),
    "a list NumPy makes floats": ([BIG, -1], ValueError, "integers must fit in int64"),
    "floats among large integers": ([2**53 + 1, 0.5], ValueError, "integers must fit in int64"),
    "the smallest int64": ([-BIG], ValueError, f"absolute values must sum to at most 2.*63 - 1, got {BIG}"),
    "a sum beyond 64 bits": ([2**62, 2**62], ValueError, f"must sum to at most 2.*63 - 1, got {BIG}"),
    "signs do not help": ([BIG - 1, -1], ValueError, f"must sum to at most 2.*63 - 1, got {BIG}"),
    "wraps to a small sum": ([2**62] * 4 + [1], ValueError, f"must sum to at most 2.*63 - 1, got {2**64 + 1}"),
}


@pytest.mark.parametrize(("items", "error", "message"), BAD_ITEMS.values(), ids=BAD_ITEMS)
@pytest.mark.parametrize("solve", ONE)
def test_bad_items(solve, items, error, message):
    if solve is count_perfect_partitions and message.startswith("expected finite"):
        message = "expected"  # floats are refused either way
    with pytest.raises(error, match=rf"^items: .*{message}"):
        solve(items)


@pytest.mark.parametrize("name", [name for name in BAD_ITEMS if name not in ("ragged", "None", "a set")])
@pytest.mark.parametrize("solve", BATCH)
def test_bad_items_in_a_batch(solve, name):
    items, error, message = BAD_ITEMS[name]
    rows = np.ma.stack([items, items]) if name == "a mask" else [items, items]
    if isinstance(items, np.ndarray) and name != "a mask":
        rows = np.stack([items, items])
    message = message.replace(r"\(0,\)", r"\(2, 0\)")
    with pytest.raises(error, match=rf"^items: .*{message}"):
        solve(rows)


@pytest.mark.parametrize("solve", [best_partitions, karmarkar_karp_batch, count_perfect_partitions])
def test_arrays_of_integers_that_numpy_would_join_as_floats(solve):
    rows = [np.array([BIG], np.uint64), np.array([-1])]
    with pytest.raises(ValueError, match=r"^items: integers must fit in int64"):
        solve(rows)


@pytest.mark.parametrize(
    ("solve", "items", "shape"),
    [
        (best_partition, 5, r"\[n\], .* shape \(\)"),
        (best_partition, [[1, 2]], r"\[n\], .* shape \(1, 2\)"),
        (karmarkar_karp, [[1.0, 2.0]], r"\[n\], .* shape \(1, 2\)"),
        (best_partitions, [1, 2], r"\[B, n\], .* shape \(2,\)"),
        (karmarkar_karp_batch, [1, 2], r"\[B, n\], .* shape \(2,\)"),
        (best_partitions, np.ones((1, 2, 3), int), r"\[B, n\], .* shape \(1, 2, 3\)"),
        (count_perfect_partitions, 5, r"\[n\] or \[B, n\], .* shape \(\)"),
        (count_perfect_partitions, np.ones((1, 2, 3), int), r"\[n\] or \[B, n\], .* shape \(1, 2, 3\)"),
    ],
)
def test_wrong_shapes(solve, items, shape):
    with pytest.raises(ValueError, match=rf"^items: expected shape {shape}"):
        solve(items)


@pytest.mark.parametrize("solve", BATCH)
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
def test_empty_batches(solve, shape):
    with pytest.raises(ValueError, match=r"^items: expected at least one item, got shape"):
        solve(np.zeros(shape, int))


@pytest.mark.parametrize("items", [[1.0, 2.0], [0.5], np.ones(3, np.float32)])
def test_counting_wants_whole_numbers(items):
    with pytest.raises(TypeError, match=r"^items: expected integers, got floats"):
        count_perfect_partitions(items)


@pytest.mark.parametrize("solve", [best_partition, best_partitions, count_perfect_partitions])
@pytest.mark.parametrize(
    ("imbalance", "error", "message"),
    [
        (2, ValueError, "3 items can be split with a difference of cardinalities -3, -1, ..., 3, got 2"),
        (0, ValueError, "got 0"),
        (5, ValueError, "got 5"),
        (-5, ValueError, "got -5"),
        (10**30, ValueError, "got 1000"),
        (1.0, TypeError, "expected None or a whole number, got 1.0"),
        (True, TypeError, "got True"),
        (np.True_, TypeError, "got np.True_"),
        ("1", TypeError, "got '1'"),
        ([1], TypeError, r"got \[1\]"),
    ],
)
def test_impossible_imbalances(solve, imbalance, error, message):
    items = [[1, 2, 3]] if solve is best_partitions else [1, 2, 3]
    with pytest.raises(error, match=rf"^imbalance: .*{message}"):
        solve(items, imbalance=imbalance)


def test_an_imbalance_for_one_item():
    assert best_partition([3], imbalance=np.int64(-1)).signs.tolist() == [-1]
    with pytest.raises(ValueError, match=r"cardinalities -1, 1, ..., 1, got 0"):
        best_partition([3], imbalance=0)


@pytest.mark.parametrize("n", [76, 200, 3000, 100_000])
@pytest.mark.parametrize("imbalance", [None, 0])
def test_what_cannot_fit_in_memory_is_refused_beforehand(n, imbalance):
    for items in ([1] * n, [0.5] * n):
        message = r".*n = \d+ items would need [\d.,e+]+ GiB of memory; this machine"
        if imbalance is not None:
            message = f"expected at most 64 items where an imbalance is given, got {n}"
        with pytest.raises(ValueError, match=rf"^items: {message}"):
            best_partition(items, imbalance=imbalance)


def test_counts_that_cannot_fit_in_memory_are_refused_beforehand():
    items = np.random.default_rng(1).integers(1, 2**50, size=100)
    with pytest.raises(ValueError, match=r"^items: an exact count with n = 100 items would need .* GiB"):
        count_perfect_partitions(items)
    with pytest.raises(ValueError, match=r"^items: counting with n = 64 would need .* GiB"):
        count_perfect_partitions(items[:64], imbalance=0)


@pytest.mark.parametrize("solve", BATCH)
@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_impossible_threads(solve, rows, threads):
    with pytest.raises((ValueError, TypeError), match=r"^threads: expected a whole number of at least 1, got "):
        solve([[1, 2, 3]] * rows, threads=threads)


@pytest.mark.parametrize("solve", BATCH)
@pytest.mark.parametrize("setting", ["x", "1.5", "0", "-3"])
def test_impossible_settings_of_the_environment(solve, setting, monkeypatch):
    monkeypatch.setenv("SLTHLIB_THREADS", setting)
    with pytest.raises(ValueError, match=r"^SLTHLIB_THREADS: expected a whole number of at least 1, got "):
        solve([[1, 2, 3]] * 3)
    assert solve([[1, 2, 3]], threads=1) is not None  # an argument comes first


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: laws.perfect_partition_probability(0, 5), "^n: expected whole numbers of at least 1, got 0"),
        (lambda: laws.perfect_partition_probability(2.5, 5), r"^n: .* got 2.5"),
        (lambda: laws.perfect_partition_probability(np.nan, 5), "^n: .* got NaN"),
        (lambda: laws.perfect_partition_probability([3, np.inf], 5), "^n: .*inf"),
        (lambda: laws.perfect_partition_probability(5, 0), "^M: expected finite numbers of at least 1, got 0"),
        (lambda: laws.perfect_partition_probability(5, -3), "^M: .* got -3"),
        (lambda: laws.perfect_partition_mean(5, np.inf), "^M: .* got inf"),
        (lambda: laws.perfect_partition_probability(5, 5, parity="both"), "^parity: expected .* got 'both'"),
        (lambda: laws.perfect_partition_mean(5, 5, parity=None), "^parity: expected 'even' or 'odd', got None"),
        (lambda: laws.difference_tail(1, 5, 5, parity=0), "^parity: .* got 0"),
        (lambda: laws.difference_tail([1.0, np.nan], 5, 5), "^difference: expected numbers, got NaN"),
        (lambda: laws.perfect_partition_count_probability(-1, 5, 5), "^count: expected whole numbers .* got -1"),
        (lambda: laws.perfect_partition_count_probability(0.5, 5, 5), "^count: .* got 0.5"),
        (lambda: laws.perfect_partition_count_probability(np.inf, 5, 5), "^count: .* got inf"),
        (lambda: laws.window_size(2000, 0), r"^position: .* beyond float64"),
        (lambda: laws.window_size(20, np.nan), r"^position: .*nan"),
        (lambda: laws.perfect_partition_bounds(1, 5), "^n, M: expected .* got n = 1, M = 5"),
        (lambda: laws.perfect_partition_bounds(5, 1), "^n, M: expected"),
        (lambda: laws.perfect_partition_bounds(2.5, 4), "^n, M: expected"),
        (lambda: laws.perfect_partition_bounds(2**13, 2**13), "^n, M: expected"),
    ],
)
def test_laws_refuse(call, message):
    with pytest.raises(ValueError, match=message):
        call()
