"""Work through a batch in chunks: on every core, with a progress bar on a terminal, and stopping on Ctrl-C."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

#: One byte that turns 1 when the user interrupts. Named once: annotations of nested functions are evaluated per call.
Halt: TypeAlias = NDArray[np.uint8]


def thread_count(threads: int | None) -> int:
    """``threads``, or SLTHLIB_THREADS, or the processors this process may use."""
    name = "threads"
    if threads is None:
        setting = os.environ.get("SLTHLIB_THREADS", "")
        if not setting:
            return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        name = "SLTHLIB_THREADS"
        try:
            threads = int(setting)
        except ValueError:
            raise ValueError(f"{name}: expected a whole number of at least 1, got {setting!r}") from None
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1:
        raise ValueError(f"{name}: expected a whole number of at least 1, got {threads!r}")
    return int(threads)


def run_in_chunks(
    work: Callable[[int, int, Halt], None],
    rows: int,
    seconds_each: float,
    *,
    threads: int | None,
    progress: bool | None,
    label: str,
) -> None:
    """Call ``work(start, stop, halt)`` over ``range(rows)``; kernels release the lock, so threads are enough.

    Every row is solved on its own, so the answers do not depend on the number of threads. ``halt[0]`` turns 1 when
    the user interrupts; kernels look at it between steps of a second or less.
    """
    workers = thread_count(threads)
    halt = np.zeros(1, dtype=np.uint8)
    total = rows * seconds_each
    if (workers == 1 and total < 0.5) or total < 5e-3:  # not worth a thread, and over before anybody could interrupt
        work(0, rows, halt)
        return
    # Chunks of at most a quarter of a second, and even in size: kernels take two rows at a time.
    chunk = max(2, min(-(-rows // (16 * workers)), int(0.25 / seconds_each)) // 2 * 2)
    starts = range(0, rows, chunk)
    if progress is None:
        progress = total / workers > 1.5 and sys.stderr is not None and sys.stderr.isatty()
    bar = tqdm(total=rows, desc=label, unit=" problems", disable=not progress, leave=False)
    with bar, ThreadPoolExecutor(min(workers, len(starts)), thread_name_prefix="slthlib") as pool:
        waiting = {pool.submit(work, start, min(start + chunk, rows), halt): start for start in starts}
        try:
            for done in as_completed(waiting):
                done.result()
                bar.update(min(chunk, rows - waiting[done]))
        except BaseException:
            halt[0] = 1
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_interruptibly(work: Callable[[Halt], None]) -> None:
    """Run one long kernel in a thread of its own, so that the main thread still hears Ctrl-C."""
    halt = np.zeros(1, dtype=np.uint8)
    failure: list[BaseException] = []

    def body() -> None:
        try:
            work(halt)
        except BaseException as error:  # handed to the caller below
            failure.append(error)

    thread = threading.Thread(target=body, daemon=True, name="slthlib")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.5)
    except BaseException:
        halt[0] = 1
        thread.join(2.0)
        raise
    if failure:
        raise failure[0]
