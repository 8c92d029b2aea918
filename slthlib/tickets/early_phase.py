"""The early phase: change the weights of step k in one way, and see what the ticket loses."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.lab.statistics import PairedDifference, paired_difference
from slthlib.nets import Masks, Parameters
from slthlib.nets._checks import Seed, entropy, fraction, known, whole
from slthlib.tickets._recipe import LABELS, NOISE, OWN, TRAINING, Arm, Recipe, seed_for
from slthlib.tickets.pruning import iterative_pruning, keeps_down_to

__all__ = ["INTERVENTIONS", "EarlyPhase", "early_phase", "intervene"]


@dataclass(frozen=True, eq=False)
class EarlyPhase:
    """Accuracy of a ticket of step k whose weights were changed.

    Parameters
    ----------
    rewind : int
        The step k.
    keep : float
        Fraction of all weights that is kept.
    accuracy : dict from str to float64 [R]
        By intervention; "none" is the ticket as it is.
    masks : Masks
        What all of them keep.

    Notes
    -----
    Used in: no chapter.
    """

    rewind: int
    keep: float
    accuracy: dict[str, NDArray[np.float64]]
    masks: Masks = field(repr=False)

    def loss(self, intervention: str) -> PairedDifference:
        """How much accuracy an intervention costs: mean over replicas and its interval."""
        changed = self.accuracy[known("intervention", intervention, self.accuracy)]
        return paired_difference(self.accuracy["none"], changed)


def _shuffled(now: Tensor, initial: Tensor, kept: Tensor, rng: np.random.Generator) -> Tensor:
    places = kept.flatten().nonzero().squeeze(1)
    found = now.flatten().clone()
    found[places] = found[places[torch.from_numpy(rng.permutation(len(places)))]]
    return found.view(now.shape)


def _noise(now: Tensor, initial: Tensor, kept: Tensor, rng: np.random.Generator) -> Tensor:
    """Normal noise on the kept entries, as long as the way that training has moved them."""
    drawn = torch.from_numpy(rng.standard_normal(now.shape)).to(now) * kept
    return drawn * (((now - initial) * kept).norm() / drawn.norm())


#: What becomes of one weight tensor, from its values at step k and at step 0, and what is kept of it.
INTERVENTIONS: dict[str, Callable[[Tensor, Tensor, Tensor, np.random.Generator], Tensor]] = {
    "none": lambda now, initial, kept, rng: now,
    "initial weights": lambda now, initial, kept, rng: initial,
    "signs of k, sizes of 0": lambda now, initial, kept, rng: now.sign() * initial.abs(),
    "signs of 0, sizes of k": lambda now, initial, kept, rng: initial.sign() * now.abs(),
    "shuffled": _shuffled,
    "noise on k": lambda now, initial, kept, rng: now + _noise(now, initial, kept, rng),
    "noise on 0": lambda now, initial, kept, rng: initial + _noise(now, initial, kept, rng),
}


def intervene(name: str, now: Parameters, initial: Parameters, masks: Masks, *, seed: Seed) -> Parameters:
    """Change the weights of step k.

    Parameters
    ----------
    name : str
        "none"; "initial weights"; "signs of k, sizes of 0" and "signs of 0, sizes of k"; "shuffled": the kept weights
        of each layer change places; "noise on k" and "noise on 0": normal noise on those weights, as long in each
        layer as the way from step 0 to step k.
    now : Parameters
        At step k.
    initial : Parameters
        At step 0.
    masks : Masks
        What is kept.
    seed : int or numpy Generator
        Of shuffles and noise.

    Returns
    -------
    slthlib.nets.Parameters
        Changed weights; biases are those of step k, but for "initial weights".

    Notes
    -----
    Used in: tickets/existence.
    """
    change, number = INTERVENTIONS[known("intervention", name, INTERVENTIONS)], entropy("seed", seed)
    found = initial.clone() if name == "initial weights" else now.clone()
    for place, weight in enumerate(now.weights):
        rows = zip(now[weight], initial[weight], masks[weight], strict=True)
        found[weight] = torch.stack([
            change(*row, np.random.default_rng([number, replica, place])) for replica, row in enumerate(rows)
        ])  # fmt: skip
    return found


def early_phase(
    data: Any,
    *,
    rewind: int,
    keep: float,
    interventions: Iterable[str] = tuple(INTERVENTIONS),
    random_labels: bool = True,
    steps: int = 1000,
    seed: Seed,
    **options: Any,
) -> EarlyPhase:
    """Find tickets of step k, change their weights of that step in several ways, and train all of them from there on.

    Parameters
    ----------
    data : Dataset
        What to learn.
    rewind : int
        The step k, above 0.
    keep : float
        Fraction of all weights kept; rounds of 20 % lead there.
    interventions : iterable of str
        See `intervene`.
    random_labels : bool
        One more arm, "random labels": the first k steps were trained on the same inputs with labels drawn at random.
    steps : int
        Length of the training.
    seed : int or numpy Generator
        Of everything that is drawn.
    **options
        Of `iterative_pruning`, which finds the tickets.

    Returns
    -------
    EarlyPhase
        Accuracy by intervention; all see the same batches.

    Notes
    -----
    Used in: no chapter.
    """
    number, back = entropy("seed", seed), whole("rewind", rewind, 1)
    names = list(dict.fromkeys(["none", *(known("interventions", name, INTERVENTIONS) for name in interventions)]))
    keeps = keeps_down_to(fraction("keep", keep))
    found = iterative_pruning(data, keeps=keeps, rewind=back, steps=steps, seed=number, **{**options, "controls": ()})
    masks, now, last = found.masks[-1], found.weights[-1], len(keeps) - 1
    training = {name: option for name, option in options.items() if name in TRAINING}
    recipe = Recipe.of(data, (), found.network, steps, number, training)
    initial = recipe.draw(now.replicas, OWN)
    draws = seed_for(number, NOISE)
    starts = {name: intervene(name, now, initial, masks, seed=draws) for name in names}
    if random_labels:
        rng = np.random.default_rng([number, LABELS])
        labels = rng.integers(found.network.classes, size=len(data.train_y))
        other = SimpleNamespace(train_x=data.train_x, train_y=labels, test_x=data.test_x, test_y=data.test_y)
        arms = {"random labels": Arm(initial)}
        starts |= {name: arm.parameters for name, arm in recipe.train(arms, stop=back, data=other).items()}
    # The batches of the last level: the arm "none" is its ticket again.
    trained = recipe.train({name: Arm(start, masks, 2 * last + 1) for name, start in starts.items()}, start=back)
    return EarlyPhase(back, float(found.keeps[-1]), {name: arm.accuracy for name, arm in trained.items()}, masks)
