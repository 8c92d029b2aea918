"""Transfer: a ticket found on one data set, trained on another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.lab.statistics import PairedDifference, paired_difference
from slthlib.nets import Parameters, shuffle_mask
from slthlib.nets._checks import Seed, entropy, known
from slthlib.tickets._recipe import FRESH, OTHER_MASK, TRAINING, Arm, Recipe, seed_for
from slthlib.tickets.pruning import iterative_pruning, keeps_down_to

__all__ = ["Transfer", "flipped", "resampled", "scrambled", "transfer"]


@dataclass(frozen=True, eq=False)
class Transfer:
    """Accuracy of tickets from S data sets on each of them, of R replicas.

    Parameters
    ----------
    names : tuple of str
        The data sets.
    keep : float
        Fraction of all weights that the tickets keep.
    accuracy : float64 [S, S, R]
        Test accuracy: row for where a ticket was found, column for where it was trained.
    random : float64 [S, R]
        A random mask of the same densities, trained on each.
    dense : float64 [S, R]
        The unpruned network, trained on each.

    Notes
    -----
    Used in: no chapter.
    """

    names: tuple[str, ...]
    keep: float
    accuracy: NDArray[np.float64] = field(repr=False)
    random: NDArray[np.float64] = field(repr=False)
    dense: NDArray[np.float64] = field(repr=False)

    def over_random(self, source: str, target: str) -> PairedDifference:
        """How much better a ticket of ``source`` is on ``target`` than a random mask: mean and interval."""
        row, column = (self.names.index(known("data set", name, self.names)) for name in (source, target))
        return paired_difference(self.accuracy[row, column], self.random[column])


def flipped(data: Any) -> Any:
    """The same data set with every signal, or every row of an image, backwards.

    Parameters
    ----------
    data : Dataset
        Whose inputs to turn round along their last axis.

    Returns
    -------
    Dataset
        With the same labels.

    Notes
    -----
    Used in: tickets/existence.
    """
    return replace(data, train_x=data.train_x[..., ::-1].copy(), test_x=data.test_x[..., ::-1].copy())


def scrambled(data: Any, *, seed: Seed) -> Any:
    """The same data set with its inputs permuted, all examples alike: what was near is near no longer.

    Parameters
    ----------
    data : Dataset
        Whose inputs to permute.
    seed : int or numpy Generator
        Of the permutation.

    Returns
    -------
    Dataset
        With the same labels.

    Notes
    -----
    Used in: no chapter.
    """
    shape = data.train_x.shape[1:]
    order = np.random.default_rng(seed).permutation(int(np.prod(shape)))

    def permuted(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return x.reshape(len(x), -1)[:, order].reshape(len(x), *shape)

    return replace(data, train_x=permuted(data.train_x), test_x=permuted(data.test_x))


def resampled(data: Any, features: int) -> Any:
    """The same data set as signals of another length, read off between the points by linear interpolation.

    An image becomes one signal, row after row. Each signal is centred and scaled to unit variance.

    Parameters
    ----------
    data : Dataset
        Whose inputs to read off.
    features : int
        Points of the new signals.

    Returns
    -------
    Dataset
        With the same labels.

    Notes
    -----
    Used in: no chapter.
    """

    def read(x: NDArray[np.float32]) -> NDArray[np.float32]:
        flat = x.reshape(len(x), -1)
        at = np.linspace(0, flat.shape[1] - 1, features)
        left = np.minimum(at.astype(int), flat.shape[1] - 2)
        signals = flat[:, left] * (1 - (at - left)) + flat[:, left + 1] * (at - left)
        spread = signals.std(axis=1, keepdims=True)
        return ((signals - signals.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)).astype(np.float32)

    return replace(data, train_x=read(data.train_x), test_x=read(data.test_x))


def transfer(
    sets: Mapping[str, Any],
    *,
    keep: float,
    rewind: int = 0,
    steps: int = 1000,
    seed: Seed,
    **options: Any,
) -> Transfer:
    """Find tickets on each of several data sets, and train each of them on all.

    A ticket takes along its mask and its weights of step ``rewind``, but for the output layer: there it takes along
    the mask, and weights that have seen no data, because classes of different sets have nothing in common. All tickets,
    those at home too, have the same fresh output weights and see the same batches. The baseline is a random mask of
    the same density in each layer, on the weights that a ticket found at home takes along.

    Parameters
    ----------
    sets : mapping from str to Dataset
        Data sets with inputs of one shape.
    keep : float
        Fraction of all weights kept; rounds of 20 % lead there.
    rewind : int
        The step whose weights the tickets take along.
    steps : int
        Length of each training; the tickets' starts at ``rewind``.
    seed : int or numpy Generator
        Of everything that is drawn: the data sets share it.
    **options
        Of `iterative_pruning`.

    Returns
    -------
    Transfer
        The matrix of accuracies, with its baselines.

    Notes
    -----
    Used in: no chapter.
    """
    number = entropy("seed", seed)
    shapes = {name: data.train_x.shape[1:] for name, data in sets.items()}
    if len(sets) < 2 or len(set(shapes.values())) > 1:
        raise ValueError(f"sets: expected at least two data sets with inputs of one shape, got {shapes}")
    training = {name: option for name, option in options.items() if name in TRAINING}
    found = {
        name: iterative_pruning(data, keeps=keeps_down_to(keep), rewind=rewind, steps=steps, seed=number,
                                **{**options, "controls": ()})
        for name, data in sets.items()
    }  # fmt: skip
    first = next(iter(found.values()))
    replicas = first.accuracy.shape[1]
    fresh = Recipe.of(next(iter(sets.values())), (), first.network, steps, number, {}).draw(replicas, FRESH)
    arms = {name: Arm(_onto(tickets.weights[-1], fresh), tickets.masks[-1], 1) for name, tickets in found.items()}
    rows = []
    for name, data in sets.items():
        recipe = Recipe.of(data, (), first.network, steps, number, training)
        other = shuffle_mask(found[name].masks[-1], seed=seed_for(number, OTHER_MASK))
        baseline = {"": Arm(_onto(found[name].weights[-1], fresh), other, 1)}
        ran = recipe.train(arms | baseline, start=rewind)
        rows.append(ran)
    return Transfer(
        tuple(sets),
        float(first.keeps[-1]),
        np.array([[row[name].accuracy for row in rows] for name in sets]),
        np.array([row[""].accuracy for row in rows]),
        np.array([tickets.dense for tickets in found.values()]),
    )


def _onto(weights: Parameters, fresh: Parameters) -> Parameters:
    """The weights with a fresh output layer."""
    last = len(weights.weights) - 1
    return Parameters({name: fresh[name] if name.endswith(str(last)) else tensor for name, tensor in weights.items()})
