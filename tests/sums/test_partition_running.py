"""Threads, batches and single calls give the same bits; long work can be watched and stopped."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import slthlib
from slthlib.sums import (
    best_partition,
    best_partitions,
    count_perfect_partitions,
    karmarkar_karp,
    karmarkar_karp_batch,
)

SOLVERS = {
    "best": (best_partition, best_partitions, {}),
    "imbalance": (best_partition, best_partitions, {"imbalance": 1}),
    "differencing": (karmarkar_karp, karmarkar_karp_batch, {}),
}


def problems(rows, n, seed=0):
    """Integers of every size in one batch, with many ties among the small ones."""
    rng = np.random.default_rng([seed, rows, n])
    return rng.integers(-(2**40), 2**40, size=(rows, n)) // 2 ** rng.integers(0, 40, size=(rows, 1))


def same(a, b):
    return all(
        np.asarray(getattr(a, name)).tobytes() == np.asarray(getattr(b, name)).tobytes()
        for name in ("signs", "differences", "optimal", "slack")
    )


@pytest.mark.parametrize(("one", "batch", "extra"), SOLVERS.values(), ids=SOLVERS)
@pytest.mark.parametrize("kind", [int, float])
@pytest.mark.parametrize("rows", [1, 2, 3, 16, 17])
@pytest.mark.parametrize("n", [1, 3, 13])
def test_a_batch_is_its_rows(one, batch, extra, kind, rows, n):
    items = problems(rows, n).astype(kind)
    found = batch(items, **extra)
    for r, row in enumerate(items):
        single = one(row, **extra)
        if extra:  # with an imbalance other kernels do it, which may choose another of equally good partitions
            assert abs((single.signs * row).sum()) == abs((found.signs[r] * row).sum())
            assert single.signs.sum() == found.signs[r].sum() == 1
        else:
            assert np.array_equal(single.signs, found.signs[r])
        assert single.difference == found.differences[r]
        assert single.optimal == found.optimal[r]
        assert single.slack == found.slack[r]


@pytest.mark.parametrize(("batch", "extra"), [s[1:] for s in SOLVERS.values()], ids=SOLVERS)
@pytest.mark.parametrize("rows", [1001, 4096, 20_001])
def test_threads_do_not_change_a_bit(batch, extra, rows):
    items = problems(rows, 15)
    alone = batch(items, threads=1, **extra)
    for threads in (2, 3):
        assert same(batch(items, threads=threads, **extra), alone)
    assert same(batch(items[:777], threads=2, **extra), batch(items[:777], threads=1, **extra))
    assert np.array_equal(batch(items[-333:], threads=3, **extra).signs, alone.signs[-333:])


@pytest.mark.parametrize("imbalance", [None, 1])
def test_threads_do_not_change_a_count(imbalance):
    items = np.random.default_rng(5).integers(-30, 30, size=(9_999, 15))
    alone = count_perfect_partitions(items, imbalance=imbalance, threads=1)
    for threads in (2, 3):
        assert np.array_equal(count_perfect_partitions(items, imbalance=imbalance, threads=threads), alone)
    singles = [count_perfect_partitions(row, imbalance=imbalance) for row in items[:50]]
    assert singles == alone[:50].tolist()


def test_the_environment_sets_the_threads(monkeypatch):
    items = problems(3000, 14)
    expected = best_partitions(items, threads=1)
    for setting in ("1", "3", ""):
        monkeypatch.setenv("SLTHLIB_THREADS", setting)
        assert same(best_partitions(items), expected)


def test_two_threads_may_call_at_once():
    batches = [problems(4001, 14, seed) for seed in range(4)]
    expected = [best_partitions(b, threads=1) for b in batches]
    counts = [count_perfect_partitions(b, threads=1) for b in batches]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            found = list(pool.map(lambda b: best_partitions(b, threads=2), batches))
            assert all(map(same, found, expected))
            assert all(map(np.array_equal, pool.map(count_perfect_partitions, batches), counts))
            assert list(pool.map(lambda b: best_partition(b[0]).difference, batches)) == [
                e.differences[0] for e in expected
            ]


# --- in processes of their own

LONG = {
    "one of 54": "best_partition(rng.integers(1, 2**57, size=54))",
    "one of 48, balanced": "best_partition(rng.integers(1, 2**57, size=48), imbalance=0)",
    "a batch of 38": "best_partitions(rng.integers(1, 2**57, size=(50_000, 38)))",
    "a batch of 38, one thread": "best_partitions(rng.integers(1, 2**57, size=(50_000, 38)), threads=1)",
    "two of 52": "best_partitions(rng.integers(1, 2**57, size=(2, 52)))",
    "counting": "count_perfect_partitions(rng.integers(1, 2**57, size=(50_000, 38)))",
    "counting one": "count_perfect_partitions(rng.integers(1, 2**53, size=54))",
    "differencing": "karmarkar_karp_batch(rng.integers(1, 2**40, size=(4_000, 10_000)))",
}
PRELUDE = """
import sys
import numpy as np
from slthlib.sums import *
rng = np.random.default_rng(1)
rows = rng.integers(1, 99, size=(2, 6))
best_partitions(rows), best_partition(rows[0]), best_partition(rows[0], imbalance=0), karmarkar_karp(rows[0])
count_perfect_partitions(rng.integers(1, 2**40, size=(2, 6)))
"""


def interrupt(call, prelude=PRELUDE):
    """Seconds from Ctrl-C to the end of a process that makes the call."""
    job = f"{prelude}\nprint('go', flush=True)\n{call}\nprint('done', flush=True)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", job], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout.readline() == "go\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        out, err = process.communicate(timeout=60)
        took = time.monotonic() - sent
    finally:
        process.kill()
        process.wait()
    assert out == ""
    assert "KeyboardInterrupt" in err
    assert process.returncode in (-signal.SIGINT, 130)
    return took


@pytest.mark.slow
@pytest.mark.parametrize("call", LONG.values(), ids=LONG)
def test_ctrl_c_stops_it_within_two_seconds(call):
    # Three tries, since on a busy machine the end of a process that holds a gigabyte can wait for others.
    assert any(interrupt(call) < 2 for _ in range(3))


@pytest.mark.slow
def test_solves_where_machine_code_cannot_be_kept(tmp_path):
    """A file where a folder would be stops numba in every place it tries, even as root."""
    shutil.copytree(Path(slthlib.__file__).parent, tmp_path / "slthlib", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "slthlib" / "sums" / "__pycache__").touch()
    nowhere = os.devnull + "/nowhere"
    places = dict.fromkeys(["NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME"], nowhere) | {"PYTHONPATH": str(tmp_path)}
    job = """
import slthlib, slthlib.sums._lists as lists, slthlib.sums as sums
print(slthlib.__file__, lists.sweep.stats.cache_path, sums.best_partition([8, 7, 6, 5, 4]).difference)
"""
    found = subprocess.run(
        [sys.executable, "-c", job], env=os.environ | places, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (found.stderr, found.returncode) == ("", 0)
    assert found.stdout.split() == [str(tmp_path / "slthlib" / "__init__.py"), "None", "0"]


WATCHED = f"{PRELUDE}\nbest_partitions(rng.integers(1, 2**57, size=(2_400, 36)), threads=1)"


def on_a_terminal(code, **environment):
    """Everything that a person sees who runs this."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))  # a bar that is told 0 columns shows nothing
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, **environment},
    ) as job:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other side has closed
                break
            if not piece:
                break
            shown += piece
        assert job.wait(60) == 0
    os.close(ours)
    return shown.decode()


@pytest.mark.slow
def test_a_progress_bar_on_a_terminal():
    shown = on_a_terminal(WATCHED)
    assert "partitions of 36" in shown
    assert "problems/s" in shown


@pytest.mark.slow
def test_compiling_is_announced_once(tmp_path):
    solve = "from slthlib.sums import karmarkar_karp; karmarkar_karp([3, 1, 2]); karmarkar_karp([5, 1, 2])"
    assert on_a_terminal(solve, NUMBA_CACHE_DIR=str(tmp_path)).count("compiling") == 1
    assert on_a_terminal(solve, NUMBA_CACHE_DIR=str(tmp_path)) == ""


@pytest.mark.slow
def test_no_progress_bar_in_a_pipe():
    found = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, timeout=120)
    assert (found.stdout, found.stderr, found.returncode) == ("", "", 0)


def test_progress_can_be_forced_and_changes_nothing(capsys):
    items = problems(20_000, 16)
    quiet = best_partitions(items, progress=False)
    assert capsys.readouterr().err == ""
    assert same(best_partitions(items, progress=True), quiet)
    assert "partitions of 16" in capsys.readouterr().err
