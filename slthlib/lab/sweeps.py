"""One task over a grid of parameters: in parallel, resumable, with the same result in whatever order it is done."""

import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tqdm import tqdm

from slthlib.lab import _threads
from slthlib.lab._sweep_store import Store
from slthlib.lab._sweep_task import Cell, call, canonical, cells_of, check_task, identity, key_and_seed, rows_from

if TYPE_CHECKING:
    import pandas

__all__ = ["SweepFailed", "sweep"]

_AHEAD = 1024  # cells handed to the executor before the first comes back


class SweepFailed(RuntimeError):
    """Some cells of a sweep failed; all others are done and stored.

    Parameters
    ----------
    message : str
        How many failed, and the first few.
    failures : list of dict
        For each failed cell: its parameters ``cell``, its ``seed``, the ``error`` in a line, and the ``traceback``.
    frame : pandas.DataFrame
        The rows of the cells that are done.

    Notes
    -----
    Used in: no chapter.
    """

    def __init__(self, message: str, failures: list[dict[str, Any]], frame: "pandas.DataFrame") -> None:
        super().__init__(message)
        self.failures = failures
        self.frame = frame


class _Job(NamedTuple):
    key: str
    seed: int
    cell: Cell


#: Jobs with what became of them: success, text, seconds.
_Batch: TypeAlias = list[tuple[_Job, tuple[bool, str, float]]]


def sweep(
    task: Callable[..., Any],
    grid: Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]],
    *,
    store: str | Path,
    executor: Executor | None = None,
    progress: bool = True,
    seed: int = 0,
    sources: Iterable[str | Path] = (),
) -> "pandas.DataFrame":
    """Run a task on every cell of a grid, except those that the store holds already.

    The task is called as ``task(seed=..., **cell)``. Its seed is an integer of 63 bits that depends on the content of
    the cell and on `seed`: not on the order of the grid, on its other cells, or on where the cell runs. Where two
    cells should share their randomness, as the arms of a paired comparison do, the task takes it from a parameter of
    theirs instead. Each cell computes with one thread.

    A finished cell is stored at once. Run the same sweep again after an interruption, and it goes on; run it with a
    larger grid, and only the new cells are computed. If the task has changed, all cells are computed again, and the
    old rows stay in the file. What counts is the code of the task and of all in its module that it uses; changes in
    other modules are noticed only if their files are named in `sources`.

    Parameters
    ----------
    task : function
        A function at the top of a module. It returns a dict of results, or a list of dicts, one for each row of the
        table; values are numbers, text, booleans, None, and lists or arrays of these.
    grid : dict of lists, or list of dicts
        The cells: all combinations of the values, or one by one. A cell passes through JSON before the task sees it,
        so a tuple becomes a list.
    store : path
        The SQLite file, which is created if need be. Tasks can share one; sweeps that run at the same time cannot.
    executor : concurrent.futures.Executor, optional
        Where to run; it is left open, and processes of it keep to one thread afterwards. By default a process for each
        processor, spawned; this process if there is one cell or one processor, or if the task is defined in a
        notebook, where other processes cannot find it.
    progress : bool
        Whether to show a progress bar on a terminal.
    seed : int
        Another seed draws everything anew.
    sources : iterable of path
        Further files whose code counts as the task's.

    Returns
    -------
    pandas.DataFrame
        The parameters, ``seed``, and the results, in the order of the grid.

    Raises
    ------
    SweepFailed
        If the task raised in some cells, after all others are done. A failed cell is run again the next time.
    BlockingIOError
        If another sweep is using the store.
    RuntimeError
        If a worker process died.

    Notes
    -----
    Used in: no chapter.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError("sweep answers with a table of pandas: pip install 'slthlib[data]'") from None
    cells = cells_of(grid)
    check_task(task, cells)
    if executor is not None and not isinstance(executor, Executor):
        raise TypeError(f"executor: expected a concurrent.futures.Executor or None, got {executor!r}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed: expected an integer, got {seed!r}")
    name, code = identity(task, sources)
    jobs = [_Job(*key_and_seed(cell, seed), cell) for cell in cells]
    failures = []
    with Store(store, name, code) as rows:
        results = rows.done(job.key for job in jobs)
        todo = [job for job in jobs if job.key not in results]
        if len(todo) == len(jobs) and (stale := rows.of_other_code()):
            _say(f"{name} has changed since {stale} cells were stored: all are computed again")
        show = progress and sys.stderr is not None and sys.stderr.isatty()
        # Closed at once when Ctrl-C comes, so that no process is left behind.
        with (
            closing(_finished(task, todo, executor)) as finished,
            tqdm(total=len(jobs), initial=len(results), desc=name, unit=" cells", disable=not show) as bar,
        ):
            for batch in finished:
                for job, (ok, text, seconds) in batch:
                    rows.put(job.key, canonical(job.cell), job.seed, ok, text, seconds)
                    if ok:
                        results[job.key] = text
                    else:
                        failures.append({"cell": job.cell, "seed": job.seed, **json.loads(text)})
                    bar.update()
                rows.settle()
    columns = [
        {**job.cell, "seed": job.seed, **row}
        for job in jobs
        if job.key in results
        for row in rows_from(results[job.key])
    ]
    frame = pandas.DataFrame(columns)
    if failures:
        order = {canonical(job.cell): place for place, job in enumerate(jobs)}
        failures.sort(key=lambda one: order[canonical(one["cell"])])
        few = "".join(f"\n  {canonical(one['cell'])}: {one['error']}" for one in failures[:5])
        raise SweepFailed(f"{len(failures)} of {len(jobs)} cells of {name} failed:{few}", failures, frame)
    return frame


def _finished(task: Callable[..., Any], jobs: list[_Job], executor: Executor | None) -> Generator[_Batch, None, None]:
    """What has finished, twice a second or more often."""
    workers = min(len(jobs), _threads.processors())
    if executor is None and (workers < 2 or not _importable(task)):
        with _threads.one_thread():
            for job in jobs:
                yield [(job, call(task, job.cell, job.seed))]
        return
    with _threads.one_thread(), _pool(executor, workers) as pool:
        waiting: dict[Future[tuple[bool, str, float]], _Job] = {}
        coming = iter(jobs)
        try:
            while True:
                for job in islice(coming, _AHEAD - len(waiting)):
                    waiting[pool.submit(_work, task, job.cell, job.seed)] = job
                if not waiting:
                    return
                done = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED).done
                yield [(waiting.pop(future), future.result()) for future in done]
        except BrokenExecutor as error:
            raise RuntimeError(
                "a worker process of the sweep died: out of memory, or the script that calls sweep lacks "
                "`if __name__ == '__main__':`. What was finished is stored; run it again to go on"
            ) from error
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def _pool(executor: Executor | None, workers: int) -> Iterator[Executor]:
    """The executor that was given, or processes of our own that do not outlive us."""
    if executor is not None:
        yield executor
        return
    spawned = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=spawned, initializer=_prepare)
    try:
        yield pool
    except BaseException:
        # Whoever pressed Ctrl-C should not wait for the cells that are running.
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(1)
        raise
    pool.shutdown()


def _prepare() -> None:
    """A worker leaves Ctrl-C to the process that started it, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _work(task: Callable[..., Any], cell: Cell, seed: int) -> tuple[bool, str, float]:
    """One cell, wherever it runs."""
    _threads.limit()
    return call(task, cell, seed)


def _importable(task: Callable[..., Any]) -> bool:
    """Whether another process can find the task: not if it was typed into a notebook or at a prompt."""
    return task.__module__ != "__main__" or bool(getattr(sys.modules["__main__"], "__file__", None))


def _say(line: str) -> None:
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)
