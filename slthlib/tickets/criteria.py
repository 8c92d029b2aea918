"""Which weights to keep: criteria of Zhou, Lan, Liu and Yosinski, from what a weight was and what it became.

Each criterion is a score of (w, v), the weight before training and after it; the mask keeps the largest scores. Any
name may end in ``_same_sign``: weights that training moved across zero then come last, whatever their score.
Cited result: H. Zhou et al., Deconstructing lottery tickets: zeros, signs, and the supermask, NeurIPS 2019.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from slthlib.nets import Parameters
from slthlib.nets._checks import Seed, entropy, known, stream
from slthlib.tickets._values import LOTS
from slthlib.tickets.scores import Score

__all__ = ["CRITERIA", "criterion"]

SAME_SIGN = "_same_sign"


def _both(first: Tensor, second: Tensor) -> Tensor:
    """The smaller of two percentiles: the largest of these scores are large in both, cut at one common percentile.

    An entry's percentile is the number of entries of its layer that are not larger. Equal entries share the highest,
    so a score that is constant leaves the choice to the other.
    """
    return torch.minimum(_places(first), _places(second)).view(first.shape)


def _places(values: Tensor) -> Tensor:
    rows = values.flatten(1).contiguous()
    return torch.searchsorted(rows.sort(1).values, rows, right=True)


#: Scores of weights w before training and v after it, [R, ...] each.
CRITERIA: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "large_final": lambda w, v: v.abs(),
    "small_final": lambda w, v: -v.abs(),
    "large_init": lambda w, v: w.abs(),
    "small_init": lambda w, v: -w.abs(),
    "large_init_large_final": lambda w, v: _both(w.abs(), v.abs()),
    "small_init_small_final": lambda w, v: _both(-w.abs(), -v.abs()),
    "magnitude_increase": lambda w, v: v.abs() - w.abs(),
    "movement": lambda w, v: (v - w).abs(),
    "random": lambda w, v: torch.zeros_like(v),  # all equal: a draw decides
}


def criterion(name: str, *, seed: Seed | None = None) -> Score:
    """A criterion as a score, such as `prune` and `iterative_pruning` take.

    Parameters
    ----------
    name : str
        large_final, small_final, large_init, small_init, large_init_large_final, small_init_small_final,
        magnitude_increase, movement or random; with ``_same_sign`` at the end, weights whose sign has changed score
        lowest of all. Weights that are 0 before or after training count as changed.
    seed : int or numpy Generator, optional
        What "random" draws its scores from; the others need none. Without it its scores are all equal, and whoever
        takes the largest decides by a draw.

    Returns
    -------
    callable
        From initial and trained `Parameters` to the scores of the weights by name.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    names = [*CRITERIA, *(plain + SAME_SIGN for plain in CRITERIA)]
    plain = known("name", name, names).removesuffix(SAME_SIGN)
    number = None if seed is None else entropy("seed", seed)

    def scores(initial: Parameters, trained: Parameters) -> dict[str, Tensor]:
        found = {}
        for position, (weight, v) in enumerate(trained.weights.items()):
            w = initial[weight]
            score = CRITERIA[plain](w, v)
            if plain == "random" and number is not None:
                score = _lots(v, number, position)
            if name.endswith(SAME_SIGN):
                score = score.to(v.dtype).masked_fill(w.sign() * v.sign() <= 0, -torch.inf)
            found[weight] = score
        return found

    return scores


def _lots(like: Tensor, seed: int, position: int) -> Tensor:
    rows = [stream(seed, replica, LOTS, position).random(like.shape[1:]) for replica in range(len(like))]
    return torch.from_numpy(np.stack(rows)).to(like.device)
