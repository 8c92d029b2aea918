"""Which examples each replica sees at which step: a function of its key and the absolute step alone."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slthlib.nets._checks import ORDER, Seed, entropy, stream, whole

__all__ = ["BatchOrder", "order_keys"]

Key = tuple[int, ...]


def order_keys(order_seed: Seed | Sequence[int | Sequence[int]], replicas: int) -> list[Key]:
    """Keys of the batch order, one for each replica; replicas with equal keys see the same batches.

    Parameters
    ----------
    order_seed : int, numpy Generator, or sequence
        A number gives replica r the key (number, r). A sequence holds one key for each replica, each a number or a
        sequence of numbers: ``[(seed, r) for r in range(8)] * 3`` are three arms of eight replicas that share their
        orders.
    replicas : int
        How many there are.

    Returns
    -------
    list of tuple of int
        The keys.

    Notes
    -----
    Used in: no chapter.
    """
    if isinstance(order_seed, np.random.Generator | int | np.integer):
        number = entropy("order_seed", order_seed)
        return [(number, replica) for replica in range(replicas)]
    if isinstance(order_seed, str) or not isinstance(order_seed, Sequence | np.ndarray):
        raise TypeError(f"order_seed: expected a whole number or one key for each replica, got {order_seed!r}")
    if len(order_seed) != replicas:
        raise ValueError(f"order_seed: expected one key for each of {replicas} replicas, got {len(order_seed)}")
    return [tuple(whole("order_seed", number, 0) for number in np.atleast_1d(key)) for key in order_seed]


class BatchOrder:
    """The batches of several replicas: fresh permutations of the examples in each epoch.

    An epoch has ``examples // batch`` steps; the rest of its permutation is passed over.

    Parameters
    ----------
    examples, batch : int
        How many examples there are, and how many make a batch.
    keys : sequence of tuple of int
        One for each replica, see `order_keys`.

    Notes
    -----
    Used in: no chapter.
    """

    def __init__(self, examples: int, batch: int, keys: Sequence[Key]) -> None:
        whole("batch", batch, 1, examples)
        self.examples, self.batch, self.keys = examples, batch, list(keys)
        self._epoch = -1
        self._orders: Tensor | None = None

    def __call__(self, step: int) -> Tensor:
        """Indices [R, batch] at an absolute step."""
        epoch, place = divmod(step, self.examples // self.batch)
        if self._orders is None or epoch != self._epoch:
            found: dict[Key, NDArray[np.int64]] = {}
            for key in self.keys:
                if key not in found:
                    found[key] = stream(*key, epoch, ORDER).permutation(self.examples)
            self._orders = torch.from_numpy(np.stack([found[key] for key in self.keys]))
            self._epoch = epoch
        return self._orders[:, place * self.batch : (place + 1) * self.batch]
