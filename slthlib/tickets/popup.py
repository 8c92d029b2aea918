"""Edge-popup: find a subnetwork of a random network that does the task, without training a weight.

Every weight has a score. The forward pass keeps the largest scores of each layer; the backward pass moves every score
as if the mask were the score itself, so that a connection which would have helped pops up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets import Masks, Parameters
from slthlib.nets._checks import check_parameters
from slthlib.nets._lane import Flat
from slthlib.nets.networks import Network
from slthlib.nets.optimizers import SGD
from slthlib.nets.schedules import Schedule
from slthlib.tickets._top import TopK, counts_of
from slthlib.tickets._values import Part, Seeds, draw_scores, keys_of, train_values, with_weights

__all__ = ["Hidden", "edge_popup", "scale_kept"]


@dataclass(frozen=True)
class Hidden:
    """Subnetworks found in R random networks.

    Parameters
    ----------
    masks : Masks
        Which weights are kept.
    parameters : Parameters
        What is left: exactly 0 where a mask is False, the random weights (scaled, or made binary) elsewhere.
    scores : Parameters
        What was trained, one score for each weight.
    losses : float64 [steps, R]
        Mean cross-entropy of each batch, before the step that it leads to.

    Notes
    -----
    Used in: no chapter.
    """

    masks: Masks
    parameters: Parameters
    scores: Parameters
    losses: NDArray[np.float64]


def scale_kept(parameters: Parameters, keep: Any) -> Parameters:
    """Divide each weight by the root of the fraction that its layer keeps, so that signals keep their size.

    Of a sum of n random terms, the fraction kept has the variance of the whole sum times that fraction.

    Parameters
    ----------
    parameters : Parameters
        Of R networks.
    keep : float, sequence, or mapping
        Fraction kept, in (0, 1]: one, one for each replica, or a mapping from layers to either. What is scaled by is
        the fraction that really is kept, ``round(keep * size) / size``.

    Returns
    -------
    slthlib.nets.Parameters
        The same biases, larger weights.

    Notes
    -----
    Used in: tickets/hidden.
    """
    weights = parameters.weights
    sizes = {name: weight[0].numel() for name, weight in weights.items()}
    found = {}
    for name, counts in counts_of(keep, sizes, parameters.replicas).items():
        factors = torch.from_numpy(np.sqrt(sizes[name] / counts)).to(weights[name])
        found[name] = weights[name] * factors.view(-1, *[1] * (weights[name].ndim - 1))
    return with_weights(parameters, found)


def edge_popup(
    network: Network,
    parameters: Mapping[str, Tensor],
    data: Any,
    *,
    keep: Any = 0.5,
    scale: bool = True,
    absolute: bool = True,
    steps: int = 900,
    batch: int = 100,
    lr: float = 0.1,
    momentum: float = 0.9,
    weight_decay: float = 1e-4,
    schedule: str | Schedule = "cosine",
    seed: Seeds,
    scores: Parameters | None = None,
    progress: bool | None = None,
    device: str | torch.device | None = None,
    threads: int | None = None,
) -> Hidden:
    """Train the scores of frozen weights, and keep exactly the fraction of each layer whose scores are largest.

    Cited result: V. Ramanujan et al., What's hidden in a randomly weighted neural network?, CVPR 2020.

    Parameters
    ----------
    network : Network
        What to search in; best without biases.
    parameters : Parameters
        Its random weights, of R replicas; left as they are.
    data : data set, or pair (x, y)
        What to train on, as in `slthlib.nets.train`.
    keep : float, sequence, or mapping
        Fraction kept, in (0, 1]: one, one for each replica, or a mapping from layers to either. At 1 there is nothing
        to choose, and what comes back is the untrained network.
    scale : bool
        Whether to scale the weights by 1 / sqrt(keep) first, see `scale_kept`.
    absolute : bool
        Whether scores are ranked by their absolute value, as in the authors' code; else as they are.
    steps, batch : int
        How many steps, and examples in each.
    lr, momentum, weight_decay : float
        Of gradient descent on the scores.
    schedule : {"cosine", "constant", "step"} or callable
        Factor on the learning rate by step.
    seed : int, numpy Generator, or sequence
        Initial scores, batches and ties: a number, or a key for each replica; replicas with equal keys share theirs.
    scores : Parameters, optional
        Initial scores, by default uniform within 1 / sqrt(fan in).
    progress : bool, optional
        Show a bar; by default on a terminal, for work of more than a second or two.
    device : str or torch.device, optional
        Where to train; by default on a GPU where torch finds one.
    threads : int, optional
        How many threads share the replicas.

    Returns
    -------
    Hidden
        Masks, effective parameters and scores.

    Notes
    -----
    Used in: tickets/hidden.
    """
    return search(
        PopupRule, network, parameters, data, keep=keep, scale=scale, absolute=absolute, steps=steps, batch=batch,
        optimizer=SGD(momentum, weight_decay), lr=lr, schedule=schedule, seed=seed, scores=scores, progress=progress,
        device=device, threads=threads,
    )  # fmt: skip


class PopupRule:
    """Effective weight: mask * weight. Gradient of the score: gradient of the effective weight, times the weight."""

    def __init__(self, part: Part, counts: Mapping[str, NDArray[np.int64]], absolute: bool) -> None:
        weights = part.weights.weights
        self.scores, self.gradient, self.absolute = part.values, part.gradient, absolute
        self.weights, self.size, self.mask = Flat(weights).fill(weights), Flat(weights), Flat(weights)
        self.kept = Flat(weights)
        self.effective = {**part.weights, **self.kept.views}
        self.choose = TopK(weights, counts, part.keys)

    def select(self, step: int) -> None:
        """Choose the mask."""
        ranked = self.scores
        if self.absolute:
            torch.abs(self.scores.values, out=self.size.values)
            ranked = self.size
        self.choose(step, ranked.views, self.mask.views)

    def forward(self, step: int) -> None:
        """Choose the mask and multiply by it."""
        self.select(step)
        torch.mul(self.weights.values, self.mask.values, out=self.kept.values)

    def backward(self, step: int) -> None:
        """Pass straight through the choice: the mask's gradient is the score's, by way of the absolute value."""
        self.gradient.values.mul_(self.weights.values)
        if self.absolute:
            torch.sign(self.scores.values, out=self.size.values)
            self.gradient.values.mul_(self.size.values)


def search(
    rule: type[PopupRule],
    network: Network,
    parameters: Mapping[str, Tensor],
    data: Any,
    *,
    keep: Any,
    scale: bool,
    absolute: bool,
    optimizer: SGD,
    seed: Seeds,
    scores: Parameters | None,
    **training: Any,
) -> Hidden:
    """Train scores under a rule that keeps the largest, and read the mask off at the end."""
    weights = check_parameters(network.shapes, parameters).clone()
    if scale:
        weights = scale_kept(weights, keep)
    keys = keys_of(seed, weights.replicas)
    counts = counts_of(keep, {name: tensor[0].numel() for name, tensor in weights.weights.items()}, weights.replicas)
    start = draw_scores(weights, keys) if scores is None else check_parameters(network.weight_shapes, scores)

    def make(part: Part) -> PopupRule:
        return rule(part, {name: each[part.replicas] for name, each in counts.items()}, absolute)

    found = train_values(network, start, weights, make, data, keys=keys, optimizer=optimizer, **training)
    flat = Flat(found.parameters).fill(found.parameters)
    last = make(Part(flat, Flat(found.parameters), weights, keys, slice(None)))
    last.forward(found.step)
    return Hidden(
        Masks({name: mask > 0 for name, mask in last.mask.views.items()}),
        Parameters(dict(last.effective)).clone(),
        found.parameters,
        found.losses,
    )
