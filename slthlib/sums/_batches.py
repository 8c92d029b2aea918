"""Work through a batch in chunks: on every core, with a progress bar on a terminal, and stopping on Ctrl-C."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

#: One byte that turns 1 when the user interrupts. Named once: annotations of nested functions are evaluated per call.
Halt: TypeAlias = NDArray[np.uint8]
#: A thread is started for so many seconds of work: about the time in which it starts.
_WORTH_A_THREAD = 2e-4
#: Bytes that what all threads work in may take together, unless that of one takes more.
_ROOM = 5e9


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
    memory: float = 0.0,
    abreast: int = 1,
) -> None:
    """Call ``work(start, stop, halt)`` over ``range(rows)``; kernels release the lock, so threads are enough.

    Every row is solved on its own, so the answers do not depend on the number of threads. A kernel that takes several
    rows abreast is given that many at least. Fewer threads work where not all have room, each of them taking
    ``memory`` bytes. ``halt[0]`` turns 1 when the user interrupts; kernels look at it between steps of a second or
    less. If ``work`` fails, what raises is its failure at the lowest rows.
    """
    total = rows * seconds_each
    workers = min(thread_count(threads), rows, 1 + int(total / _WORTH_A_THREAD))
    workers = min(workers, max(1, int(_ROOM / max(memory, 1.0))))
    chunk = _chunk_size(rows, seconds_each, workers, abreast)
    if progress is None:
        progress = total / workers > 1.5 and sys.stderr is not None and sys.stderr.isatty()
    run = _Run(work, rows, chunk)
    # The calling thread takes its share, but not of chunks so long that Ctrl-C would have to wait for their end.
    helps = chunk * seconds_each < 0.15
    bar = tqdm(total=rows, desc=label, unit=" problems", leave=False) if progress else None
    others = [threading.Thread(target=run.drain, daemon=True, name="slthlib") for _ in range(workers - helps)]
    try:
        for thread in others:
            thread.start()
        if helps:
            run.drain(bar)
        for thread in others:
            while thread.is_alive():
                thread.join(0.1)
                run.show(bar)
    except BaseException:
        run.halt[0] = 1
        for thread in others:
            thread.join(2.0)
        raise
    finally:
        if bar is not None:
            bar.close()
    if run.failures:
        raise min(run.failures, key=lambda failure: failure[0])[1]


def _chunk_size(rows: int, seconds_each: float, workers: int, abreast: int) -> int:
    """Eight chunks or more a worker, of a tenth of a second and 2**16 rows at most, and a millisecond at least."""
    size = min(-(-rows // (8 * workers)), int(0.1 / seconds_each))
    size = max(size, min(int(1e-3 / seconds_each), -(-rows // workers)), 1)
    size = min(size, 1 << 16)
    abreast = max(abreast, 64 if size >= 256 else 4 if size >= 4 else 1)
    return -(-size // abreast) * abreast


class _Run:
    """The chunks that wait, and what became of the others."""

    def __init__(self, work: Callable[[int, int, Halt], None], rows: int, chunk: int) -> None:
        self.work, self.rows, self.chunk = work, rows, chunk
        self.halt: Halt = np.zeros(1, dtype=np.uint8)
        self.waiting = deque(range(0, rows, chunk))
        self.done: list[int] = []
        self.shown = 0
        self.failures: list[tuple[int, BaseException]] = []

    def drain(self, bar: "tqdm | None" = None) -> None:
        """Work on what waits until nothing does."""
        while not self.halt[0]:
            try:
                start = self.waiting.popleft()
            except IndexError:
                return
            stop = min(start + self.chunk, self.rows)
            try:
                self.work(start, stop, self.halt)
            except Exception as failure:  # chunks before this one have all begun, and are let finish
                self.failures.append((start, failure))
                self.waiting.clear()
                return
            self.done.append(stop - start)
            self.show(bar)

    def show(self, bar: "tqdm | None") -> None:
        """Bring the progress bar up to date."""
        if bar is not None:
            now = sum(self.done)
            bar.update(now - self.shown)
            self.shown = now


def run_one(work: Callable[[Halt], None], seconds: float) -> None:
    """Run one kernel: at once, or, if it takes long, so that Ctrl-C is heard."""
    if seconds > 0.5:
        run_interruptibly(work)
    else:
        work(np.zeros(1, dtype=np.uint8))


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
