"""A strong ticket without a target: units of a random layer, chosen one after the other for what they do to the loss.

Each choice is one of many units, so it costs the bits of an index, and no network has to be written down beforehand.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ChosenUnits", "choose_units"]

#: So many of the most promising units are tried.
_SHORT_LIST = 16


@dataclass(frozen=True, eq=False)
class ChosenUnits:
    """A random network with one hidden layer, and the connections of its outputs that are kept.

    Call it to run the masked random network.

    Parameters
    ----------
    into : float64 [units, inputs]
        Random signs, all kept.
    out : float64 [classes, units]
        Random signs times the size of a weight.
    kept : bool [classes, units]
        The mask of ``out``.
    bits : float
        What the mask takes: the logarithm of the number of masks that keep as many for each class.
    accuracy : float
        On the test samples.

    Notes
    -----
    Used in: no chapter.
    """

    into: NDArray[np.float64]
    out: NDArray[np.float64]
    kept: NDArray[np.bool_]
    bits: float
    accuracy: float

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Outputs [samples, classes] for inputs [samples, inputs]."""
        return np.maximum(np.asarray(x, np.float64) @ self.into.T, 0) @ (self.out * self.kept).T


def choose_units(
    data: Any, units: int, each: int, *, sweeps: int = 1, size: float = 3.0, seed: int | np.random.Generator
) -> ChosenUnits:
    """Choose units of a random layer for each class, greedily: the one that lowers the training loss most.

    Class by class and one at a time, as many as each class may keep; then each is given back and chosen again.

    Parameters
    ----------
    data : Dataset
        With ``train_x``, ``train_y``, ``test_x``, ``test_y`` and ``classes``.
    units : int
        Hidden units of the random network, with ReLU; their weights are signs.
    each : int
        How many units each class keeps.
    sweeps : int
        How often all are chosen again.
    size : float
        Weights of the outputs are plus or minus ``size / sqrt(inputs)``.
    seed : int or Generator
        Of the random network.

    Returns
    -------
    ChosenUnits

    Notes
    -----
    Used in: strong/bits.
    """
    for name, number, least in (("units", units, 1), ("each", each, 1), ("sweeps", sweeps, 0)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
            raise ValueError(f"{name}: expected a whole number of at least {least}, got {number!r}")
    if each > units:
        raise ValueError(f"each: expected at most the {units} units, got {each}")
    x, tests = (np.asarray(one, np.float64).reshape(len(one), -1) for one in (data.train_x, data.test_x))
    rng = np.random.default_rng(seed)
    into = rng.choice([-1.0, 1.0], (units, x.shape[1]))
    out = rng.choice([-1.0, 1.0], (data.classes, units)) * (size / np.sqrt(x.shape[1]))
    search = _Search(np.maximum(x @ into.T, 0), np.asarray(data.train_y), out)
    for turn in range(each * (1 + sweeps)):
        for label in range(data.classes):
            if turn >= each:
                search.give_back(label)
            search.choose(label)
    bits = data.classes * math.log2(math.comb(units, each))
    found = ChosenUnits(into, out, search.kept, bits, 0.0)
    right = (found(tests).argmax(1) == np.asarray(data.test_y)).mean()
    return ChosenUnits(into, out, search.kept, bits, float(right))


class _Search:
    """What is kept so far, and the outputs that it makes."""

    def __init__(self, hidden: NDArray[np.float64], labels: NDArray[np.int64], out: NDArray[np.float64]) -> None:
        self.hidden, self.out = hidden, out
        self.rough = hidden.astype(np.float32), (hidden**2).astype(np.float32)  # to make a short list with
        self.own = np.eye(len(out))[labels]
        self.kept = np.zeros(out.shape, np.bool_)
        self.outputs = np.zeros((len(hidden), len(out)))
        self.order: list[list[int]] = [[] for _ in out]

    def give_back(self, label: int) -> None:
        """Drop the unit that this class has kept longest."""
        unit = self.order[label].pop(0)
        self.kept[label, unit] = False
        self.outputs[:, label] -= self.out[label, unit] * self.hidden[:, unit]

    def choose(self, label: int) -> None:
        """Keep the unit that lowers the loss most, of those that promise most to second order."""
        share = np.exp(self.outputs - self.outputs.max(1, keepdims=True))
        share = share[:, label] / share.sum(1)
        out, own = self.out[label], self.own[:, label]
        slopes, bends = (share - own).astype(np.float32), (share * (1 - share)).astype(np.float32)
        promise = out * (slopes @ self.rough[0]) + out**2 / 2 * (bends @ self.rough[1])
        promise[self.kept[label]] = np.inf
        listed = np.argsort(promise, kind="stable")[: min(_SHORT_LIST, int((~self.kept[label]).sum()))]
        change = out[listed] * self.hidden[:, listed]
        losses = np.log1p(share[:, None] * np.expm1(change)).sum(0) - own @ change
        unit = int(listed[np.argmin(losses)])
        self.kept[label, unit] = True
        self.order[label].append(unit)
        self.outputs[:, label] += out[unit] * self.hidden[:, unit]
