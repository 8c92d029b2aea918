"""Schedules: the factor on the learning rate as a function of the absolute step, so that a run can start at step k."""

import math
from collections.abc import Callable

from slthlib.nets._checks import known, real, whole

__all__ = ["constant", "cosine", "steps_down", "warm_up"]

Schedule = Callable[[int], float]


def cosine(steps: int) -> Schedule:
    """Fall from 1 to 0 along half a cosine: ``(1 + cos(pi t / steps)) / 2`` at step t.

    Parameters
    ----------
    steps : int
        Length of the whole schedule.

    Returns
    -------
    callable
        Factor by step.

    Notes
    -----
    Used in: no chapter.
    """
    length = whole("steps", steps, 1)
    return lambda step: (1 + math.cos(math.pi * min(step, length) / length)) / 2


def constant() -> Schedule:
    """Stay at 1.

    Returns
    -------
    callable
        Factor by step.

    Notes
    -----
    Used in: no chapter.
    """
    return lambda step: 1.0


def steps_down(steps: int, *, at: tuple[float, ...] = (0.5, 0.75), by: float = 0.1) -> Schedule:
    """Fall by a factor at some fractions of the run.

    Parameters
    ----------
    steps : int
        Length of the whole schedule.
    at : tuple of float
        Fractions of ``steps`` from which on another factor holds.
    by : float
        That factor.

    Returns
    -------
    callable
        Factor by step.

    Notes
    -----
    Used in: no chapter.
    """
    length = whole("steps", steps, 1)
    return lambda step: by ** sum(step >= fraction * length for fraction in at)


def warm_up(schedule: Schedule, steps: int) -> Schedule:
    """Rise linearly to a schedule over its first steps.

    Parameters
    ----------
    schedule : callable
        Factor by step.
    steps : int
        How many steps the rise takes; the factor at step t < steps is multiplied by (t + 1) / (steps + 1).

    Returns
    -------
    callable
        Factor by step.

    Notes
    -----
    Used in: no chapter.
    """
    length = whole("steps", steps, 0)
    return lambda step: schedule(step) * min(1.0, (step + 1) / (length + 1))


#: By name, for a run of so many steps.
SCHEDULES: dict[str, Callable[[int], Schedule]] = {
    "cosine": cosine,
    "constant": lambda steps: constant(),
    "step": steps_down,
}


def rates(schedule: str | Schedule, rate: float, steps: int, start: int, stop: int) -> list[float]:
    """Learning rates from step ``start`` to before ``stop``, of a schedule by name or the callable itself."""
    factor = schedule if callable(schedule) else SCHEDULES[known("schedule", schedule, SCHEDULES)](steps)
    return [rate * real("schedule", factor(step), least=0) for step in range(start, stop)]
