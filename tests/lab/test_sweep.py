"""The same table whatever the order, the place and the number of attempts."""

import json
import math
import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
import sweep_tasks as tasks
from pandas.testing import assert_frame_equal

from slthlib.lab import _sweep_task, sweep
from slthlib.lab._threads import processors
from slthlib.lab.sweeps import SweepFailed

GRID = {"width": [3, 5, 8], "keep": [0.5, 0.25]}


@pytest.fixture
def store(tmp_path):
    return tmp_path / "cells.sqlite"


def lines(log):
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_rows_come_in_the_order_of_the_grid(store):
    frame = sweep(tasks.rough, GRID, store=store)
    assert list(frame.columns) == ["width", "keep", "seed", "trace", "width2", "keep_more", "draws"]
    assert list(zip(frame.width, frame.keep, strict=True)) == [(w, k) for w in (3, 5, 8) for k in (0.5, 0.25)]
    assert list(frame.width2) == [6, 6, 10, 10, 16, 16]
    assert list(frame.keep_more) == [0.5 / 3, 0.25 / 3] * 3
    assert frame.seed.nunique() == 6
    # A row can be made again by itself.
    row = frame.iloc[4]
    again = tasks.rough(seed=int(row.seed), width=int(row.width), keep=float(row.keep))
    np.testing.assert_array_equal(again["draws"], row.draws)


@pytest.mark.slow
def test_executor_and_order_change_nothing(tmp_path):
    frames = [sweep(tasks.rough, GRID, store=tmp_path / "default.sqlite")]
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        for name, executor in (("threads", threads), ("processes", processes)):
            frames.append(sweep(tasks.rough, GRID, store=tmp_path / f"{name}.sqlite", executor=executor))
        assert executor.submit(int).result() == 0, "an executor that was given is left open"
    cells = [{"keep": k, "width": w} for k in GRID["keep"] for w in reversed(GRID["width"])]
    single = [sweep(tasks.rough, [cell], store=tmp_path / "one.sqlite") for cell in cells]  # in this process
    frames.append(pd.concat(single).sort_values(["width", "keep"], ascending=[True, False], ignore_index=True))
    for frame in frames[1:]:
        assert_frame_equal(frame[frames[0].columns], frames[0], check_exact=True)


def test_seeds_are_of_the_content():
    seeds = {}
    for cell in _sweep_task.cells_of({"a": [1, 1.0, True, "1", None, [1], (1, 2), 2**60, 0.1]}):
        seeds[json.dumps(cell)] = _sweep_task.key_and_seed(cell, 0)[1]
    assert len(set(seeds.values())) == len(seeds) == 9
    assert all(0 <= seed < 2**63 for seed in seeds.values())
    assert _sweep_task.key_and_seed({"a": 1, "b": 2}, 0) == _sweep_task.key_and_seed({"b": 2, "a": 1}, 0)
    assert _sweep_task.key_and_seed({"a": 1}, 0) != _sweep_task.key_and_seed({"a": 1}, 1)
    # Stores outlive versions: this one may change only together with _EDITION.
    assert _sweep_task.key_and_seed({"width": 3, "keep": 0.5}, 0)[1] == 4439806663061674770


def test_numpy_values_are_the_same_cell():
    ours = _sweep_task.cells_of({"a": np.array([1, 2]), "b": [np.float64(0.1), np.bool_(True)], "c": [(1, 2)]})
    plain = _sweep_task.cells_of({"a": [1, 2], "b": [0.1, True], "c": [[1, 2]]})
    assert [_sweep_task.key_and_seed(cell, 0) for cell in ours] == [_sweep_task.key_and_seed(cell, 0) for cell in plain]


def test_done_cells_are_not_run_again(store, tmp_path):
    log = tmp_path / "log"
    first = sweep(tasks.traced, {"log": [str(log)], "i": [1, 2]}, store=store)
    assert sorted(lines(log)) == ["once 1", "once 2"]
    again = sweep(tasks.traced, {"log": [str(log)], "i": [1, 2]}, store=store)
    assert_frame_equal(again, first)
    assert len(lines(log)) == 2
    larger = sweep(tasks.traced, {"i": [5, 2, 1], "log": [str(log)]}, store=store)
    assert lines(log)[2:] == ["once 5"], "a larger grid, and other order of parameters: only the new cell is run"
    assert list(larger.i2) == [25, 4, 1]
    assert set(first.seed) < set(larger.seed)
    other = sweep(tasks.traced, {"i": [1], "log": [str(log)]}, store=store, seed=1)
    assert len(lines(log)) == 4
    assert other.seed[0] not in set(larger.seed)


def test_tasks_share_a_store(store, tmp_path):
    log = tmp_path / "log"
    sweep(tasks.traced, [{"log": str(log), "i": 1}], store=store)
    assert list(sweep(tasks.sometimes, [{"log": str(log), "i": 1}], store=store).columns) == ["log", "i", "seed", "i2"]
    sweep(tasks.traced, [{"log": str(log), "i": 1}], store=store)
    assert lines(log) == ["once 1"]


@pytest.mark.slow
def test_failures_are_kept_and_raised_at_the_end(store, tmp_path):
    grid = {"log": [str(tmp_path / "mended")], "i": range(6)}
    with pytest.raises(
        SweepFailed, match=r"3 of 6 cells of sweep_tasks:sometimes failed:\n.*\"i\":1.*cell 1 is odd"
    ) as caught:
        sweep(tasks.sometimes, grid, store=store)
    assert [one["cell"]["i"] for one in caught.value.failures] == [1, 3, 5]
    assert caught.value.failures[0]["error"] == "ArithmeticError: cell 1 is odd"
    assert 'raise ArithmeticError(f"cell {i} is odd")' in caught.value.failures[0]["traceback"]
    assert list(caught.value.frame.i) == [0, 2, 4]
    with closing(sqlite3.connect(store)) as connection:
        found = connection.execute("select status, result from cells where status = 'failed'").fetchall()
    assert len(found) == 3
    assert all("is odd" in json.loads(result)["error"] for _, result in found)
    (tmp_path / "mended").touch()
    assert list(sweep(tasks.sometimes, grid, store=store).i2) == [0, 1, 4, 9, 16, 25]


def test_a_task_can_return_several_rows(store):
    frame = sweep(tasks.rows, {"n": [1, 2]}, store=store)
    assert list(frame.n) == [1, 2, 2]
    assert list(frame.level) == [0, 0, 1]
    assert list(frame.value) == [[0], [0, 0], [1, 1]]


def test_values_come_back_as_they_went(store):
    (numpy,) = sweep(tasks.returns, [{"what": "numpy"}], store=store).to_dict("records")
    assert (numpy["a"], numpy["b"], numpy["c"], numpy["d"]) == (float(np.float32(0.1)), 7, True, [[0, 1], [2, 3]])
    (special,) = sweep(tasks.returns, [{"what": "special"}], store=store).to_dict("records")
    assert math.isnan(special["a"])
    assert (special["b"], special["c"], special["float"], special["text"]) == (-math.inf, [1.0, math.inf], 2.5, "µ")
    assert special["none"] is None
    (large,) = sweep(tasks.returns, [{"what": "large"}], store=store).to_dict("records")
    assert (large["a"], large["b"]) == (2**70, 0.1 + 0.2)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("set", "TypeError: set is not"),
        ("dict", "TypeError: dict is not"),
        ("complex", "TypeError: complex is not"),
        ("nothing", "a dict or a list of dicts, got NoneType"),
        ("number", "a dict or a list of dicts, got float"),
        ("empty", "a dict or a list of dicts, got list"),
        ("clash", "not those of parameters, got 'what'"),
        ("seed", "not those of parameters, got 'seed'"),
        ("keys", "not those of parameters, got 1"),
    ],
)
def test_results_that_cannot_be_stored_are_failures(store, what, message):
    with pytest.raises(SweepFailed, match=message):
        sweep(tasks.returns, [{"what": what}], store=store)


@pytest.mark.slow
@pytest.mark.skipif(processors() < 2, reason="with one processor a sweep runs in its own process")
def test_cells_run_in_spawned_processes_with_one_thread(store, tmp_path):
    import torch

    before = torch.get_num_threads()
    frame = sweep(tasks.here, {"i": range(8)}, store=store)
    assert set(frame.kind) == {"SpawnProcess"}
    single = sweep(tasks.here, [{"i": 0}], store=tmp_path / "single.sqlite")
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as warm:
        threaded = sweep(tasks.here, {"i": range(2)}, store=tmp_path / "threads.sqlite", executor=threads)
        warm.submit(tasks.two_threads).result()
        assert warm.submit(tasks.here, seed=0, i=0).result()["threads"] == 2, "it does not know of sweeps yet"
        given = sweep(tasks.here, {"i": range(2)}, store=tmp_path / "given.sqlite", executor=warm)
    assert set(single.kind) | set(threaded.kind) == {"_MainProcess"}
    for each in (frame, single, threaded, given):
        assert set(each.threads) == {1}
        assert set(each.setting) == {"1"}
    assert torch.get_num_threads() == before, "as many as before"


def test_nothing_is_printed_without_a_terminal(store, capfd):
    sweep(tasks.plain_arguments, {"width": [1, 2]}, store=store)
    assert capfd.readouterr() == ("", "")


def closure(n):
    def inner(*, seed, i):
        return {"n": n}

    return inner


RUN = closure(1)
BAD = [
    (3, {"i": [1]}, {}, TypeError, "task: expected a function, got 3"),
    (lambda seed, i: {}, {"i": [1]}, {}, ValueError, "task: expected a function at the top of a module, got <lambda>"),
    (RUN, {"i": [1]}, {}, ValueError, "task: .*got closure.<locals>.inner; what it needs"),
    (tasks.plain_arguments, {"i": [1]}, {}, TypeError, "task: expected it to take seed and i, but "),
    (tasks.plain_arguments, [{"width": 1}, {}], {}, TypeError, "task: .* missing a required argument: 'width'"),
    (tasks.plain_arguments, {"width": 3}, {}, TypeError, "grid: expected a list of values for width, got 3"),
    (tasks.plain_arguments, {"width": "abc"}, {}, TypeError, "grid: expected a list of values for width, got 'abc'"),
    (tasks.plain_arguments, {"width": []}, {}, ValueError, "grid: expected at least one value for width"),
    (tasks.plain_arguments, [], {}, ValueError, "grid: expected at least one cell"),
    (
        tasks.plain_arguments,
        {"width": [1, 1]},
        {},
        ValueError,
        'grid: expected cells that differ, got {"width":1} twice',
    ),
    (tasks.plain_arguments, [3], {}, TypeError, "grid: expected a dict for each cell, got 3"),
    (tasks.plain_arguments, 3, {}, TypeError, "grid: expected a dict of lists or a list of dicts, got int"),
    (tasks.plain_arguments, "width", {}, TypeError, "grid: expected a dict of lists"),
    (tasks.plain_arguments, [{"seed": 1}], {}, ValueError, "grid: seed is the name of what the sweep passes"),
    (tasks.plain_arguments, [{1: 1}], {}, ValueError, "grid: expected names of arguments, got 1"),
    (tasks.plain_arguments, {"width": [math.nan]}, {}, ValueError, "grid: expected finite numbers"),
    (tasks.plain_arguments, {"width": [{1}]}, {}, TypeError, "grid: expected numbers, text.* set is not one of these"),
    (tasks.plain_arguments, {"width": [1]}, {"executor": 2}, TypeError, "executor: expected a concurrent.futures"),
    (tasks.plain_arguments, {"width": [1]}, {"seed": "1"}, TypeError, "seed: expected an integer, got '1'"),
    (tasks.plain_arguments, {"width": [1]}, {"seed": True}, TypeError, "seed: expected an integer, got True"),
    (tasks.plain_arguments, {"width": [1]}, {"sources": ["no.py"]}, ValueError, "sources: expected existing files"),
]


@pytest.mark.parametrize(("task", "grid", "more", "kind", "message"), BAD)
def test_bad_input_is_named_before_anything_is_written(store, task, grid, more, kind, message):
    with pytest.raises(kind, match=message):
        sweep(task, grid, store=store, **more)
    assert not store.exists()
