"""The training loop: lanes run in step, in stretches between the steps at which something is looked at."""

import sys
from collections.abc import Iterator

import torch
from tqdm import tqdm

from slthlib.nets._lane import Lane, Plan
from slthlib.nets._lanes import Lanes

#: Steps between two looks at the losses. If one is not finite, the lanes go back so far at most.
STRETCH = 64


def run_lanes(plan: Plan, lanes: list[Lane], workers: Lanes, progress: bool | None) -> tuple[int, list[int]]:
    """Train all lanes. The step at which a loss stopped being finite and where, or the last one and an empty list."""
    shown = sys.stderr is not None and sys.stderr.isatty() if progress is None else progress
    bar = tqdm(
        total=plan.stop - plan.start,
        desc="training",
        unit=" steps",
        leave=False,
        disable=not shown,
        delay=0 if progress else 1.5,  # short work needs no bar
    )
    with bar:
        for first, last in stretches(plan):
            workers.each(Lane.look, lanes, first)
            if first == last:
                break
            workers.each(Lane.run, lanes, first, last)
            bad = _first_bad(plan, lanes, first, last)
            if bad is not None:
                workers.each(Lane.go_back, lanes, last_good(plan, bad[0]))
                return bad
            bar.update(last - first)
    return plan.stop, []


def last_good(plan: Plan, bad: int) -> int:
    """The last step at which the losses were finite, if they were not at step ``bad``."""
    return max(plan.start, bad - 1)


def stretches(plan: Plan) -> Iterator[tuple[int, int]]:
    """From each step at which something is looked at to the next; at the end from the last step to itself."""
    marks = {plan.stop, *plan.keep_at, *range(plan.start, plan.stop, STRETCH)}
    if plan.evaluate_every is not None:
        marks |= {step for step in range(plan.start, plan.stop) if step % plan.evaluate_every == 0}
    ordered = sorted(marks)
    yield from zip(ordered, [*ordered[1:], plan.stop], strict=True)


def _first_bad(plan: Plan, lanes: list[Lane], first: int, last: int) -> tuple[int, list[int]] | None:
    """The first step of a stretch with a loss that is not finite, and its replicas."""
    rows = torch.cat([lane.losses[first - plan.start : last - plan.start].cpu() for lane in lanes], 1).isfinite()
    if last == plan.stop:  # no loss will tell about the last step
        rows = torch.cat([rows, torch.cat([lane.finite() for lane in lanes]).cpu().unsqueeze(0)])
    if bool(rows.all()):
        return None
    at = int((~rows).any(1).nonzero()[0])
    return first + at, (~rows[at]).nonzero().squeeze(1).tolist()
