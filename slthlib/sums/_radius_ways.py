"""Covering radii of rows of whole numbers, in one of three ways: tables of sums, lists of sums, or short intervals."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_one, thread_count
from slthlib.sums._check import check_memory
from slthlib.sums._fixed_windows import FixedWindow
from slthlib.sums._jit import announce_compiling
from slthlib.sums._radius_kernels import double_radii, double_radii_by_lists, double_radii_by_tables

#: Up to so many items a list of all sums is shortest; beyond so many the exact radius takes hours.
_LISTED, _LARGEST = 12, 44
#: Measured seconds for one of the 2**n sums, from lists or by intervals, and for a word of a table.
_SECONDS_LISTED, _SECONDS_PER_SUM, _SECONDS_PER_WORD = 2e-9, 2e-10, 2e-10
#: Words of a table that no machine would hold.
_WORDS = 2.0**36
#: Sums in one part of a window that is worked through in parts.
_PART = 2.0**27


def table_seconds(n: int, words: Any) -> Any:
    """Seconds to fill a table of so many words with the sums of n items."""
    return n * words * _SECONDS_PER_WORD


def radii_within(
    window: FixedWindow, low: float, high: float, *, threads: int | None, progress: bool | None
) -> NDArray[np.float64]:
    """Covering radii of all rows, each in the cheapest way; low and high are the ends as they were given."""
    rows, n = window.rows.shape
    workers = thread_count(threads)
    unit = np.maximum(np.gcd.reduce(window.rows, axis=1), 1)
    words = np.abs(window.rows // unit[:, None]).sum(axis=1) / 128.0
    tabled = (table_seconds(n, words) < 2.0 ** min(n, 500) * _SECONDS_PER_SUM) & (words < _WORDS)
    doubled = np.empty(rows, np.int64)
    if tabled.any():
        which = np.flatnonzero(tabled)
        check_memory(min(workers, len(which)) * 16 * float(words[which].max()), f"a table of the sums of {n} items")
        doubled[which] = double_radii_from_tables(
            window, which, unit, table_seconds(n, words[which].mean()), threads, progress
        )
    if not tabled.all():
        which = np.flatnonzero(~tabled)
        if n > _LARGEST:
            raise ValueError(
                f"items: expected at most {_LARGEST} for the exact radius, got n = {n}; covering_radius_bounds "
                "brackets it for any n"
            )
        doubled[which] = _by_sums(window, which, workers, threads, progress)
    radii = window.radii(doubled)
    lost = window.slack > np.maximum(1e-3 * radii, 1e-9 * max(abs(low), abs(high)))
    if lost.any() and not low == high == 0:
        worst = np.argmax(window.slack * lost)
        raise ValueError(
            f"items: their sizes are so different that rounding may move sums by {window.slack[worst]:.3g}, too much "
            f"for a radius of about {radii[worst]:.3g}; covering_radius_bounds brackets it"
        )
    return radii


def double_radii_from_tables(
    window: FixedWindow,
    which: NDArray[np.intp],
    unit: NDArray[np.int64],
    seconds: float,
    threads: int | None,
    progress: bool | None,
) -> NDArray[np.int64]:
    """Twice the radii of the signed sums of some rows, from tables of the sums in units of ``unit``."""
    rows, low, high, unit = window.rows[which], window.low[which], window.high[which], unit[which]
    out = np.empty(len(which), np.int64)
    announce_compiling(double_radii_by_tables)

    def work(start: int, stop: int, halt: Halt) -> None:
        part = slice(start, stop)
        double_radii_by_tables(rows[part], unit[part], low[part], high[part], out[part], halt)

    _run(work, len(which), seconds + 2e-6, threads, progress)
    return out


def _by_sums(
    window: FixedWindow, which: NDArray[np.intp], workers: int, threads: int | None, progress: bool | None
) -> NDArray[np.int64]:
    rows, low, high = window.rows[which], window.low[which], window.high[which]
    n = rows.shape[1]
    if n <= _LISTED:
        out = np.empty(len(which), np.int64)
        announce_compiling(double_radii_by_lists)

        def list_all(start: int, stop: int, halt: Halt) -> None:
            part = slice(start, stop)
            double_radii_by_lists(rows[part], low[part], high[part], out[part], halt)

        _run(list_all, len(which), 2.0**n * _SECONDS_LISTED, threads, progress)
        return out
    # Parts bound the memory, and let several threads work on one problem; the largest of their gaps is the answer.
    parts = max(1, math.ceil(2.0**n / _PART))
    check_memory(workers * (2.0**30 if parts > 1 else 2.0**n), f"the sums of n = {n} items")
    found = np.empty(len(which) * parts, np.int64)
    announce_compiling(double_radii)

    def work(start: int, stop: int, halt: Halt) -> None:
        double_radii(rows, low, high, parts, start, stop, found, halt)

    _run(work, len(found), 2.0**n * _SECONDS_PER_SUM / parts + 1e-5, threads, progress)
    return found.reshape(-1, parts).max(axis=1)


def _run(
    work: Callable[[int, int, Halt], None], jobs: int, seconds: float, threads: int | None, progress: bool | None
) -> None:
    if jobs == 1:
        run_one(lambda halt: work(0, 1, halt), seconds)
    else:
        run_in_chunks(work, jobs, seconds, threads=threads, progress=progress, label="covering radii")
