"""What a ticket costs to write down: a mask is not free.

The random weights of a ticket cost nothing but their seed. The mask of a layer that keeps k of n weights is one of
C(n, k), so it takes log2 C(n, k) bits, a little less than n H(k/n); H is the entropy of a coin. A network of b bits a
weight takes n b bits, and a pruned one both: mask and values.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy import special
from torch import Tensor

from slthlib.nets import Masks, Parameters
from slthlib.nets._checks import whole
from slthlib.tickets._values import with_weights

__all__ = ["mask_bits", "mask_entropy", "network_bits", "round_weights"]

#: What a scale of a layer takes, a number of single precision.
SCALE_BITS = 32


def mask_entropy(size: ArrayLike, keep: ArrayLike) -> Any:
    """Bits of a mask by the entropy of a coin: ``size * H(keep)``, H(p) = -p log2 p - (1 - p) log2 (1 - p).

    Parameters
    ----------
    size : int or array of int
        How many weights there are.
    keep : float or array of float
        Fraction kept, in [0, 1].

    Returns
    -------
    float or ndarray
        Bits, of the broadcast shape.

    Notes
    -----
    Used in: tickets/hidden.
    """
    p = np.asarray(keep, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"keep: expected fractions in [0, 1], got {keep!r}")
    bits = np.asarray(size) * (special.entr(p) + special.entr(1 - p)) / np.log(2)
    return float(bits) if np.ndim(bits) == 0 else bits


def mask_bits(size: ArrayLike, kept: ArrayLike) -> Any:
    """Bits of a mask that keeps exactly so many of so many weights: ``log2 C(size, kept)``.

    Parameters
    ----------
    size : int or array of int
        How many weights there are.
    kept : int or array of int
        How many are kept, from 0 to ``size``.

    Returns
    -------
    float or ndarray
        Bits, of the broadcast shape; accurate to about 1e-15 of ``size * log2(size)``.

    Notes
    -----
    Used in: no chapter.
    """
    n, k = np.asarray(size), np.asarray(kept)
    for name, values in (("size", n), ("kept", k)):
        if values.dtype.kind not in "iu":
            raise TypeError(f"{name}: expected whole numbers, got dtype {values.dtype}")
    if not ((k >= 0) & (k <= n)).all():
        raise ValueError(f"kept: expected from 0 to size, got {kept!r} of {size!r}")
    logs = special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
    bits = np.maximum(logs, 0) / np.log(2)
    return float(bits) if np.ndim(bits) == 0 else bits


def network_bits(
    parameters: Parameters, masks: Mapping[str, Tensor] | None = None, *, weight: int = 0, scale: bool = False
) -> NDArray[np.float64]:
    """Bits of R networks, without biases: their masks, and the values of the weights that are kept.

    Parameters
    ----------
    parameters : Parameters
        The networks.
    masks : Masks, optional
        What is kept; by default all, which takes no bits for masks.
    weight : int
        Bits of each kept weight: 0 where it is random and comes from a seed, 1 for a sign, b for one of 2**b values.
    scale : bool
        Whether each layer has a scale of its own, a number of 32 bits.

    Returns
    -------
    float64 [R]
        Bits of each network. A seed is not counted.

    Notes
    -----
    Used in: tickets/hidden.
    """
    each, total = whole("weight", weight, 0), np.zeros(parameters.replicas)
    known = {} if masks is None else Masks(masks)
    for name, tensor in parameters.weights.items():
        size = tensor[0].numel()
        kept = np.full(len(total), size)
        if name in known:
            if known[name].shape != tensor.shape:
                raise ValueError(
                    f"masks: expected shape {list(tensor.shape)} for {name}, got {list(known[name].shape)}"
                )
            kept = known[name].flatten(1).sum(1).cpu().numpy()
        total += mask_bits(size, kept) + kept * each + SCALE_BITS * bool(scale)
    return total


def round_weights(parameters: Parameters, bits: int, masks: Mapping[str, Tensor] | None = None) -> Parameters:
    """Round each weight to the nearest of ``2**bits`` evenly spaced values, symmetric about 0, of its layer.

    The spacing is the best of a fine list for the squared error of the layer, of each replica. One bit is a sign and
    a size. Where weights are pruned, only the others count, and pruned ones stay 0.

    Parameters
    ----------
    parameters : Parameters
        Trained networks; biases stay as they are.
    bits : int
        Bits of a weight, from 1 to 16.
    masks : Masks, optional
        What is kept.

    Returns
    -------
    slthlib.nets.Parameters
        Rounded ones.

    Notes
    -----
    Used in: tickets/hidden.
    """
    half = 2 ** (whole("bits", bits, 1, 16) - 1)
    found = {}
    for name, weight in parameters.weights.items():
        mask = torch.ones_like(weight, dtype=torch.bool) if masks is None or name not in masks else masks[name]
        rows = [_rounded(row, kept, half) for row, kept in zip(weight, mask, strict=True)]
        found[name] = torch.stack(rows)
    return with_weights(parameters, found)


def _rounded(row: Tensor, kept: Tensor, half: int) -> Tensor:
    """Values (j + 1/2) step for j from -half to half - 1, with the step of least squared error."""
    values = row[kept].double()
    if not len(values) or not bool(values.any()):
        return torch.zeros_like(row)
    sizes = values.abs()
    # One bit: the best size is the mean, exactly. More: the largest value falls within the last interval or is cut.
    largest = float(sizes.max()) / half
    steps = [2 * float(sizes.mean())] if half == 1 else [largest * part / 64 for part in range(4, 72)]
    errors = [float((_level(sizes, step, half) - sizes).square().sum()) for step in steps]
    step = steps[int(np.argmin(errors))]
    signs = torch.where(values < 0, -1.0, 1.0)
    found = torch.zeros_like(row)
    found[kept] = (signs * _level(sizes, step, half)).to(row.dtype)
    return found


def _level(sizes: Tensor, step: float, half: int) -> Tensor:
    return ((sizes / step).floor().clamp_(max=half - 1) + 0.5) * step
