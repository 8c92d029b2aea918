"""Rethinking: does the ticket need its weights, or its mask, if the others may train as long or as dearly?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets import Convolution, Linear, Network
from slthlib.nets._checks import Seed, real
from slthlib.tickets._recipe import Arm, Recipe
from slthlib.tickets.results import Tickets

__all__ = ["Scratch", "multiplications", "scratch"]

#: Which arm of the pruning stands for what.
_ARMS = {"ticket": "ticket", "scratch, same mask": "reinit", "scratch, same densities": "random"}


@dataclass(frozen=True, eq=False)
class Scratch:
    """Tickets beside networks that start from scratch, at L levels, of R replicas.

    Parameters
    ----------
    keeps : float64 [L]
        Fraction of all weights that is kept.
    same_steps : dict from str to float64 [L, R]
        Accuracy after as many steps as the dense network took: Scratch-E, and the ticket.
    same_cost : dict from str to float64 [L, R]
        Accuracy after about as many multiplications as the dense network took: Scratch-B, and the ticket.
    steps : int64 [L]
        How many steps the latter are.

    Notes
    -----
    Used in: no chapter.
    """

    keeps: NDArray[np.float64]
    same_steps: dict[str, NDArray[np.float64]] = field(repr=False)
    same_cost: dict[str, NDArray[np.float64]] = field(repr=False)
    steps: NDArray[np.int64]


def multiplications(network: Network, masks: Mapping[str, Tensor] | None = None) -> NDArray[np.float64]:
    """Multiplications of weights in a forward pass of one example, pruned weights left out.

    Parameters
    ----------
    network : Network
        Which.
    masks : Masks, optional
        What is kept; everything by default.

    Returns
    -------
    float64 [R]
        One number for each replica; one number in all without masks.

    Notes
    -----
    Used in: no chapter.
    """
    given, total, position, at = masks or {}, np.zeros(1), 0, network.input_shape
    for layer in network.layers:
        at = layer.shape(at)
        if isinstance(layer, Linear | Convolution):
            name, places = f"weight{position}", math.prod(at[1:])  # a kernel acts once at each place
            kept = np.array([math.prod(layer.weight_shape)], dtype=np.float64)
            if name in given:
                kept = given[name].flatten(1).sum(1).double().cpu().numpy()
            total, position = total + places * kept, position + 1
    return total


def scratch(
    data: Any,
    tickets: Tickets,
    *,
    longest: float = 8.0,
    steps: int = 1000,
    seed: Seed,
    **training: Any,
) -> Scratch:
    """Train tickets and networks of the same shape from scratch, as long as their cost allows.

    Three arms: the ticket, its mask with other weights, and a random mask of the same densities with other weights.
    The pruning has trained them for ``steps`` steps, as many as the dense network: that is Scratch-E. Here they train
    for as many steps as cost what the dense training cost, with the schedule stretched: that is Scratch-B.

    Parameters
    ----------
    data : Dataset
        What to learn.
    tickets : Tickets
        Reset to their initial weights, with the controls "reinit" and "random".
    longest : float
        At most so many times ``steps``.
    steps : int
        Length of the training of the dense network.
    seed : int or numpy Generator
        Of the batches.
    **training
        Options of `slthlib.nets.train`, those of the pruning.

    Returns
    -------
    Scratch
        Accuracies of the arms under both budgets.

    Notes
    -----
    Used in: no chapter.
    """
    most = real("longest", longest, least=1)
    for name in _ARMS.values():
        if name != "ticket" and name not in tickets.controls:
            raise ValueError(
                f"tickets: expected controls reinit and random, got {', '.join(tickets.controls) or 'none'}"
            )
    arms = {name: tickets if arm == "ticket" else tickets.controls[arm] for name, arm in _ARMS.items()}
    recipe = Recipe.of(data, (), tickets.network, steps, seed, training)
    dense, lengths, rows = multiplications(tickets.network)[0], [], []
    for level, masks in enumerate(tickets.masks):
        share = float(multiplications(tickets.network, masks).mean() / dense)
        lengths.append(round(recipe.steps * min(most, 1 / share)))
        starts = {name: Arm(arm.weights[level], arm.masks[level], level) for name, arm in arms.items()}
        rows.append(recipe.train(starts, steps=lengths[-1]))
    return Scratch(
        keeps=tickets.keeps,
        same_steps={name: arm.accuracy for name, arm in arms.items()},
        same_cost={name: np.stack([row[name].accuracy for row in rows]) for name in arms},
        steps=np.array(lengths),
    )
