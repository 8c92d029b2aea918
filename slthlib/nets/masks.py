"""Random and shuffled masks, and what a mask keeps."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets._checks import RANDOM_MASK, SHUFFLE, Seed, entropy, stream
from slthlib.nets.parameters import Masks
from slthlib.nets.selection import Keep, top_k

__all__ = ["keep_of", "random_mask", "shuffle_mask"]


def random_mask(like: Mapping[str, Tensor], keep: Keep, *, seed: Seed, allow_empty: bool = False) -> Masks:
    """Keep entries drawn at random: exactly ``round(keep * size)`` of each layer in each replica.

    Parameters
    ----------
    like : Parameters, Masks or mapping
        Tensors of the shapes to mask; biases among them are passed over.
    keep : float, sequence, or mapping
        Fraction kept, as in `top_k`.
    seed : int or numpy Generator
        Which entries.
    allow_empty : bool
        Whether a layer may lose all its entries.

    Returns
    -------
    Masks
        One mask for each weight.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence.
    """
    number = entropy("seed", seed)
    scores = {}
    weights = [name for name in like if not name.startswith("bias")]
    for position, name in enumerate(weights):
        shape = like[name].shape
        rows = [stream(number, replica, RANDOM_MASK, position).random(shape[1:]) for replica in range(shape[0])]
        scores[name] = torch.from_numpy(np.stack(rows))
    found = top_k(scores, keep, seed=number, allow_empty=allow_empty)
    return Masks({name: mask.to(like[name].device) for name, mask in found.items()})


def shuffle_mask(masks: Mapping[str, Tensor], *, seed: Seed) -> Masks:
    """Permute each mask within its layer: the same number kept, elsewhere.

    Parameters
    ----------
    masks : Masks or mapping from str to bool tensor [R, ...]
        What to shuffle.
    seed : int or numpy Generator
        Which permutations; each replica and layer has its own.

    Returns
    -------
    Masks
        Of the same shapes.

    Notes
    -----
    Used in: tickets/hidden.
    """
    number = entropy("seed", seed)
    found = {}
    for position, (name, mask) in enumerate(masks.items()):
        rows = mask.flatten(1)
        orders = [stream(number, replica, SHUFFLE, position).permutation(rows.shape[1]) for replica in range(len(rows))]
        found[name] = rows.gather(1, torch.from_numpy(np.stack(orders)).to(mask.device)).view(mask.shape)
    return Masks(found)


def keep_of(masks: Mapping[str, Tensor]) -> NDArray[np.float64]:
    """The fraction kept, over all weights that have a mask.

    Parameters
    ----------
    masks : Masks or mapping from str to bool tensor [R, ...]
        What is kept.

    Returns
    -------
    float64 [R]
        One fraction for each replica.

    Notes
    -----
    Used in: no chapter.
    """
    checked = Masks(masks)
    kept = sum(mask.flatten(1).sum(1, dtype=torch.int64) for mask in checked.values())
    size = sum(mask[0].numel() for mask in checked.values())
    return np.asarray(torch.as_tensor(kept).cpu().numpy() / size, dtype=np.float64)
