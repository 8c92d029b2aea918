"""Stability: train two copies of a network with batches in different order, and walk the line between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from tqdm import tqdm

from slthlib.nets import Masks, Network, Parameters, accuracy
from slthlib.nets._checks import Seed, whole
from slthlib.tickets._recipe import OWN, Arm, Recipe, hidden

__all__ = ["Connectivity", "barrier_of", "errors_between", "linear_mode_connectivity"]

#: Numbers in the largest set of networks that is evaluated in one pass: 256 MB in float32.
_LARGEST = 2**26


@dataclass(frozen=True, eq=False)
class Connectivity:
    """Errors along the line between two copies, for K steps at which they split, A points and R replicas.

    Parameters
    ----------
    splits : int64 [K]
        The last step that the two copies share.
    alphas : float64 [A]
        Points on the line: 0 is the first copy, 1 the second.
    test : float64 [K, A, R]
        Error on the test set, in [0, 1].
    train : float64 [K, A, R]
        Error on the training set, in [0, 1].

    Notes
    -----
    Used in: no chapter.
    """

    splits: NDArray[np.int64]
    alphas: NDArray[np.float64]
    test: NDArray[np.float64] = field(repr=False)
    train: NDArray[np.float64] = field(repr=False)

    @property
    def test_barrier(self) -> NDArray[np.float64]:
        """Barriers [K, R] on the test set."""
        return barrier_of(self.test, axis=1)

    @property
    def train_barrier(self) -> NDArray[np.float64]:
        """Barriers [K, R] on the training set."""
        return barrier_of(self.train, axis=1)


def barrier_of(errors: ArrayLike, axis: int = 0) -> NDArray[np.float64]:
    """The largest error along a line minus the mean of those at its two ends.

    Parameters
    ----------
    errors : array of float
        Errors along an axis, ends included.
    axis : int
        That axis, of at least 3 points.

    Returns
    -------
    float64
        Barriers, of the shape that is left without the axis; never negative.

    Notes
    -----
    Used in: no chapter.
    """
    line = np.moveaxis(np.asarray(errors, dtype=np.float64), axis, 0)
    if len(line) < 3:
        raise ValueError(f"errors: expected at least 3 points along axis {axis}, got {len(line)}")
    return np.asarray(line.max(0) - (line[0] + line[-1]) / 2)


def errors_between(
    network: Network, first: Parameters, second: Parameters, x: Any, y: Any, *, points: int = 31
) -> NDArray[np.float64]:
    """Errors of the networks ``(1 - alpha) * first + alpha * second``.

    All points of all replicas are evaluated as one batch of networks.

    Parameters
    ----------
    network : Network
        What the parameters belong to.
    first, second : Parameters
        Of R replicas each.
    x : array or tensor [N, ...]
        Examples.
    y : array or tensor of int [N]
        Their labels.
    points : int
        How many values of alpha, evenly from 0 to 1.

    Returns
    -------
    float64 [points, R]
        Fraction of examples that are misclassified.

    Notes
    -----
    Used in: no chapter.
    """
    alphas = np.linspace(0, 1, whole("points", points, 3))
    shapes = [{name: tuple(tensor.shape) for name, tensor in part.items()} for part in (first, second)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"second: expected the names and shapes of first, {shapes[0]}, got {shapes[1]}")
    size = sum(tensor.numel() for tensor in first.values())
    errors = []
    for part in np.array_split(alphas, max(1, -(-len(alphas) * size // _LARGEST))):
        mixed = {name: _mix(tensor, second[name], part) for name, tensor in first.items()}
        errors.append(1 - accuracy(network, Parameters(mixed), x, y).reshape(len(part), first.replicas))
    return np.concatenate(errors)


def _mix(first: Tensor, second: Tensor, alphas: NDArray[np.float64]) -> Tensor:
    """Mixtures [A * R, ...]; at alpha 0 and 1 exactly the two ends."""
    along = first.new_tensor(alphas).view(-1, *[1] * first.ndim)
    return ((1 - along) * first + along * second).flatten(0, 1)


def linear_mode_connectivity(
    data: Any,
    *,
    widths: Sequence[int] = (100, 100),
    splits: Sequence[int] = (0,),
    replicas: int = 8,
    points: int = 31,
    masks: Mapping[str, Tensor] | None = None,
    network: Network | None = None,
    steps: int = 1000,
    seed: Seed,
    progress: bool | None = None,
    **training: Any,
) -> Connectivity:
    """Measure how far two copies of a network drift apart if they split at step k.

    Both copies start from the parameters of one training at step k and run through the rest of its schedule, with
    fresh optimizers, each with batches of its own: what a ticket does that is rewound to step k.

    Parameters
    ----------
    data : Dataset
        What to learn.
    widths : sequence of int
        Hidden widths of the network.
    splits : sequence of int
        Steps k at which the copies split, each below ``steps``.
    replicas : int
        How many networks.
    points : int
        Points on the line, at least 30 for a barrier worth the name.
    masks : Masks, optional
        What the networks keep.
    network : Network, optional
        In place of ``widths``.
    steps : int
        Length of the training.
    seed : int or numpy Generator
        Of everything that is drawn.
    progress : bool, optional
        Show a bar; by default on a terminal.
    **training
        Options of `slthlib.nets.train`.

    Returns
    -------
    Connectivity
        Errors along the lines, on the training and the test set.

    Notes
    -----
    Used in: tickets/existence.
    """
    recipe = Recipe.of(data, widths, network, steps, seed, training)
    ks = [whole("splits", split, 0, recipe.steps - 1) for split in splits]
    if not ks:
        raise ValueError("splits: expected at least one step, got none")
    whole("points", points, 3)
    start = Arm(recipe.draw(replicas, OWN), None if masks is None else Masks(masks))
    shared = recipe.train({"shared": start}, stop=max(ks), keep_at=ks)["shared"].kept
    test: list[NDArray[np.float64]] = []
    train: list[NDArray[np.float64]] = []
    for k in tqdm(ks, "splits", unit="", leave=False, disable=hidden(progress)):
        copies = {name: Arm(shared[k], start.masks, order) for name, order in (("first", 1), ("second", 2))}
        first, second = (copy.parameters for copy in recipe.train(copies, start=k).values())
        for errors, examples in ((test, recipe.tests), (train, recipe.examples)):
            errors.append(errors_between(recipe.network, first, second, *examples, points=points))
    return Connectivity(np.array(ks), np.linspace(0, 1, points), np.stack(test), np.stack(train))
