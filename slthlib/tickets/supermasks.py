"""Learned supermasks: each weight of a random network is kept with a probability, and the probabilities are trained.

The score of a weight is the logit of its probability. Every step flips a coin for every weight; the backward pass
takes the coin for its probability, which is a straight-through estimator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets import Masks, Network, Parameters, accuracy
from slthlib.nets._checks import Seed, check_parameters, entropy, real, stream, whole
from slthlib.nets._lane import Flat
from slthlib.nets.optimizers import SGD
from slthlib.nets.schedules import Schedule
from slthlib.tickets._values import COINS, Key, Part, Seeds, keys_of, sums, train_values
from slthlib.tickets.popup import Hidden

__all__ = ["Supermask", "learn_supermask"]


@dataclass(frozen=True)
class Supermask:
    """Probabilities of keeping each weight of R random networks.

    Parameters
    ----------
    network : Network
        What the weights belong to.
    weights : Parameters
        The random weights.
    scores : Parameters
        Logits of the probabilities.
    rescale : bool
        Whether a drawn mask comes with its layer's factor size / ones.
    losses : float64 [steps, R]
        Mean cross-entropy of each batch, before the step that it leads to.

    Notes
    -----
    Used in: no chapter.
    """

    network: Network = field(repr=False)
    weights: Parameters = field(repr=False)
    scores: Parameters = field(repr=False)
    rescale: bool
    losses: NDArray[np.float64] = field(repr=False)

    @property
    def keep(self) -> NDArray[np.float64]:
        """The fraction of weights that a draw keeps on average, [R]."""
        chances = torch.cat([score.double().sigmoid().flatten(1) for score in self.scores.values()], 1)
        return np.asarray(chances.mean(1).cpu().numpy(), dtype=np.float64)

    def draw(self, *, seed: Seed) -> Hidden:
        """Flip all coins once."""
        number = entropy("seed", seed)
        keys: list[Key] = [(number, replica) for replica in range(self.weights.replicas)]
        flat = Flat(self.scores).fill(self.scores)
        rule = SupermaskRule(Part(flat, Flat(self.scores), self.weights, keys, slice(None)), self.rescale)
        rule.forward(0)
        masks = Masks({name: mask > 0 for name, mask in rule.mask.views.items()})
        return Hidden(masks, Parameters(dict(rule.effective)).clone(), self.scores, self.losses)

    def accuracy(self, x: Any, y: Any, *, draws: int = 10, seed: Seed) -> NDArray[np.float64]:
        """Mean accuracy [R] of some draws."""
        number = entropy("seed", seed)
        seeds = np.random.default_rng([number, COINS]).integers(2**63, size=whole("draws", draws, 1))
        found = [accuracy(self.network, self.draw(seed=int(one)).parameters, x, y) for one in seeds]
        return np.asarray(np.mean(found, axis=0), dtype=np.float64)


def learn_supermask(
    network: Network,
    parameters: Mapping[str, Tensor],
    data: Any,
    *,
    rescale: bool = True,
    bias: float = 0.0,
    steps: int = 900,
    batch: int = 100,
    lr: float = 100.0,
    momentum: float = 0.9,
    schedule: str | Schedule = "constant",
    seed: Seeds,
    progress: bool | None = None,
    device: str | torch.device | None = None,
    threads: int | None = None,
) -> Supermask:
    """Train the probability of keeping each weight; the weights stay as they are.

    Cited result: H. Zhou et al., Deconstructing lottery tickets: zeros, signs, and the supermask, NeurIPS 2019.

    Parameters
    ----------
    network : Network
        What to search in; best without biases.
    parameters : Parameters
        Its random weights, of R replicas; left as they are. Try `signed_constant` of Glorot's normal ones.
    data : data set, or pair (x, y)
        What to train on, as in `slthlib.nets.train`.
    rescale : bool
        Dynamic weight rescaling: multiply each layer by size / ones, ones being how many coins came up in this draw.
        The gradient goes through the factor too.
    bias : float
        Initial scores; 0 keeps a weight with probability 1/2.
    steps, batch : int
        How many steps, and examples in each.
    lr, momentum : float
        Of gradient descent on the scores. The rate is large, as the slope of the probability is 1/4 at most and the
        gradient of a single weight tiny.
    schedule : {"cosine", "constant", "step"} or callable
        Factor on the learning rate by step.
    seed : int, numpy Generator, or sequence
        Coins and batches: a number, or a key for each replica; replicas with equal keys share theirs.
    progress : bool, optional
        Show a bar; by default on a terminal, for work of more than a second or two.
    device : str or torch.device, optional
        Where to train; by default on a GPU where torch finds one.
    threads : int, optional
        How many threads share the replicas.

    Returns
    -------
    Supermask
        Scores of the weights; draw masks from it, or evaluate it over several draws.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    weights = check_parameters(network.shapes, parameters).clone()
    level = real("bias", bias)
    if not isinstance(rescale, bool | np.bool_):
        raise TypeError(f"rescale: expected True or False, got {rescale!r}")
    start = Parameters({name: torch.full_like(weight, level) for name, weight in weights.weights.items()})
    found = train_values(
        network, start, weights, lambda part: SupermaskRule(part, rescale), data, keys=keys_of(seed, weights.replicas),
        steps=steps, batch=batch, optimizer=SGD(momentum), lr=lr, schedule=schedule, progress=progress, device=device,
        threads=threads,
    )  # fmt: skip
    return Supermask(network, weights, found.parameters, bool(rescale), found.losses)


class SupermaskRule:
    """Effective weight: coin * weight, times size / ones of the layer if asked for."""

    def __init__(self, part: Part, rescale: bool) -> None:
        weights = part.weights.weights
        self.scores, self.gradient, self.rescale, self.keys = part.values, part.gradient, rescale, part.keys
        self.weights, self.mask = Flat(weights).fill(weights), Flat(weights)
        self.chance, self.kept = Flat(weights), Flat(weights)
        self.effective = {**part.weights, **self.kept.views}
        self.factors: dict[str, Tensor] = {}
        self._coins = torch.empty(max(weight[0].numel() for weight in weights.values()), dtype=part.weights.dtype)

    def forward(self, step: int) -> None:
        """Flip the coins and multiply by them."""
        torch.sigmoid(self.scores.values, out=self.chance.values)
        flip(self.chance.views, self.mask.views, self._coins, self.keys, step)
        torch.mul(self.weights.values, self.mask.values, out=self.kept.values)
        if self.rescale:
            for name, mask in self.mask.views.items():
                self.factors[name] = mask[0].numel() / sums(mask).clamp_(min=1)
                self.kept.views[name].mul_(self.factors[name])

    def backward(self, step: int) -> None:
        """Take coins for probabilities, p = sigmoid(score), whose slope is p (1 - p)."""
        gradient, chance = self.gradient.values.mul_(self.weights.values), self.chance.values
        if self.rescale:
            # With ones = sum_j m_j: d/dm_i of sum_j g_j m_j size / ones is factor (g_i - sum_j g_j m_j / ones).
            torch.mul(gradient, self.mask.values, out=self.kept.values)
            for name, view in self.gradient.views.items():
                factor = self.factors[name]
                view.sub_(sums(self.kept.views[name]) * factor / view[0].numel()).mul_(factor)
        gradient.mul_(chance).mul_(chance.neg_().add_(1))


def flip(chances: Mapping[str, Tensor], masks: Mapping[str, Tensor], coins: Tensor, keys: list[Key], step: int) -> None:
    """Write 1 into ``masks`` with these chances, else 0; what comes up depends on a replica's key and the step."""
    for replica, key in enumerate(keys):
        rng = stream(*key, COINS, step)
        for name, chance in chances.items():
            row = chance[replica]
            drawn = coins[: row.numel()]
            rng.random(out=drawn.numpy(), dtype=drawn.numpy().dtype)
            torch.lt(drawn.to(row.device).view(row.shape), row, out=masks[name][replica])
