"""Reachable sums, counts and radii: the same bits however they are run, and clear words about bad input."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from slthlib.sums import (
    _batches,
    _radius_ways,
    count_missed,
    count_subsets,
    covering_radii,
    covering_radius,
    covering_radius_bounds,
    reachable_sums,
)

WHOLE = {
    "reachable_sums": lambda items: reachable_sums(items, 0, 9),
    "count_missed": lambda items: count_missed(items, 0, 9),
    "count_subsets": lambda items: count_subsets(items, 0, 9),
    "count_subsets, exact": lambda items: count_subsets(items, 0, 9, exact=True),
}
REAL = {"covering_radius": covering_radius, "covering_radius_bounds": covering_radius_bounds}
BATCHES = {
    "count_missed": lambda rows, **how: count_missed(rows, -30, 600, **how),
    "count_missed, lists": lambda rows, **how: count_missed(rows * 2**35 + 1, 0, 10**6, **how),
    "covering_radii": lambda rows, **how: covering_radii(rows, -80.0, 90.5, **how),
    "covering_radii, no grid": lambda rows, **how: covering_radii(np.sqrt(np.abs(rows)) * np.sign(rows), **how),
}


def problems(rows, n):
    return np.random.default_rng([rows, n]).integers(-120, 120, size=(rows, n))


@pytest.mark.slow
@pytest.mark.parametrize("solve", BATCHES.values(), ids=BATCHES)
@pytest.mark.parametrize(("rows", "n"), [(1, 3), (2, 14), (1003, 5), (701, 13), (5000, 11)])
def test_threads_and_chunks_do_not_change_a_bit(solve, rows, n, monkeypatch):
    items = problems(rows, n)
    alone = solve(items, threads=1)
    for threads in (2, 3):
        assert solve(items, threads=threads).tobytes() == alone.tobytes()
    for size in (1, 7, 10**6):
        monkeypatch.setattr(_batches, "_chunk_size", lambda *_, size=size: size)
        assert solve(items, threads=2).tobytes() == alone.tobytes()
    assert np.concatenate([solve(items[:1]), solve(items[1:], threads=2)] if rows > 1 else [alone]).tobytes() == (
        alone.tobytes()
    )


def test_a_batch_is_its_rows():
    items = problems(60, 13)
    assert count_missed(items, -50, 300).tolist() == [count_missed(row, -50, 300) for row in items]
    assert covering_radii(items, -9, 9.25).tolist() == [covering_radius(row, -9, 9.25) for row in items]
    assert covering_radii(items / 7).tolist() == [covering_radius(row) for row in items / 7]


def test_parts_of_one_window_may_go_to_several_threads(monkeypatch):
    items = np.random.default_rng(3).uniform(-1, 1, (3, 19))
    expected = covering_radii(items)
    monkeypatch.setattr(_radius_ways, "_PART", 2.0**15)
    for threads in (1, 2, 3):
        assert covering_radii(items, threads=threads).tobytes() == expected.tobytes()


def test_two_threads_may_call_at_once():
    items = [problems(900, n) for n in (5, 12, 14)]
    expected = [[solve(rows) for solve in BATCHES.values()] for rows in items]
    counts = [count_subsets(rows[0], 0, 500) for rows in items]
    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            found = list(pool.map(lambda rows: [solve(rows, threads=2) for solve in BATCHES.values()], items))
            for some, others in zip(found, expected, strict=True):
                assert all(map(np.array_equal, some, others))
            assert all(map(np.array_equal, pool.map(lambda rows: count_subsets(rows[0], 0, 500), items), counts))


def test_the_environment_sets_the_threads(monkeypatch):
    items = problems(500, 12)
    expected = covering_radii(items, threads=1)
    for setting in ("1", "3", ""):
        monkeypatch.setenv("SLTHLIB_THREADS", setting)
        assert np.array_equal(covering_radii(items), expected)
    monkeypatch.setenv("SLTHLIB_THREADS", "none")
    for solve in BATCHES.values():
        with pytest.raises(ValueError, match=r"^SLTHLIB_THREADS: expected a whole number of at least 1, got 'none'"):
            solve(items)


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
@pytest.mark.parametrize("solve", BATCHES.values(), ids=BATCHES)
def test_impossible_threads(solve, threads):
    with pytest.raises((ValueError, TypeError), match=r"^threads: expected a whole number of at least 1, got "):
        solve(problems(3, 4), threads=threads)


BAD = {
    "NaN": ([1.0, np.nan], "NaN or floats"),
    "infinity": ([1.0, -np.inf], "NaN or floats"),
    "empty": ([], r"expected at least one item"),
    "bool": ([True, False], "expected integers or floats of up to 64 bits, got dtype bool"),
    "complex": ([1j], "got dtype complex"),
    "text": ("12", "got dtype <U2"),
    "None": (None, "got dtype object"),
    "a mask": (np.ma.array([1, 2], mask=[0, 1]), "expected a plain array, got a masked one"),
    "ragged": ([[1, 2], [3]], "ragged or mixed"),
    "beyond 64 bits": ([2**64], f"integers must fit in 64 bits, got {2**64}|got values beyond|must fit in int64"),
    "beyond int64": (np.array([2**63], np.uint64), "integers must fit in int64, got"),
    "too many dimensions": (np.ones((1, 1, 1), int), r"expected shape .*, got an array of shape \(1, 1, 1\)"),
    "a number": (5, r"expected shape .*, got an array of shape \(\)"),
    "a large sum": ([2**62, 2**62], "the absolute values must sum to at most 2"),
    "large with signs": ([2**62, -(2**62)], "the absolute values must sum to at most 2"),
    "the smallest int64": ([-(2**63)], "the absolute values must sum to at most 2"),
}


@pytest.mark.parametrize(("items", "message"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("solve", [*WHOLE.values(), *REAL.values()], ids=[*WHOLE, *REAL])
def test_bad_items(solve, items, message):
    if message == "NaN or floats":
        message = "expected (finite numbers|integers), got (nan|-inf|floats)|expected finite numbers"
    with pytest.raises((ValueError, TypeError), match=rf"^items: .*({message})"):
        solve(items)


@pytest.mark.parametrize("solve", WHOLE.values(), ids=WHOLE)
def test_floats_are_no_whole_numbers(solve):
    with pytest.raises(TypeError, match=r"^items: expected integers, got floats; scale them"):
        solve([1.0, 2.0])


@pytest.mark.parametrize(
    ("solve", "items", "form"),
    [
        (WHOLE["reachable_sums"], [[1, 2]], r"\[n\]"),
        (WHOLE["count_subsets"], [[1, 2]], r"\[n\]"),
        (covering_radius, [[1.0, 2.0]], r"\[n\]"),
        (covering_radius_bounds, [[1.0, 2.0]], r"\[n\]"),
        (covering_radii, [1.0, 2.0], r"\[B, n\]"),
    ],
)
def test_wrong_shapes(solve, items, form):
    with pytest.raises(ValueError, match=rf"^items: expected shape {form}, got an array of shape"):
        solve(items)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
@pytest.mark.parametrize("solve", [WHOLE["count_missed"], covering_radii])
def test_empty_batches(solve, shape):
    with pytest.raises(ValueError, match=r"^items: expected at least one item, got shape"):
        solve(np.zeros(shape, int))


@pytest.mark.parametrize("solve", [reachable_sums, count_missed, count_subsets])
@pytest.mark.parametrize(
    ("low", "high", "error", "message"),
    [
        (5, 4, ValueError, "^low, high: expected low <= high, got low = 5, high = 4"),
        (0.0, 4, TypeError, "^low: expected a whole number, got 0.0"),
        (0, np.nan, TypeError, "^high: expected a whole number, got nan"),
        (0, True, TypeError, "^high: expected a whole number, got True"),
        ("0", 4, TypeError, "^low: expected a whole number, got '0'"),
        (None, 4, TypeError, "^low: expected a whole number, got None"),
        (-(2**62), 2**62, ValueError, "would need|expected a range"),
        (0, 2**63, ValueError, "^low, high: expected a range of fewer than 2.*63 numbers"),
    ],
)
def test_bad_ranges_of_whole_numbers(solve, low, high, error, message):
    if solve is count_missed and high == 2**62:
        assert count_missed([1, 2, 3], low, high - 2) == 2**63 - 8  # nothing has to be held
        return
    with pytest.raises(error, match=message):
        solve([1, 2, 3], low, high)


@pytest.mark.parametrize("solve", [covering_radius, covering_radius_bounds, lambda x, *w: covering_radii([x], *w)])
@pytest.mark.parametrize(
    ("low", "high", "error", "message"),
    [
        (1.0, -1.0, ValueError, "^low, high: expected low <= high, got low = 1.0, high = -1.0"),
        (np.nan, 1.0, ValueError, "^low: expected a finite number, got nan"),
        (0, np.inf, ValueError, "^high: expected a finite number, got inf"),
        (0, 10**400, ValueError, "^high: expected a finite number, got one beyond float64"),
        (0, True, TypeError, "^high: expected a real number, got True"),
        ("0", 4, TypeError, "^low: expected a real number, got '0'"),
        (0, 1j, TypeError, "^high: expected a real number, got 1j"),
    ],
)
def test_bad_windows(solve, low, high, error, message):
    with pytest.raises(error, match=message):
        solve([0.5, 0.25], low, high)


@pytest.mark.parametrize(
    ("resolution", "error", "message"),
    [
        (0, ValueError, "^resolution: expected a positive finite number, got 0"),
        (-1e-5, ValueError, "got -1e-05"),
        (np.nan, ValueError, "got nan"),
        (np.inf, ValueError, "got inf"),
        (True, TypeError, "^resolution: expected a positive number, got True"),
        ("1e-5", TypeError, "got '1e-5'"),
    ],
)
def test_bad_resolutions(resolution, error, message):
    with pytest.raises(error, match=message):
        covering_radius_bounds([0.5], resolution=resolution)


LARGE = np.random.default_rng(1).integers(2**50, 2**51, size=70)


@pytest.mark.parametrize(
    "call",
    [
        lambda: reachable_sums(LARGE, 0, 2**55),
        lambda: reachable_sums([1, 2], 0, 2**50),
        lambda: count_missed(LARGE, 0, 2**55),
        lambda: count_missed(np.stack([LARGE, LARGE]), 0, 2**55),
        lambda: count_subsets(LARGE, 2**55, 2**55),
        lambda: count_subsets(LARGE, 2**55, 2**55, exact=True),
        lambda: count_subsets([1, 2], 0, 2**50),
        lambda: covering_radius_bounds(LARGE / 2**50, resolution=1e-12),
        lambda: covering_radius_bounds([1.0], resolution=1e-300),
        lambda: covering_radius_bounds([1e300], resolution=1e-300),
    ],
)
def test_what_cannot_fit_is_refused_beforehand_with_the_figure(call):
    with pytest.raises(ValueError, match=r"^items: .* would need [\d.,e+inf]+ GiB of memory; this machine has"):
        call()


def test_too_many_items_for_an_exact_radius():
    items = np.random.default_rng(2).uniform(-1, 1, 45)
    for solve in (covering_radius, lambda x: covering_radii(x[None])):
        with pytest.raises(
            ValueError, match=r"^items: expected at most 44 for the exact radius, got n = 45; covering_rad"
        ):
            solve(items)
    with pytest.raises(ValueError, match=r"got n = 2000"):
        covering_radius(np.random.default_rng(2).uniform(-1, 1, 2000))


@pytest.mark.parametrize("items", [[1e9, 1e-12], [1e300, 1.0, 0.5]])
def test_rounding_is_refused_where_it_would_show(items):
    window = (0.0, min(items))
    with pytest.raises(ValueError, match=r"^items: their sizes are so different that rounding may move sums by"):
        covering_radius(items, *window)
    bounds = covering_radius_bounds(items, *window, resolution=items[0] / 1e6)
    assert bounds.lower <= min(items) / 4
    assert bounds.upper >= min(items) / 2


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint32, np.int64, np.uint64, list, tuple])
def test_every_kind_of_whole_number(kind):
    items = kind([3, 1, 7]) if kind in (list, tuple) else np.array([3, 1, 7], kind)
    assert reachable_sums(items, 0, 4).tolist() == [True, True, False, True, True]
    assert count_subsets(items, np.int16(10), np.uint8(11)).tolist() == [1, 1]
    assert covering_radius(items, 0, 11) == 1.5


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_every_kind_of_float(kind):
    items = np.array([0.5, -0.5, 1.0], kind)
    assert covering_radius(items) == 0.5
    assert covering_radii(items[None, ::-1], np.float32(-1), 1).tolist() == [0.5]
    assert covering_radius_bounds(items, resolution=np.float32(1e-3)).upper == 0.5


def test_input_is_left_alone_and_may_be_read_only_or_strided():
    items = np.arange(1, 25)[::2].copy()
    kept = items.copy()
    items.flags.writeable = False
    strided = np.arange(1, 25)[::2]
    assert np.array_equal(reachable_sums(items, 0, 99), reachable_sums(strided, 0, 99))
    assert np.array_equal(count_subsets(items, 0, 99), count_subsets(strided, 0, 99))
    assert covering_radius(items) == covering_radius(strided)
    assert np.array_equal(items, kept)
    rows = np.asfortranarray(np.arange(24.0).reshape(4, 6) % 7)
    assert np.array_equal(covering_radii(rows), covering_radii(rows.copy(order="C")))
