"""Which sums can be made: a bit for each, set by shifting and joining, or lists that meet in the middle."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_one, thread_count
from slthlib.sums._bitset_kernels import count_reachable, table_of
from slthlib.sums._check import check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums._meeting_kernels import count_marked, mark_by_meeting
from slthlib.sums._ranges import Window, check_range, whole_rows

#: Measured seconds: to shift and join one word, for one step along the lists, to mark one sum.
_SECONDS_PER_WORD = 4e-10
_SECONDS_PER_STEP = 1e-8
_SECONDS_PER_MARK = 2e-9


def reachable_sums(items: ArrayLike, low: int, high: int) -> NDArray[np.bool_]:
    """Tell which of the integers from ``low`` to ``high`` are sums of some of the items.

    Parameters
    ----------
    items : int [n]
        Integers of either sign, any number of them; the absolute values sum to at most 2**63 - 1.
    low, high : int
        The range asked for, both ends included.

    Returns
    -------
    bool [high - low + 1]
        Entry i tells whether some subset adds up to ``low + i``. The empty subset makes 0.

    Raises
    ------
    ValueError, TypeError
        For items or ends of the range that are not whole numbers, low > high, sums beyond 64 bits, or a problem
        that would not fit into memory either way.

    Notes
    -----
    With T the sum of the absolute values, divided by their greatest common divisor, a table holds a bit for each of
    at most T / 2 sums: the rest is its mirror image, and the sums of negative items are those of their absolute
    values, shifted. Every item shifts the table and joins it with itself: time grows as n T / 64, memory as T / 16
    bytes. Where the items are large and few, two merged lists of ``2**(n/2)`` sums are met in the middle instead.

    Examples
    --------
    >>> reachable_sums([3, -1], -1, 3)
    array([ True,  True, False,  True,  True])

    Used in: sums/quantized, strong/pruning_is_all.
    """
    rows, _ = whole_rows(items, batch=False)
    low, high = check_range(low, high)
    check_memory(2.0 * (high - low + 1), f"a range of {high - low + 1} numbers")
    out = np.zeros(high - low + 1, np.bool_)
    window = Window.around(rows, low, high)
    first, last, unit = (int(x[0]) for x in (window.first, window.last, window.unit))
    if first > last:
        return out
    row = window.rows[0]
    plan = Plan.make(window, 1)
    found: list[Any] = []
    announce_compiling(mark_by_meeting if plan.meet else table_of)

    def work(halt: Halt) -> None:
        if plan.meet:
            words, total = np.empty((last - first) // 64 + 1, np.uint64), int(row.sum())
            mark_by_meeting(row, 2 * first - total, 2 * last - total, words, halt)
            found.append(words)
        else:
            found.extend(table_of(row, first, last, halt))

    run_one(work, plan.seconds)
    part = out[first * unit - low : last * unit - low + 1 : unit]
    if plan.meet:
        part[:] = _bits(found[0], 0, last - first)
        return out
    table, shift, total = found[0][1:], found[1], found[2]
    start, stop, half = first - shift, last - shift, total // 2
    if start <= half:
        part[: half - start + 1] = _bits(table, start, min(stop, half))
    if stop > half:
        mirrored = _bits(table, total - stop, min(total - start, total - half - 1), backwards=True)
        part[len(part) - len(mirrored) :] = mirrored
    return out


def count_missed(
    items: ArrayLike, low: int, high: int, *, threads: int | None = None, progress: bool | None = None
) -> int | NDArray[np.int64]:
    """Count the integers from ``low`` to ``high`` that are not the sum of any of the items.

    Parameters
    ----------
    items : int [n] or [B, n]
        One problem, or one a row; as in `reachable_sums`, which also tells what it costs.
    low, high : int
        The range, both ends included, the same for every row.
    threads : int, optional
        How many threads to use; by default SLTHLIB_THREADS or every processor. The answers do not depend on it.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for work of more than a second or two.

    Returns
    -------
    int, or int64 [B]

    Raises
    ------
    ValueError, TypeError
        As in `reachable_sums`.

    Examples
    --------
    >>> count_missed([3, -1], -1, 3)
    1

    Used in: sums/quantized, appendix/products, appendix/certificates.
    """
    rows, many = whole_rows(items, batch=None)
    low, high = check_range(low, high)
    workers = thread_count(threads) if len(rows) > 1 or threads is not None else 1
    window = Window.around(rows, low, high)
    plan = Plan.make(window, workers)
    found = np.empty(len(rows), np.int64)
    solver = count_marked if plan.meet else count_reachable
    announce_compiling(solver)

    def work(start: int, stop: int, halt: Halt) -> None:
        part = slice(start, stop)
        solver(window.rows[part], window.first[part], window.last[part], found[part], halt)

    if len(rows) == 1:
        run_one(lambda halt: work(0, 1, halt), plan.seconds)
    else:
        run_in_chunks(work, len(rows), plan.seconds, threads=threads, progress=progress, label="ranges of sums")
    missed = high - low + 1 - found
    return missed if many else int(missed[0])


@dataclass(frozen=True)
class Plan:
    """Whether to meet in the middle, and the seconds a row takes."""

    meet: bool
    seconds: float

    @classmethod
    def make(cls, window: Window, tables: int) -> "Plan":
        """Choose the faster way of those that fit into memory, ``tables`` at a time."""
        n = window.rows.shape[1]
        tables = min(tables, len(window.rows))
        by_table = n * window.mean_top / 64 * _SECONDS_PER_WORD + 1e-6
        # Of 2**n sums about this many fall into the window, unless they coincide and are met only once.
        steps = 2.0 ** min(n / 2, 500)
        marks = min(steps * steps * min(1.0, window.width / window.spread), steps * window.width)
        by_lists = steps * _SECONDS_PER_STEP + marks * _SECONDS_PER_MARK + 1e-6
        ways = [
            (by_table, False, window.top / 4),
            (by_lists, True, 24 * 2.0 ** min(n // 2, 500) + window.width / 8),
        ]
        ways.sort()
        for seconds, meet, memory in ways:
            try:
                check_memory(tables * memory, "")
            except ValueError:
                continue
            return cls(meet, seconds)
        least = min(way[2] for way in ways)
        check_memory(tables * least, f"a table or lists of the sums of n = {n} items")
        raise AssertionError("one of the two ways fits")


def _bits(words: NDArray[np.uint64], low: int, high: int, *, backwards: bool = False) -> NDArray[np.bool_]:
    """Bits low..high of a table, or high..low; words are little-endian, as on every machine that numba supports."""
    whole = words.view(np.uint8)[low // 8 : high // 8 + 1]
    if backwards:
        skip, bits = 7 - high % 8, np.unpackbits(whole[::-1], bitorder="big")
    else:
        skip, bits = low % 8, np.unpackbits(whole, bitorder="little")
    return bits[skip : skip + high - low + 1].view(np.bool_)
