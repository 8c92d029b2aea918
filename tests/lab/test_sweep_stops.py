"""Ctrl-C, kill, a worker that dies, two sweeps at once, files that are no stores: what is stored stays right."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest
import sweep_tasks as tasks
from house import ROOT
from pandas.testing import assert_frame_equal

from slthlib.lab import sweep
from slthlib.lab._sweep_store import Store
from slthlib.lab._threads import processors

SCRIPT = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import sweep_tasks
from slthlib.lab import sweep

if __name__ == "__main__":
    sweep(sweep_tasks.slow, {{"i": range(9), "log": [{log!r}]}}, store={store!r})
    print("finished")
"""


def start(folder):
    """A sweep in a process of its own, when its three quick cells are done and all workers are at the slow ones."""
    script = folder / "script.py"
    tests = os.path.join(ROOT, "tests", "lab")
    store, log = folder / "cells.sqlite", folder / "log"
    script.write_text(SCRIPT.format(tests=tests, root=str(ROOT), store=str(store), log=str(log)))
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    begun = 3 + min(2, processors())
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= begun, process)
    time.sleep(2)  # what is finished is on the disk within a second
    return process


def wait_for(condition, process, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.05)


def alive(group):
    """Processes of a group that are not zombies."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat") as stream:
                fields = stream.read().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(entry))
    return found


def rows_of(store):
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        return connection.execute("select cell, seed, status, result from cells order by cell").fetchall()


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks for left processes in /proc")
@pytest.mark.parametrize("whom", ["parent", "terminal"])
def test_ctrl_c_stops_soon_and_the_next_run_goes_on(tmp_path, whom):
    store = tmp_path / "cells.sqlite"
    process = start(tmp_path)
    begin = time.monotonic()
    if whom == "parent":
        process.send_signal(signal.SIGINT)
    else:
        os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - begin < 2
    assert process.returncode in (-signal.SIGINT, 130, 1)
    assert "finished" not in out
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert err.count("Traceback") == 1, err
    wait_until(lambda: not alive(process.pid))
    assert len(rows_of(store)) == 3
    check_resumed(store, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks for left processes in /proc")
def test_a_kill_leaves_a_store_that_goes_on(tmp_path):
    store = tmp_path / "cells.sqlite"
    process = start(tmp_path)
    process.kill()
    process.communicate()
    wait_until(lambda: not alive(process.pid))  # workers do not outlive the sweep
    assert len(rows_of(store)) == 3
    check_resumed(store, tmp_path)


def check_resumed(store, folder):
    """The cells that were stored stay, and the table comes out as if nothing had happened."""
    before = rows_of(store)
    grid = {"i": range(3), "log": [str(folder / "log")]}
    assert_frame_equal(sweep(tasks.slow, grid, store=store), sweep(tasks.slow, grid, store=folder / "whole.sqlite"))
    assert rows_of(store) == before


@pytest.mark.skipif(processors() < 2, reason="with one processor a sweep runs in its own process")
def test_workers_leave_ctrl_c_to_the_sweep(tmp_path):
    """A terminal sends it to them all: if they stopped by themselves, each would print why."""
    assert list(sweep(tasks.interrupted, {"i": range(4)}, store=tmp_path / "cells.sqlite").i2) == [0, 1, 4, 9]


def test_a_worker_that_dies_is_said(tmp_path):
    store = tmp_path / "cells.sqlite"
    message = r"a worker process of the sweep died: out of memory, or the script"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool, pytest.raises(RuntimeError, match=message):
        sweep(tasks.deadly, {"i": range(4)}, store=store, executor=pool)
    kept = rows_of(store)
    assert all(status == "done" for _, _, status, _ in kept), "no cell is blamed"
    assert len(sweep(tasks.deadly, {"i": [0, 1, 3]}, store=store)) == 3


@pytest.mark.slow
def test_two_sweeps_do_not_share_a_file_at_once(tmp_path):
    path = tmp_path / "cells.sqlite"
    grid = {"i": [0, 1]}
    with Store(path, "task", "code", patience=0.1) as first:
        first.put("key", "{}", 1, True, "[{}]", 0.1)
        with pytest.raises(BlockingIOError, match=r"store: another sweep is using .*cells.sqlite; wait for it"):
            sweep(tasks.deadly, grid, store=path)
        first.commit()  # committed, and still ours
        with pytest.raises(BlockingIOError), Store(path, "task", "code", patience=0.1):
            pass
    assert len(sweep(tasks.deadly, grid, store=path)) == 2
    assert len(rows_of(path)) == 3


def test_each_task_and_code_has_its_rows(tmp_path):
    path = tmp_path / "cells.sqlite"
    with Store(path, "task", "code") as store:
        store.put("key", "{}", 1, True, "[{}]", 0.1)
    for task, code, found in (("task", "code", ["key"]), ("task", "other", []), ("other", "code", [])):
        with Store(path, task, code) as store:
            assert list(store.done(["key", "another"])) == found
            assert store.of_other_code() == (task == "task" and code == "other")


def test_a_second_sweep_waits_a_moment(tmp_path):
    path = tmp_path / "cells.sqlite"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; sys.path.insert(0, sys.argv[2]); from slthlib.lab._sweep_store import Store\n"
            "with Store(sys.argv[1], 't', 'c'): print('mine', flush=True); time.sleep(1)",
            str(path),
            str(ROOT),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "mine\n"
    assert len(sweep(tasks.deadly, {"i": [0]}, store=path)) == 1
    holder.communicate()


def test_files_that_are_no_stores(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("not a database, and long enough to look like one " * 50)
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("create table cells (a)")
    newer = tmp_path / "newer.sqlite"
    with Store(newer, "task", "code"):
        pass
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("pragma user_version = 99")
    for path, message in (
        (text, r"store: expected a file that a sweep made, .*notes.txt is none"),
        (other, r"store: expected a file that a sweep of this version made"),
        (newer, r"store: expected a file that a sweep of this version made"),
        (tmp_path, r"store: expected a file, got the folder"),
        (tmp_path / "none" / "cells.sqlite", r"store: expected a file in an existing folder"),
        (Path("/dev/null/cells.sqlite"), r"store: expected a file in an existing folder"),
        (Path("/proc/cells.sqlite"), r"store: cannot write /proc/cells.sqlite: unable to open database file"),
    ):
        before = path.read_bytes() if path.is_file() else None
        with pytest.raises(ValueError, match=message):
            sweep(tasks.deadly, {"i": [0]}, store=path)
        assert (path.read_bytes() if path.is_file() else None) == before, "left as it was"


def test_rows_can_be_read_by_anyone(tmp_path):
    """One row a cell, of text and numbers: nothing that would have to be unpickled."""
    store = tmp_path / "cells.sqlite"
    sweep(tasks.rough, {"width": [3, 4]}, store=store)
    with closing(sqlite3.connect(store)) as connection:
        query = "select task, cell, seed, status, json_extract(result, '$[0].width2'), seconds from cells order by cell"
        rows = connection.execute(query).fetchall()
        kinds = {kind for row in connection.execute("select typeof(result), typeof(cell) from cells") for kind in row}
    assert [row[:2] for row in rows] == [("sweep_tasks:rough", '{"width":3}'), ("sweep_tasks:rough", '{"width":4}')]
    assert [row[4] for row in rows] == [6, 8]
    assert all(row[5] > 0 for row in rows)
    assert kinds == {"text"}
