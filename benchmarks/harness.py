"""How contestants are timed: interleaved, round after round, on the same problems, with their answers checked.

A `Task` draws problems and knows the truth; a `Rival` solves them. In each round every rival takes its turn, on as
many problems as fit its time. Times are wall times per problem: the median over the rounds, and the extremes. A rival
that is not installed is reported as such.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import numpy as np

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
SEED = 2001
#: Seconds a rival may spend on one size before it gets no further rounds.
SHARE = 40.0


@dataclass
class Rival:
    """One row of the table.

    Parameters
    ----------
    name, package : str
        What the table calls it, and whose version stands beside it.
    load : callable
        Imports what is needed and returns ``solve``, which takes one problem, or all of a round if ``batch``.
    each : dict of int to int
        Problems a round, by size.
    batch : bool
    threads : int
    form : callable
        Turns a problem into what the rival likes best; its time is not counted.
    """

    name: str
    package: str
    load: Callable[[], Callable[[Any], Any]]
    each: dict[int, int]
    batch: bool = False
    threads: int = 1
    form: Callable[[Any], Any] = lambda problem: problem
    solve: Callable[[Any], Any] | None = None
    times: dict[int, list[float]] = field(default_factory=dict)
    right: dict[int, list[bool]] = field(default_factory=dict)
    off: dict[int, list[float]] = field(default_factory=dict)
    seen: dict[int, set[int]] = field(default_factory=dict)


@dataclass
class Task:
    """What all rivals of one table do.

    Parameters
    ----------
    name : str
    draw : callable
        ``draw(rng, n, count)`` gives a sequence of problems that can be indexed by an array.
    truth : callable
        Answers of a trusted solver to such a sequence.
    rivals : list of Rival
        The first is ours: ratios compare with it.
    judge : callable
        ``judge(found, truth)``: whether an answer is right.
    off : callable or None
        ``off(found, truth)``: how far from it, a number of at least 1 if it is not.
    """

    name: str
    draw: Callable[[np.random.Generator, int, int], Any]
    truth: Callable[[Any], Sequence[Any]]
    rivals: list[Rival]
    judge: Callable[[Any, Any], bool] = lambda found, truth: found == truth
    off: Callable[[Any, Any], float] | None = None

    def sizes(self) -> list[int]:
        """All sizes that any rival runs."""
        return sorted({n for rival in self.rivals for n in rival.each})


def run(task: Task, n: int, rounds: int) -> None:
    """Round-robin: every rival once a round. Batches take the whole pool, others the next problems of it."""
    for rival in task.rivals:
        if rival.solve is None and n in rival.each:
            try:
                rival.solve = rival.load()
            except ImportError:  # its row says so
                continue
    rivals = [rival for rival in task.rivals if n in rival.each and rival.solve]
    if not rivals:
        return
    size = max(rival.each[n] for rival in rivals)
    problems = task.draw(np.random.default_rng([SEED, n]), n, size)
    truth = task.truth(problems)
    for rival in rivals:  # not counted: imports, compilation, first allocations
        if rival.batch or rival.each[n] > 3:
            rival.solve(rival.form(problems[:2]) if rival.batch else rival.form(problems[0]))
    for turn in range(rounds):
        for rival in rivals:
            if not rival.times.get(n) or sum(rival.times[n]) * rival.each[n] / 1e6 < SHARE:
                _take_turn(task, rival, n, turn, problems, truth)


def _take_turn(task: Task, rival: Rival, n: int, turn: int, problems: Any, truth: Sequence[Any]) -> None:
    size, count = len(problems), rival.each[n]
    chosen = np.arange(count) if rival.batch else np.arange(turn * count, (turn + 1) * count) % size
    given = rival.form(problems[chosen]) if rival.batch else [rival.form(problems[i]) for i in chosen]
    assert rival.solve is not None
    begin = time.perf_counter()
    found = rival.solve(given) if rival.batch else [rival.solve(one) for one in given]
    rival.times.setdefault(n, []).append((time.perf_counter() - begin) / count * 1e6)
    if turn and rival.batch:
        return  # the same problems again
    rival.seen.setdefault(n, set()).update(chosen.tolist())
    pairs = [(one, truth[i]) for one, i in zip(found, chosen, strict=True)]
    rival.right.setdefault(n, []).extend(bool(task.judge(*pair)) for pair in pairs)
    if task.off is not None:
        rival.off.setdefault(n, []).extend(task.off(*pair) for pair in pairs)


def table(task: Task) -> Iterator[dict[str, Any]]:
    """Rows of one task, ordered by size."""
    for n in task.sizes():
        ours = next(iter(task.rivals))
        for rival in task.rivals:
            if n not in rival.each or (rival.solve and n not in rival.times):
                continue
            row = {"task": task.name, "n": n, "rival": rival.name, "version": "not installed", "threads": rival.threads,
                   "instances": 0, "median_us": 0.0, "min_us": 0.0, "max_us": 0.0, "ratio_to_ours": 0.0, "agrees": "",
                   "median_excess": 1.0}  # fmt: skip
            if n in rival.times:
                times, right = rival.times[n], rival.right[n]
                median = float(np.median(times))
                row |= {"version": metadata.version(rival.package) if rival.package else "",
                        "instances": len(rival.seen[n]), "median_us": median, "min_us": min(times),
                        "max_us": max(times), "agrees": f"{sum(right)}/{len(right)}",
                        "ratio_to_ours": median / float(np.median(ours.times[n])) if n in ours.times else 0.0,
                        "median_excess": float(np.median(rival.off[n])) if n in rival.off else 1.0}  # fmt: skip
            yield row


def line(row: dict[str, Any]) -> str:
    """A row for the terminal."""
    figures = f"{row['median_us']:16,.2f} us [{row['min_us']:,.2f}, {row['max_us']:,.2f}]" if row["agrees"] else ""
    return (
        f"{row['task']:18} {row['n']:9} {row['rival']:34} {row['version']:13} {row['threads']} thr "
        f"{row['instances']:7} {figures:52} {row['ratio_to_ours']:14,.2f}x {row['agrees']} {row['median_excess']:.3g}"
    )
