"""The mask that brings untrained weights nearest to trained ones, and how near signs and zeros can come."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy import special
from torch import Tensor

from slthlib.nets import Masks, Parameters

__all__ = ["best_cosine", "cosine", "nearest_scores"]


def nearest_scores(parameters: Parameters, trained: Parameters) -> dict[str, Tensor]:
    """Scores w (2 v - w) of untrained weights w and trained ones v.

    The masks that keep the k largest in a layer are those for which ``mask * w`` is nearest to v, of all masks with k
    ones: prop-nearest-mask, proved.

    Parameters
    ----------
    parameters : Parameters
        The weights to be masked.
    trained : Parameters
        The weights to come near to.

    Returns
    -------
    dict from str to tensor
        Scores of the weights; biases have none.

    Notes
    -----
    Used in: no chapter.
    """
    return {name: weight * (2 * trained[name] - weight) for name, weight in parameters.weights.items()}


def cosine(
    parameters: Parameters, trained: Parameters, masks: Mapping[str, Tensor] | None = None
) -> NDArray[np.float64]:
    """Cosine between masked weights and trained ones, the mean over layers.

    Parameters
    ----------
    parameters : Parameters
        Of R networks.
    trained : Parameters
        Of as many.
    masks : Masks, optional
        What is kept of ``parameters``.

    Returns
    -------
    float64 [R]
        Between -1 and 1; 0 for a layer without any weight.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    known: Mapping[str, Any] = {} if masks is None else Masks(masks)
    found = []
    for name, weight in parameters.weights.items():
        kept = (weight * known[name] if name in known else weight).double().flatten(1)
        found.append(torch.cosine_similarity(kept, trained[name].double().flatten(1)))
    return np.asarray(torch.stack(found).mean(0).cpu().numpy(), dtype=np.float64)


def best_cosine(keep: ArrayLike, *, signs: str = "right") -> Any:
    """How near, in direction, a long vector of signs and zeros can come to a normal one: prop-signs-and-zeros, proved.

    Parameters
    ----------
    keep : float or array of float
        Fraction of entries that are not zero, in (0, 1).
    signs : {"right", "random"}
        Whether the signs are those of the normal vector, or were drawn by a fair coin before the places were chosen.

    Returns
    -------
    float or ndarray
        The limit of the cosine, of the shape of ``keep``.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    if signs not in ("right", "random"):
        raise ValueError(f"signs: expected one of right, random, got {signs!r}")
    p = np.asarray(keep, dtype=np.float64)
    if not ((p > 0) & (p < 1)).all():
        raise ValueError(f"keep: expected fractions in (0, 1), got {keep!r}")
    sides = 2 if signs == "right" else 1
    limit = special.ndtri(p / sides)
    found = sides * np.exp(-(limit**2) / 2) / np.sqrt(2 * np.pi * p)
    return float(found) if found.ndim == 0 else found
