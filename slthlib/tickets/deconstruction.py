"""The table of Zhou et al.: criteria against mask-1 actions against mask-0 actions, trained, or as they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from slthlib.nets import Masks, Network, Parameters, Training, accuracy, concatenate, train
from slthlib.nets._checks import Seed, check_masks, check_parameters, fraction, known
from slthlib.nets._lane import Flat
from slthlib.nets.optimizers import OPTIMIZERS, SGD, Adam
from slthlib.nets.schedules import Schedule
from slthlib.tickets._recipe import OWN, Recipe, hidden, seed_for
from slthlib.tickets._values import FRESH, TIES, Part, Seeds, keys_of, train_values
from slthlib.tickets.actions import KEPT, PRUNED, SIGN, act
from slthlib.tickets.arms import Arms
from slthlib.tickets.criteria import criterion
from slthlib.tickets.scores import prune

__all__ = ["deconstruct", "train_kept"]

#: Arms side by side: enough to spread what a step costs beside its arithmetic, few enough to stay in the cache.
SIDE_BY_SIDE, NUMBERS = 32, 4_000_000

#: Options of training that leave frozen weights where they are.
OPTIONS = ("batch", "optimizer", "lr", "momentum", "schedule", "device", "threads")


class KeptRule:
    """All values are weights; the gradient of those that are not kept is zero, so that they stay what they are."""

    def __init__(self, part: Part, masks: Mapping[str, Tensor]) -> None:
        self.effective, self.gradient = part.values.views, part.gradient
        every = {name: torch.ones_like(tensor) for name, tensor in part.weights.items()}
        self.mask = Flat(every).fill({**every, **masks}).values

    def forward(self, step: int) -> None:
        """Nothing to do."""

    def backward(self, step: int) -> None:
        """Leave the gradient of kept weights and of biases."""
        self.gradient.values.mul_(self.mask)


def train_kept(
    network: Network,
    parameters: Mapping[str, Tensor],
    masks: Mapping[str, Tensor],
    data: Any,
    *,
    steps: int,
    batch: int = 100,
    optimizer: str = "adam",
    lr: float = 0.01,
    momentum: float = 0.9,
    schedule: str | Schedule = "cosine",
    seed: Seeds,
    progress: bool | None = None,
    device: Any = None,
    threads: int | None = None,
) -> Training:
    """Train the weights that a mask keeps; the others stay at the values they have, zero or not.

    Where they are zero this is what `slthlib.nets.train` does with the mask.

    Parameters
    ----------
    network : Network
        What to train.
    parameters : Parameters
        Where to start, and where the other weights stay.
    masks : Masks
        True where a weight is trained.
    data : data set, or pair (x, y)
        What to train on.
    steps, batch : int
        How many steps, and examples in each.
    optimizer : {"adam", "sgd"}
        Both without weight decay, which would move what should stay.
    lr, momentum : float
        Learning rate, and the momentum of SGD.
    schedule : {"cosine", "constant", "step"} or callable
        Factor on the learning rate by step.
    seed : int, numpy Generator, or sequence
        Of the batches: a number, or a key for each replica.
    progress : bool, optional
        Show a bar; by default on a terminal, for work of more than a second or two.
    device : str or torch.device, optional
        Where to train; by default on a GPU where torch finds one.
    threads : int, optional
        How many threads share the replicas.

    Returns
    -------
    Training
        As of `slthlib.nets.train`; its parameters are the effective ones.

    Notes
    -----
    Used in: no chapter.
    """
    given = check_parameters(network.shapes, parameters)
    checked = check_masks(network.weight_shapes, masks, given)
    known("optimizer", optimizer, OPTIMIZERS)

    def rule(part: Part) -> KeptRule:
        return KeptRule(part, {name: mask[part.replicas] for name, mask in checked.items()})

    return train_values(
        network, given, given, rule, data, keys=keys_of(seed, given.replicas), steps=steps, batch=batch,
        optimizer=Adam() if optimizer == "adam" else SGD(momentum), lr=lr, schedule=schedule, progress=progress,
        device=device, threads=threads,
    )  # fmt: skip


def deconstruct(
    data: Any,
    *,
    criteria: Iterable[str] = ("large_final",),
    keeps: Iterable[float] = (0.2,),
    kept: Iterable[str] = ("rewind",),
    signs: Iterable[str] = ("kept",),
    pruned: Iterable[str] = ("zero",),
    retrain: bool = True,
    widths: Sequence[int] = (100, 100),
    network: Network | None = None,
    output_rate: float = 0.5,
    replicas: int = 8,
    steps: int = 1000,
    seed: Seed,
    progress: bool | None = None,
    **training: Any,
) -> Arms:
    """Train R networks, mask them by each criterion, treat kept and pruned weights in each way, and train again.

    Without training again the arms are masks on untrained weights: a mask that does better than chance is a
    supermask. Every arm starts from the same R networks, and arms of one replica see the same batches.

    Parameters
    ----------
    data : Dataset
        What to learn.
    criteria : iterable of str
        See `criterion`.
    keeps : iterable of float
        Fractions of all weights that are kept.
    kept, signs, pruned : iterable of str
        Sizes and signs of kept weights, and what pruned weights are, see `act`.
    retrain : bool
        Whether to train what the mask keeps, or only to evaluate it.
    widths : sequence of int
        Hidden widths of the network.
    network : Network, optional
        In place of ``widths``.
    output_rate : float
        How fast the output layer is pruned, see `layer_keeps`.
    replicas : int
        How many networks, each with its own weights and batches.
    steps : int
        Length of each training.
    seed : int or numpy Generator
        Of everything that is drawn.
    progress : bool, optional
        Show a bar; by default on a terminal.
    **training
        Options of `train_kept`: batch, optimizer, lr, momentum, schedule, device, threads.

    Returns
    -------
    Arms
        Settings criterion, keep, kept, sign and pruned: all combinations.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    for name in training:
        if name not in OPTIONS:
            raise TypeError(f"{name}: expected an option among {', '.join(OPTIONS)}, got {name!r}")
    recipe = Recipe.of(data, widths, network, steps, seed, training)
    axes: dict[str, list[Any]] = {
        "criterion": list(criteria),
        "keep": [fraction("keeps", keep) for keep in keeps],
        "kept": [known("kept", name, KEPT) for name in kept],
        "sign": [known("signs", name, SIGN) for name in signs],
        "pruned": [known("pruned", name, PRUNED) for name in pruned],
    }
    scores = {name: criterion(name) for name in axes["criterion"]}
    settings = tuple(dict(zip(axes, values, strict=True)) for values in product(*axes.values()))
    if not settings:
        raise ValueError("criteria, keeps, kept, signs, pruned: expected at least one of each, got an empty one")
    initial = recipe.draw(replicas, OWN)
    orders = [[(recipe.seed, replica, order) for replica in range(replicas)] for order in range(2)]
    trained = train(recipe.network, initial, data, steps=steps, order_seed=orders[0], progress=False,
                    **training).parameters  # fmt: skip
    ties, fresh = seed_for(recipe.seed, TIES), seed_for(recipe.seed, FRESH)

    def arms() -> Iterator[tuple[Parameters, Masks]]:
        for name, keep in product(axes["criterion"], axes["keep"]):
            score = scores[name](initial, trained)
            masks = prune(score, keep, output_rate=output_rate, seed=ties)
            for how in product(axes["kept"], axes["sign"], axes["pruned"]):
                chosen = dict(zip(("kept", "sign", "pruned"), how, strict=True))
                yield act(recipe.network, initial, trained, masks, **chosen, seed=fresh), masks

    size = sum(tensor[0].numel() for tensor in initial.values())
    together = max(1, min(SIDE_BY_SIDE, NUMBERS // size) // replicas)
    found: list[NDArray[np.float64]] = []
    every = arms()
    with tqdm(total=len(settings), desc="arms", unit="", leave=False, disable=hidden(progress)) as bar:
        while part := list(islice(every, together)):
            start = concatenate([values for values, _ in part])
            if retrain:
                masks = concatenate([mask for _, mask in part])
                keys = orders[1] * len(part)
                start = train_kept(recipe.network, start, masks, data, steps=steps, seed=keys, progress=False,
                                   **training).parameters  # fmt: skip
            found += list(accuracy(recipe.network, start, data.test_x, data.test_y).reshape(len(part), -1))
            bar.update(len(part))
    return Arms(settings, np.stack(found))
