"""What becomes of the weights once a mask is known: those it keeps start from one value, those it prunes stay at one.

Zhou et al. name them mask-1 and mask-0 actions.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets import Masks, Network, Parameters
from slthlib.nets._checks import Seed, entropy, known, stream
from slthlib.tickets._values import FRESH, PLACES, SIGNS, with_weights

__all__ = ["KEPT", "PRUNED", "SIGN", "act", "signed_constant"]

Row = NDArray[np.floating]


def _reshuffled(w: Row, fresh: Row, kept: NDArray[np.bool_], rng: np.random.Generator) -> Row:
    found = w.copy()
    found[kept] = rng.permutation(w[kept])
    return found


#: What a kept weight starts from (mask-1 actions), by the initial weights w of its layer, another draw of the layer,
#: and the mask.
KEPT: dict[str, Callable[[Row, Row, NDArray[np.bool_], np.random.Generator], Row]] = {
    "rewind": lambda w, fresh, kept, rng: w,
    "reinit": lambda w, fresh, kept, rng: fresh,
    "reshuffle": _reshuffled,
    "constant": lambda w, fresh, kept, rng: np.full_like(w, w.std()),
}

#: Whose sign a kept weight has, that of the initial weight, or one drawn by a fair coin.
SIGN = ("kept", "random")

#: Where a pruned weight stays (mask-0 actions), by w before training and v after it.
PRUNED: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "zero": lambda w, v: torch.zeros_like(w),
    "freeze": lambda w, v: w,
    "variant1": lambda w, v: torch.where(v.abs() < w.abs(), torch.zeros_like(w), w),
    "variant2": lambda w, v: torch.where(v.abs() < w.abs(), torch.zeros_like(w), w),
}


def signed_constant(parameters: Parameters) -> Parameters:
    """Give all weights of a layer one size, the standard deviation of the layer, and leave them their signs.

    Parameters
    ----------
    parameters : Parameters
        Of R networks.

    Returns
    -------
    slthlib.nets.Parameters
        Weights plus or minus a constant of the layer and replica; the same biases.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    found = {}
    for name, weight in parameters.weights.items():
        size = weight.flatten(1).std(1, correction=0).view(-1, *[1] * (weight.ndim - 1))
        found[name] = weight.sign() * size
    return with_weights(parameters, found)


def act(
    network: Network,
    initial: Parameters,
    trained: Parameters,
    masks: Masks,
    *,
    kept: str = "rewind",
    sign: str = "kept",
    pruned: str = "zero",
    seed: Seed,
) -> Parameters:
    """The weights that a ticket starts to train from.

    Parameters
    ----------
    network : Network
        Whose law "reinit" draws from.
    initial, trained : Parameters
        Before training and after it.
    masks : Masks
        Which weights are kept.
    kept : {"rewind", "reinit", "reshuffle", "constant"}
        Sizes of the kept weights: their initial values; another draw of the same law; the initial values of the kept
        weights of the layer, permuted; the standard deviation of the layer's initial values.
    sign : {"kept", "random"}
        Signs of the kept weights: of their initial values, or drawn by a fair coin.
    pruned : {"zero", "freeze", "variant1", "variant2"}
        The pruned weights: zero; their initial values; zero where training has moved them towards zero and their
        initial values elsewhere; the same, and kept weights too start from zero where training has moved them
        towards zero.
    seed : int or numpy Generator
        Of all draws. The same seed gives the same signs whatever the action.

    Returns
    -------
    slthlib.nets.Parameters
        Weights, those pruned included, and the initial biases.

    Notes
    -----
    Used in: no chapter.
    """
    known("kept", kept, KEPT)
    known("sign", sign, SIGN)
    known("pruned", pruned, PRUNED)
    number = entropy("seed", seed)
    fresh = network.init(initial.replicas, seed=int(stream(number, FRESH).integers(2**63)), dtype=initial.dtype)
    found = {}
    for position, (name, w) in enumerate(initial.weights.items()):
        v, mask = trained[name], masks[name]
        rows = [
            _kept_row(
                kept,
                sign,
                w[replica].cpu().numpy(),
                fresh[name][replica].numpy(),
                mask[replica].cpu().numpy(),
                partial(stream, number, replica, position),
            )
            for replica in range(initial.replicas)
        ]
        start = torch.from_numpy(np.stack(rows)).to(w)
        if pruned == "variant2":
            start = start.masked_fill(v.abs() < w.abs(), 0)
        found[name] = torch.where(mask, start, PRUNED[pruned](w, v))
    return with_weights(initial, found)


def _kept_row(
    kept: str,
    sign: str,
    w: Row,
    fresh: Row,
    mask: NDArray[np.bool_],
    draws: Callable[..., np.random.Generator],
) -> Row:
    sizes = np.abs(KEPT[kept](w, fresh, mask, draws(PLACES)))
    signs = np.sign(w) if sign == "kept" else 2.0 * draws(SIGNS).integers(2, size=w.shape) - 1
    return sizes * signs
