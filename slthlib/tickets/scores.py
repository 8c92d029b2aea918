"""Scores: what a pruning method ranks weights by. The mask is the exact top k of the score."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from slthlib.nets import Masks, Parameters, top_k
from slthlib.nets._checks import Seed, fraction, known, real

__all__ = ["layer_keeps", "magnitude", "prune"]

#: A score of each weight from the initial and the trained parameters.
Score: TypeAlias = Callable[[Parameters, Parameters], Mapping[str, Tensor]]


def magnitude(initial: Parameters, trained: Parameters) -> dict[str, Tensor]:
    """The size of the trained weight: the score of magnitude pruning.

    Parameters
    ----------
    initial : Parameters
        Before training; not looked at.
    trained : Parameters
        After training.

    Returns
    -------
    dict from str to tensor
        Scores of the weights; biases have none, so they are never pruned.

    Notes
    -----
    Used in: no chapter.
    """
    return {name: weight.abs() for name, weight in trained.weights.items()}


def layer_keeps(sizes: Mapping[str, int], keep: float, output_rate: float = 0.5) -> dict[str, float]:
    """What each layer keeps, such that the network keeps the fraction ``keep`` of its weights.

    Hidden layers keep a fraction q and the output layer ``q**output_rate``: where a round takes 20 % of a hidden
    layer, it takes about 10 % of the output layer, as Frankle and Carbin do for a small output layer.

    Parameters
    ----------
    sizes : mapping from str to int
        Weights in each layer, in order; the last is the output layer.
    keep : float
        Fraction of all weights to keep, in (0, 1].
    output_rate : float
        How fast the output layer is pruned; 1 as fast as the others, 0 not at all.

    Returns
    -------
    dict from str to float
        Fractions by layer.

    Notes
    -----
    Used in: no chapter.
    """
    wanted, power = fraction("keep", keep), real("output_rate", output_rate, least=0)
    *hidden, last = sizes
    inner, output = sum(sizes[name] for name in hidden), sizes[last]
    total = inner + output

    def kept(q: float) -> float:
        return (inner * q + output * q**power) / total

    if not hidden:
        return {last: wanted}
    if wanted <= kept(0.0):
        raise ValueError(f"keep: expected more than {kept(0.0):.3g}, the output layer that is left whole, got {keep}")
    low, high = 0.0, 1.0
    while (middle := (low + high) / 2) not in (low, high):  # until no number lies between
        low, high = (middle, high) if kept(middle) < wanted else (low, middle)
    return {**dict.fromkeys(hidden, high), last: high**power}


def prune(
    scores: Mapping[str, Tensor],
    keep: float,
    *,
    scope: str = "layer",
    output_rate: float = 0.5,
    within: Mapping[str, Tensor] | None = None,
    seed: Seed,
    allow_empty: bool = False,
) -> Masks:
    """Keep the weights with the largest scores.

    Parameters
    ----------
    scores : mapping from str to tensor [R, ...]
        Of each weight, in the order of the layers.
    keep : float
        Fraction of all weights to keep, in (0, 1].
    scope : {"layer", "global"}
        Whether layers are ranked one by one, by `layer_keeps`, or all together.
    output_rate : float
        How fast the output layer is pruned; only for scope "layer".
    within : Masks, optional
        What was kept so far: a pruned weight stays pruned.
    seed : int or numpy Generator
        For ties.
    allow_empty : bool
        Whether a layer may lose all its weights.

    Returns
    -------
    Masks
        What is kept, exactly as many weights as ``keep`` says: of each layer, or of all.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    known("scope", scope, ("layer", "global"))
    share: float | dict[str, float] = keep
    if scope == "layer":
        share = layer_keeps({name: score[0].numel() for name, score in scores.items()}, keep, output_rate)
    return top_k(scores, share, seed=seed, scope=scope, within=within, allow_empty=allow_empty)


def falling_keeps(keeps: ArrayLike, name: str = "keeps") -> NDArray[np.float64]:
    """Fractions kept at each level, each smaller than the one before."""
    values = np.atleast_1d(np.asarray(keeps))
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"{name}: expected a list of fractions kept, got shape {values.shape}")
    found = np.array([fraction(name, value) for value in values.tolist()])
    if np.any(np.diff(found) >= 0):
        raise ValueError(f"{name}: expected the fraction kept to fall from level to level, got {found.tolist()}")
    return found


def some_keeps(report: ArrayLike | None, keeps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of the levels that are asked for, to within a hundredth: .134 stands for .8**9."""
    if report is None:
        return keeps
    asked = falling_keeps(report, "report")
    near = np.abs(np.log(asked[:, None] / keeps)) < 0.01
    if not near.any(axis=1).all():
        raise ValueError(f"report: expected some of {keeps.round(4).tolist()}, got {asked.tolist()}")
    return keeps[near.any(axis=0)]
