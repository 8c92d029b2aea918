"""Threads, chunks and single calls give the same; long work can be watched and stopped, and stays within its memory."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from subset_twins import hostile_targets
from test_partition_running import interrupt, on_a_terminal

from slthlib.sums import _batches, _subset_alone, _subset_long, _subset_solve, closest_subset, closest_subsets

WAYS = {
    "closest": {},
    "of a size": {"size": 6},
    "good enough": {"tolerance": 2.0**20},
    "good enough, of a size": {"tolerance": 2.0**20, "size": 6},
}


def problems(rows, n, seed=0):
    """Integers of every size in one batch, with many ties among the small ones."""
    rng = np.random.default_rng([seed, rows, n])
    items = rng.integers(-(2**40), 2**40, size=(rows, n)) // 2 ** rng.integers(0, 40, size=(rows, 1))
    return items, hostile_targets(rng, items)


def same(a, b):
    return all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in ("masks", "totals", "errors"))


@pytest.mark.parametrize("extra", [{}, {"size": 6}], ids=str)
@pytest.mark.parametrize("kind", [np.int64, np.float64])
@pytest.mark.parametrize("rows", [1, 2, 3, 16, 67])
@pytest.mark.parametrize("n", [7, 12, 13])
def test_a_batch_is_its_rows(extra, kind, rows, n):
    items, targets = (x.astype(kind) for x in problems(rows, n))
    found = closest_subsets(items, targets, **extra)
    for r in range(rows):
        single = closest_subset(items[r], targets[r], **extra)
        assert single.error == found.errors[r]
        assert found.totals[r] == items[r][found.mask(r)].sum()


@pytest.mark.parametrize("extra", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("n", [11, 15])
@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_threads_do_not_change_a_bit(extra, n, kind):
    items, targets = (x.astype(kind) for x in problems(3001, n))
    alone = closest_subsets(items, targets, threads=1, **extra)
    for threads in (2, 3):
        assert same(closest_subsets(items, targets, threads=threads, **extra), alone)
    shared = closest_subsets(items[0], np.resize(targets[:1], 500), threads=1, **extra)
    assert same(closest_subsets(items[0], np.resize(targets[:1], 500), threads=3, **extra), shared)


@pytest.mark.parametrize("extra", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("n", [11, 14, 15])
@pytest.mark.parametrize("share", [False, True])
def test_chunks_do_not_change_a_bit(extra, n, share, monkeypatch):
    items, targets = problems(301, n)
    if share:
        items = items[0]
        targets = hostile_targets(np.random.default_rng(n), np.resize(items, (301, n)))
    whole = closest_subsets(items, targets, threads=1, **extra)
    for chunk in (1, 2, 3, 7, 64, 65, 200):
        monkeypatch.setattr(_batches, "_chunk_size", lambda *given, chunk=chunk: chunk)
        assert same(closest_subsets(items, targets, threads=2, **extra), whole)


def test_a_row_that_is_done_does_not_go_on_because_its_neighbours_do(monkeypatch):
    """Long lists are swept in steps, until all four problems abreast have found a good subset."""
    rng = np.random.default_rng(3)
    items = rng.integers(-(2**40), 2**40, (8, 33))
    items[::2] <<= 18  # hard to satisfy within a tolerance that is easy for the others
    targets = items[:, :9].sum(axis=1) + 3
    found = []
    for chunk in (1, 4, 8):
        monkeypatch.setattr(_batches, "_chunk_size", lambda *given, chunk=chunk: chunk)
        found.append(closest_subsets(items, targets, tolerance=2.0**19))
    assert same(found[0], found[1])
    assert same(found[0], found[2])
    assert (found[0].errors[1::2] > 0).all()  # good enough, not the best there is


def test_the_environment_sets_the_threads(monkeypatch):
    items, targets = problems(3000, 14)
    expected = closest_subsets(items, targets, threads=1)
    for setting in ("1", "3", ""):
        monkeypatch.setenv("SLTHLIB_THREADS", setting)
        assert same(closest_subsets(items, targets), expected)


@pytest.mark.parametrize("n", [36, 37, 38])
def test_one_long_problem_grows_both_lists_with_one_thread_and_with_two(n, monkeypatch):
    items = np.random.default_rng(n).integers(1, 2**50, n)
    target = int(items[::2].sum())  # a subset that is there
    for setting in ("1", "2"):
        monkeypatch.setenv("SLTHLIB_THREADS", setting)
        found = closest_subset(items, target)
        assert found.error == 0
        assert items[found.mask].sum() == target


@pytest.mark.parametrize("tolerance", [0.0, 2.0**20])
@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_one_long_problem_is_the_same_however_its_walks_are_shared(kind, tolerance, monkeypatch):
    """Against the walks in their order, on short lists that leave five items outside; many subsets tie."""
    for name, value in (("_BRUTE", 0), ("LONGEST", 0), ("_SPARE", {})):
        monkeypatch.setattr(_subset_solve, name, value)
    monkeypatch.setattr(_subset_long, "LONGEST_HALF", 5)
    items, targets = (x.astype(kind) for x in problems(200, 13))
    in_order = closest_subsets(items, targets, tolerance=tolerance, threads=1)
    monkeypatch.setattr(_subset_solve, "_WORTH_TWO", 0)
    shares = []
    walked = _subset_alone.walk_outside
    monkeypatch.setattr(_subset_alone, "walk_outside", lambda *given: shares.append(given[6]) or walked(*given))
    monkeypatch.setattr(_subset_alone, "_WALK", 1.0)  # so that every walk is a share of its own
    for threads in (1, 3):
        for r in range(len(items)):
            one = slice(r, r + 1)
            alone = closest_subsets(items[one], targets[one], tolerance=tolerance, threads=threads)
            assert alone.masks[0] == in_order.masks[r]
            assert alone.errors[0] == in_order.errors[r]
    assert len(shares) > 4 * len(items)
    assert max(shares) == 31


def test_two_threads_may_call_at_once():
    batches = [problems(2001, n, seed) for seed, n in enumerate((10, 14, 17, 14))]
    expected = [closest_subsets(*batch, threads=1) for batch in batches]
    shared = [(items[0], np.full(300, targets[0])) for items, targets in batches]
    looked_up = [closest_subsets(*batch, threads=1) for batch in shared]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            assert all(map(same, pool.map(lambda b: closest_subsets(*b, threads=2), batches), expected))
            assert all(map(same, pool.map(lambda b: closest_subsets(*b, threads=2), shared), looked_up))
            singles = pool.map(lambda b: closest_subset(b[0][0], b[1][0]).error, batches)
            assert list(singles) == [e.errors[0] for e in expected]


def test_what_a_call_worked_in_is_used_again_by_one_call_at_a_time():
    items, targets = problems(60, 30)
    expected = closest_subsets(items, targets)
    (kept,) = _subset_solve._SPARE.values()
    again = closest_subsets(items[::-1], targets[::-1], threads=1)
    assert next(iter(_subset_solve._SPARE.values())) is kept
    assert same(closest_subsets(items, targets), expected)
    assert np.array_equal(again.errors[::-1], expected.errors)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: closest_subsets(items, targets, threads=2), range(12)):
            assert same(found, expected)
    closest_subset(items[0][:20], 0)
    assert [n for _, n in _subset_solve._SPARE] == [20]


def test_fewer_threads_work_where_not_all_have_room(monkeypatch):
    items, targets = problems(6, 38)
    expected = closest_subsets(items, targets, threads=3)
    rooms = []
    scratch = _subset_solve.long_scratch
    monkeypatch.setattr(_subset_solve, "long_scratch", lambda n: rooms.append(n) or scratch(n))
    monkeypatch.setattr(_batches, "_ROOM", 1.5 * 2**23)
    assert same(closest_subsets(items, targets, threads=3), expected)
    assert rooms == [38]


# --- in processes of their own

LONG = {
    "one of 58": "closest_subset(big(58), 2**57)",
    "one of 48, of a size": "closest_subset(big(48), 2**57, size=24)",
    "one of 60": "closest_subset(big(60), 2**57)",
    "a batch of 30": "closest_subsets(big((50_000, 30)), [2**57] * 50_000)",
    "a batch of 38, one thread": "closest_subsets(big((50_000, 38)), [2**57] * 50_000, threads=1)",
    "a batch of a size": "closest_subsets(big((50_000, 30)), [2**57] * 50_000, size=15)",
    "many targets": "closest_subsets(big(40), [2**57] * 50_000)",
}
PRELUDE = """
import numpy as np
from slthlib.sums import *
big = lambda shape: np.random.default_rng(1).integers(2**54, 2**56, shape)
for n in (6, 20):
    rows = big((4, n))
    for size in (None, 3):
        closest_subset(rows[0], 2**56, size=size), closest_subsets(rows, [2**56] * 4, size=size)
    closest_subsets(rows[0], [2**56] * 900)
"""


@pytest.mark.slow
@pytest.mark.parametrize("call", LONG.values(), ids=LONG)
def test_ctrl_c_stops_it_within_two_seconds(call):
    assert any(interrupt(call, PRELUDE) < 2 for _ in range(3))


WATCHED = f"{PRELUDE}\nclosest_subsets(big((1_500, 36)), [2**57] * 1_500, threads=1)"


@pytest.mark.slow
def test_a_progress_bar_on_a_terminal():
    shown = on_a_terminal(WATCHED)
    assert "subsets of 36" in shown
    assert "problems/s" in shown


@pytest.mark.slow
def test_no_progress_bar_in_a_pipe():
    found = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, timeout=240)
    assert (found.stdout, found.stderr, found.returncode) == ("", "", 0)


def test_progress_can_be_forced_and_changes_nothing(capsys):
    items, targets = problems(9_000, 16)
    quiet = closest_subsets(items, targets, progress=False)
    assert capsys.readouterr().err == ""
    assert same(closest_subsets(items, targets, progress=True), quiet)
    assert "subsets of 16" in capsys.readouterr().err


MEMORY = """
import resource
import numpy as np
from slthlib.sums import closest_subset
items = np.random.default_rng(1).integers(1, 2**55, 60)
closest_subset(items[:20], int(items[:20].sum()) // 2)
found = closest_subset(items, int(items.sum()) // 2)
print(found.error, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.long
def test_sixty_items_fit_into_five_gigabytes():
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True, timeout=900)
    error, memory = map(int, run.stdout.split())
    assert error <= 50  # the best of 2**60 sums that lie within some 2**59
    assert memory < 5e9
