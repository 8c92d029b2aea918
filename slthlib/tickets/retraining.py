"""After pruning: go back to earlier weights, or keep the trained ones and go back to earlier learning rates."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from slthlib.nets._checks import Seed, entropy, known, whole
from slthlib.tickets.pruning import iterative_pruning
from slthlib.tickets.results import Tickets

__all__ = ["METHODS", "compare_retraining"]

#: What each method keeps of the training before: the weights it starts from, and whether the rates are repeated.
METHODS = {
    "reset": "rewind",  # initial weights, all steps
    "weight rewinding": "rewind",
    "learning-rate rewinding": "lr-rewind",
    "fine-tuning": "fine-tune",
}


def compare_retraining(
    data: Any,
    *,
    keeps: ArrayLike,
    again: int | None = None,
    methods: Sequence[str] = tuple(METHODS),
    iterate: bool = False,
    steps: int = 1000,
    seed: Seed,
    **options: Any,
) -> dict[str, Tickets]:
    """Prune, and retrain in several ways, each with the same number of steps but for the reset.

    Weight rewinding takes the weights of step ``steps - again`` and the learning rates from there on; learning-rate
    rewinding takes the same rates but the trained weights; fine-tuning takes the trained weights and a small constant
    rate. The reset trains from the initial weights for all ``steps``.

    Parameters
    ----------
    data : Dataset
        What to learn.
    keeps : sequence of float
        Fraction of all weights kept at each level, falling.
    again : int, optional
        Steps of retraining; ``steps`` by default, where weight rewinding is the reset.
    methods : sequence of str
        Among "reset", "weight rewinding", "learning-rate rewinding" and "fine-tuning".
    iterate : bool
        Prune in rounds; in one shot by default.
    steps : int
        Length of the first training.
    seed : int or numpy Generator
        Of everything that is drawn: all methods share it.
    **options
        Of `iterative_pruning`.

    Returns
    -------
    dict from str to Tickets
        By method.

    Notes
    -----
    Used in: no chapter.
    """
    length = whole("steps", steps, 1)
    back = length - (length if again is None else whole("again", again, 1, length))
    number, options = entropy("seed", seed), {"controls": (), **options}
    for name in methods:
        known("methods", name, METHODS)
    return {
        name: iterative_pruning(
            data,
            keeps=keeps,
            rewind=0 if name == "reset" else back,
            retrain=METHODS[name],
            iterate=iterate,
            steps=length,
            seed=number,
            **options,
        )
        for name in methods
    }
