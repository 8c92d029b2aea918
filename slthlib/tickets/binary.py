"""Binary tickets: keep the right connections of a random network, and of their weights nothing but the signs.

The weights that are left are plus or minus one number for each layer. With the zeros of the mask that makes three
values, so the network is ternary in truth, though it goes by the name of binary.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets import Parameters
from slthlib.nets._lane import Flat
from slthlib.nets.networks import Network
from slthlib.nets.optimizers import SGD
from slthlib.nets.schedules import Schedule
from slthlib.tickets._values import Part, Seeds, sums
from slthlib.tickets.popup import Hidden, PopupRule, search

__all__ = ["binary_ticket"]


def binary_ticket(
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
    """Find a subnetwork whose weights are ``alpha * sign(weight)``, alpha being the mean size of the layer's kept ones.

    The scores learn as in `edge_popup`: a score's gradient is that of the effective weight, times the weight itself.
    Cited result: J. Diffenderfer and B. Kailkhura, Multi-prize lottery ticket hypothesis, ICLR 2021.

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
        to choose: the signs of the untrained network are left.
    scale : bool
        Whether to scale the weights by 1 / sqrt(keep) first, see `scale_kept`.
    absolute : bool
        Whether scores are ranked by their absolute value; else as they are.
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
        BinaryRule, network, parameters, data, keep=keep, scale=scale, absolute=absolute, steps=steps, batch=batch,
        optimizer=SGD(momentum, weight_decay), lr=lr, schedule=schedule, seed=seed, scores=scores, progress=progress,
        device=device, threads=threads,
    )  # fmt: skip


class BinaryRule(PopupRule):
    """Effective weight: alpha * mask * sign(weight). The gradient passes straight through both: see the base class."""

    def __init__(self, part: Part, counts: Mapping[str, NDArray[np.int64]], absolute: bool) -> None:
        super().__init__(part, counts, absolute)
        weights = part.weights.weights
        self.signs = Flat(weights).fill({name: weight.sign() for name, weight in weights.items()})
        self.sizes = Flat(weights).fill({name: weight.abs() for name, weight in weights.items()})
        self.counts = {
            name: torch.from_numpy(np.maximum(each, 1)).to(weight).view(-1, *[1] * (weight.ndim - 1))
            for (name, weight), each in zip(weights.items(), counts.values(), strict=True)
        }

    def forward(self, step: int) -> None:
        """Choose the mask, multiply the signs by it, and each layer by the mean size of what is kept."""
        self.select(step)
        torch.mul(self.sizes.values, self.mask.values, out=self.kept.values)
        alphas = {name: sums(view) / self.counts[name] for name, view in self.kept.views.items()}
        torch.mul(self.signs.values, self.mask.values, out=self.kept.values)
        for name, view in self.kept.views.items():
            view.mul_(alphas[name])
