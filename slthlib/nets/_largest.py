"""Exactly the k largest of each row, ties by a draw."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

#: Gives the generator of a row; called only where there are ties.
Draws = Callable[[int], np.random.Generator]


def largest(rows: Tensor, counts: NDArray[np.int64], inside: Tensor | None, name: str, draws: Draws) -> Tensor:
    """True for the ``counts[r]`` largest of row r, among those that are ``inside``."""
    scores = rows.detach()
    if inside is not None:
        room = inside.sum(1).cpu().numpy()
        if (room < counts).any():
            worst = int(np.argmax(counts - room))
            raise ValueError(
                f"keep: expected at most what `within` holds of {name}, {room[worst]} entries in replica {worst}, "
                f"got {counts[worst]}"
            )
    found = []
    for replica, count in enumerate(counts.tolist()):
        row, members = scores[replica], None if inside is None else inside[replica]
        pool = row if members is None else row[members]
        if pool.device.type == "cpu":
            # NumPy's partition takes a tenth of the time of torch's selections, and its comparisons a fifth.
            kept = torch.from_numpy(_by_partition(pool.numpy(), count, name, replica, draws))
        else:
            kept = _by_top_k(pool, count, name, replica, draws)
        found.append(kept if members is None else torch.zeros_like(members).masked_scatter_(members, kept))
    return torch.stack(found)


def _by_partition(pool: NDArray, count: int, name: str, replica: int, draws: Draws) -> NDArray[np.bool_]:
    if pool.size and np.isnan(pool.min()):  # the smallest of a row with a NaN is NaN
        raise ValueError(f"scores: expected no NaN, got one in {name}, replica {replica}")
    if count in (0, pool.size):
        return np.full(pool.shape, count > 0)
    place = pool.size - count
    limit = np.partition(pool, place)[place]
    kept = pool >= limit
    extra = int(np.count_nonzero(kept)) - count
    if extra:
        ties = np.flatnonzero(pool == limit)
        kept[draws(replica).choice(ties, extra, replace=False)] = False
    return kept


def _by_top_k(pool: Tensor, count: int, name: str, replica: int, draws: Draws) -> Tensor:
    if bool(pool.isnan().any()):
        raise ValueError(f"scores: expected no NaN, got one in {name}, replica {replica}")
    if count in (0, pool.numel()):
        return torch.full_like(pool, count > 0, dtype=torch.bool)
    limit = torch.topk(pool, count, sorted=False).values.min()
    kept = pool >= limit
    extra = int(kept.sum()) - count
    if extra:
        ties = (pool == limit).nonzero().squeeze(1).cpu().numpy()
        kept[torch.from_numpy(draws(replica).choice(ties, extra, replace=False)).to(pool.device)] = False
    return kept
