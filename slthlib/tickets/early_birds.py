"""Early birds: the mask settles long before the weights do. Watch it from epoch to epoch, and draw when it rests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.nets import Masks, Network
from slthlib.nets._checks import Seed, fraction, real, whole
from slthlib.tickets._recipe import OWN, PRUNING, Arm, Recipe, seed_for
from slthlib.tickets.scores import Score, magnitude, prune

__all__ = ["EarlyBirds", "bird_at", "early_birds", "mask_distance"]


@dataclass(frozen=True, eq=False)
class EarlyBirds:
    """Masks drawn at each epoch of one training, of R replicas.

    Parameters
    ----------
    steps : int64 [E]
        Steps before which the masks were drawn: 0, and the end of each epoch.
    distances : float64 [E, E, R]
        Fraction of entries in which two masks differ.
    bird : int64 [R]
        The epoch at which the rule stops; -1 if it never does.
    drawn : int64 [D]
        Epochs at which tickets were drawn.
    accuracy : float64 [D, R]
        Test accuracy of these tickets at the end of training.
    dense : float64 [R]
        Test accuracy of the unpruned networks.
    masks : tuple of Masks
        Those of each epoch.

    Notes
    -----
    Used in: no chapter.
    """

    steps: NDArray[np.int64]
    distances: NDArray[np.float64] = field(repr=False)
    bird: NDArray[np.int64]
    drawn: NDArray[np.int64]
    accuracy: NDArray[np.float64] = field(repr=False)
    dense: NDArray[np.float64]
    masks: tuple[Masks, ...] = field(repr=False)


def mask_distance(first: Masks, second: Masks) -> NDArray[np.float64]:
    """The normalised Hamming distance: the fraction of all entries in which two masks differ.

    Two masks of the same keep differ in at most ``2 * min(keep, 1 - keep)`` of the entries, two random ones in about
    ``2 * keep * (1 - keep)``.

    Parameters
    ----------
    first, second : Masks
        Of the same shapes, of R replicas.

    Returns
    -------
    float64 [R]
        In [0, 1].

    Notes
    -----
    Used in: tickets/existence.
    """
    if {name: mask.shape for name, mask in first.items()} != {name: mask.shape for name, mask in second.items()}:
        raise ValueError("second: expected masks of the names and shapes of first, got others")
    differ = sum((mask ^ second[name]).flatten(1).sum(1).double() for name, mask in first.items())
    size = sum(mask[0].numel() for mask in first.values())
    return np.asarray((differ / size).cpu().numpy(), dtype=np.float64)  # type: ignore[union-attr]


def bird_at(distances: ArrayLike, *, threshold: float = 0.1, memory: int = 5) -> NDArray[np.int64]:
    """The first epoch whose mask is near those of the epochs before: nearer than ``threshold`` to each in memory.

    Parameters
    ----------
    distances : float [E, E, R]
        Between the masks of E epochs.
    threshold : float
        Of the distance.
    memory : int
        Masks in memory, the newest included.

    Returns
    -------
    int64 [R]
        Epochs, -1 where no epoch qualifies.

    Notes
    -----
    Used in: no chapter.
    """
    values, window = np.asarray(distances, dtype=np.float64), whole("memory", memory, 2)
    if values.ndim != 3 or values.shape[0] != values.shape[1]:
        raise ValueError(f"distances: expected shape [E, E, R], got {list(values.shape)}")
    found = np.full(values.shape[2], -1)
    for epoch in reversed(range(window - 1, len(values))):
        near = (values[epoch, epoch - window + 1 : epoch] < threshold).all(axis=0)
        found[near] = epoch
    return found


def early_birds(
    data: Any,
    *,
    keep: float,
    widths: Sequence[int] = (100, 100),
    replicas: int = 8,
    draw_at: Sequence[int] = (),
    threshold: float = 0.1,
    memory: int = 5,
    scope: str = "layer",
    output_rate: float = 0.5,
    score: Score = magnitude,
    network: Network | None = None,
    steps: int = 1000,
    batch: int = 100,
    seed: Seed,
    **training: Any,
) -> EarlyBirds:
    """Draw a mask after each epoch of one training, and train tickets drawn at some epochs to the end.

    A ticket drawn at epoch e keeps its weights of that moment and goes on from there with its mask: dense and sparse
    steps together are as many as those of the dense network.

    Parameters
    ----------
    data : Dataset
        What to learn.
    keep : float
        Fraction of all weights that the masks keep.
    widths : sequence of int
        Hidden widths of the network.
    replicas : int
        How many networks.
    draw_at : sequence of int
        Epochs at which tickets are drawn and trained; the bird's own epochs are always among them.
    threshold : float
        A mask rests if it is nearer than this to all others in memory. Below the distance of random masks.
    memory : int
        Masks in memory.
    scope : {"layer", "global"}
        Rank the weights of each layer, or of all layers together.
    output_rate : float
        How fast the output layer is pruned, see `layer_keeps`.
    score : callable
        What to rank weights by.
    network : Network, optional
        In place of ``widths``.
    steps : int
        Length of the training.
    batch : int
        Examples a step.
    seed : int or numpy Generator
        Of everything that is drawn.
    **training
        Options of `slthlib.nets.train`.

    Returns
    -------
    EarlyBirds
        Distances between the masks of all epochs, the bird's epoch, and the tickets' accuracy.

    Notes
    -----
    Used in: tickets/existence.
    """
    recipe = Recipe.of(data, widths, network, steps, seed, {"batch": batch, **training})
    share, near = fraction("keep", keep), real("threshold", threshold, above=0)
    if near >= 2 * share * (1 - share):
        limit = f"{2 * share * (1 - share):.3g}, the distance of random masks of keep {keep}"
        raise ValueError(f"threshold: expected less than {limit}, got {threshold}")
    epoch = len(data.train_y) // whole("batch", batch, 1, len(data.train_y))
    marks = list(range(0, recipe.steps + 1, epoch))
    dense = recipe.train({"dense": Arm(recipe.draw(replicas, OWN))}, keep_at=marks)["dense"]
    masks = [prune(score(dense.kept[0], dense.kept[mark]), share, scope=scope, output_rate=output_rate,
                   seed=seed_for(recipe.seed, PRUNING)) for mark in marks]  # fmt: skip
    distances = np.array([[mask_distance(first, second) for second in masks] for first in masks])
    bird = bird_at(distances, threshold=near, memory=memory)
    last = len(marks) - 1
    drawn = sorted({whole("draw_at", at, 0, last) for at in draw_at} | {int(at) for at in bird if at >= 0})
    accuracies = []
    for at in drawn:
        ticket = Arm(dense.kept[marks[at]].masked(masks[at]), masks[at], order=1)
        accuracies.append(recipe.train({"ticket": ticket}, start=marks[at])["ticket"].accuracy)
    accuracy = np.stack(accuracies) if accuracies else np.zeros((0, replicas))
    return EarlyBirds(np.array(marks), distances, bird, np.array(drawn, int), accuracy, dense.accuracy, tuple(masks))
