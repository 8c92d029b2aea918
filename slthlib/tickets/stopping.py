"""How soon a ticket learns: the step with the smallest loss on examples held out from training, never the test set."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.nets import Parameters, accuracy, losses_of
from slthlib.nets._checks import Seed, entropy, whole
from slthlib.tickets._recipe import VALIDATION, Arm, Recipe
from slthlib.tickets.results import Tickets

__all__ = ["Stopping", "early_stopping", "held_out"]


@dataclass(frozen=True, eq=False)
class Stopping:
    """When training would have stopped, for L levels of R replicas.

    Parameters
    ----------
    keeps : float64 [L]
        Fraction of all weights that is kept.
    step : dict from str to int64 [L, R]
        The step with the smallest validation loss, for "ticket" and each control.
    accuracy : dict from str to float64 [L, R]
        Test accuracy at that step.

    Notes
    -----
    Used in: no chapter.
    """

    keeps: NDArray[np.float64]
    step: dict[str, NDArray[np.int64]]
    accuracy: dict[str, NDArray[np.float64]] = field(repr=False)


def held_out(data: Any, validation: int, *, seed: Seed) -> tuple[Any, Any, Any]:
    """Part the training examples; the test examples stay out of it.

    Parameters
    ----------
    data : Dataset
        Whose training examples to part.
    validation : int
        How many to hold out.
    seed : int or numpy Generator
        Which.

    Returns
    -------
    data set, array, array
        One with the remaining examples to train on; inputs and labels of those held out.

    Notes
    -----
    Used in: no chapter.
    """
    count = whole("validation", validation, 1, len(data.train_y) - 1)
    order = np.random.default_rng([entropy("seed", seed), VALIDATION]).permutation(len(data.train_y))
    out, rest = np.sort(order[:count]), np.sort(order[count:])
    fit = SimpleNamespace(train_x=data.train_x[rest], train_y=data.train_y[rest], test_x=data.test_x,
                          test_y=data.test_y, classes=getattr(data, "classes", None))  # fmt: skip
    return fit, data.train_x[out], data.train_y[out]


def early_stopping(
    data: Any,
    tickets: Tickets,
    *,
    validation: int = 500,
    every: int = 20,
    rewind: int = 0,
    steps: int = 1000,
    seed: Seed,
    **training: Any,
) -> Stopping:
    """Train tickets and their controls again, and find the step at which the validation loss is smallest.

    Parameters
    ----------
    data : Dataset
        What to learn, less the examples that are held out.
    tickets : Tickets
        What to train: masks, weights to start from, and controls.
    validation : int
        Training examples to hold out.
    every : int
        Steps from one evaluation to the next.
    rewind : int
        The step that the tickets were rewound to.
    steps : int
        Length of the training.
    seed : int or numpy Generator
        Of the batches, and of what is held out.
    **training
        Options of `slthlib.nets.train`.

    Returns
    -------
    Stopping
        Steps, and test accuracies at these steps.

    Notes
    -----
    Used in: no chapter.
    """
    number = entropy("seed", seed)
    fit, x, y = held_out(data, validation, seed=number)
    recipe = Recipe.of(fit, (), tickets.network, steps, number, training)
    back = whole("rewind", rewind, 0, recipe.steps - 1)
    marks = sorted({*range(back, recipe.steps, whole("every", every, 1)), recipe.steps})
    arms = {"ticket": tickets, **tickets.controls}
    rows = []
    for level in range(len(tickets.keeps)):
        starts = {name: Arm(arm.weights[level], arm.masks[level], level) for name, arm in arms.items()}
        trained = recipe.train(starts, start=back, keep_at=marks)
        row = {}
        for name, arm in trained.items():
            losses = np.array([losses_of(recipe.network, arm.kept[mark], x, y) for mark in marks])
            best = losses.argmin(axis=0)
            row[name] = best, _test_accuracy(recipe, [arm.kept[mark] for mark in marks], best)
        rows.append(row)
    step = {name: np.array([np.array(marks)[row[name][0]] for row in rows]) for name in arms}
    return Stopping(tickets.keeps, step, {name: np.array([row[name][1] for row in rows]) for name in arms})


def _test_accuracy(recipe: Recipe, kept: list[Parameters], best: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each replica at its own step."""
    right = [accuracy(recipe.network, kept[mark].select([replica]), *recipe.tests)[0]
             for replica, mark in enumerate(best)]  # fmt: skip
    return np.array(right)
