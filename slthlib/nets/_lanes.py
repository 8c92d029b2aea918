"""Share replicas between threads. A replica's arithmetic runs on one thread, so its bits do not depend on how many."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from threading import Event
from types import TracebackType
from typing import Any, Self, TypeVar

import torch

from slthlib.nets._checks import whole

U = TypeVar("U")


def thread_count(threads: int | None) -> int:
    """``threads``, or SLTHLIB_THREADS, or the processors this process may use."""
    if threads is not None:
        return whole("threads", threads, 1)
    setting = os.environ.get("SLTHLIB_THREADS", "")
    if setting:
        if not setting.isdecimal() or int(setting) < 1:
            raise ValueError(f"SLTHLIB_THREADS: expected a whole number of at least 1, got {setting!r}")
        return int(setting)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parts(replicas: int, device: torch.device, threads: int | None) -> list[slice]:
    """Replicas for each lane: as many lanes as threads on the CPU, one on a GPU."""
    count = min(thread_count(threads), replicas) if device.type == "cpu" else 1
    ends = [replicas * part // count for part in range(count + 1)]
    return [slice(start, stop) for start, stop in pairwise(ends)]


class Lanes:
    """Threads that work side by side; torch gives each of them one core. The caller waits, and hears Ctrl-C."""

    def __init__(self, count: int) -> None:
        self.halt = Event()
        self._count = count

    def __enter__(self) -> Self:
        self._before = torch.get_num_threads()
        torch.set_num_threads(1)  # the caller has little to do, and would only be in the way
        self._pool = ThreadPoolExecutor(self._count, "slthlib", initializer=_prepare)
        return self

    def each(self, work: Callable[..., U], items: Sequence[Any], *arguments: Any) -> list[U]:
        """``work(item, *arguments, halt)`` for every item at once; if one fails the others are told to halt."""
        futures = [self._pool.submit(work, item, *arguments, self.halt) for item in items]
        try:
            while wait(futures, timeout=0.1).not_done:
                if any(future.done() and future.exception() for future in futures):
                    self.halt.set()
        except BaseException:
            self.halt.set()
            wait(futures)
            raise
        return [future.result() for future in futures]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
        torch.set_num_threads(self._before)


def _prepare() -> None:
    """Set up a thread of a lane."""
    torch.set_num_threads(1)
    # Second moments of tiny gradients fall below the smallest normal number, where a root takes ten times as long.
    torch.set_flush_denormal(True)
