"""Parameters and masks of R networks at once: named tensors whose first axis is the replica."""

from collections.abc import Mapping, Sequence
from typing import Self, TypeVar

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

__all__ = ["Masks", "Parameters", "concatenate"]


class _Replicated(dict[str, Tensor]):
    """Named tensors with one leading replica axis."""

    _what = "tensors"

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__(tensors)
        if not self:
            raise ValueError(f"{self._what}: expected at least one named tensor, got none")
        for name, tensor in self.items():
            if not isinstance(tensor, Tensor):
                raise TypeError(f"{self._what}: expected tensors, got {type(tensor).__name__} for {name!r}")
            if tensor.ndim < 1:
                raise ValueError(f"{self._what}: expected a leading replica axis, got a scalar for {name!r}")
        counts = {name: len(tensor) for name, tensor in self.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(f"{self._what}: expected one number of replicas, got {counts}")

    @property
    def replicas(self) -> int:
        """How many networks these are."""
        return len(next(iter(self.values())))

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return next(iter(self.values())).device

    def select(self, indices: ArrayLike) -> Self:
        """The replicas with these indices, in this order; one may come several times. Copies."""
        chosen = np.atleast_1d(np.asarray(indices))
        if chosen.ndim != 1 or chosen.size == 0 or chosen.dtype.kind not in "iu":
            raise TypeError(f"indices: expected whole numbers from 0 to {self.replicas - 1}, got {indices!r}")
        if chosen.min() < 0 or chosen.max() >= self.replicas:
            raise ValueError(f"indices: expected whole numbers from 0 to {self.replicas - 1}, got {indices!r}")
        index = torch.as_tensor(chosen.astype(np.int64), device=self.device)
        return type(self)({name: tensor.index_select(0, index) for name, tensor in self.items()})

    def clone(self) -> Self:
        """A copy that shares no memory with this."""
        return type(self)({name: tensor.detach().clone() for name, tensor in self.items()})

    def to(self, device: torch.device | str) -> Self:
        """The same values on a device."""
        return type(self)({name: tensor.to(device) for name, tensor in self.items()})


class Parameters(_Replicated):
    """Parameters of R networks: a dictionary from names to tensors whose first axis is the replica.

    Parameters
    ----------
    tensors : mapping from str to tensor [R, ...]
        Such as "weight0" [R, out, in] and "bias0" [R, out].

    Notes
    -----
    Used in: tickets/existence, tickets/hidden.
    """

    _what = "parameters"

    @property
    def weights(self) -> dict[str, Tensor]:
        """What can be pruned: the tensors that are not biases."""
        return {name: tensor for name, tensor in self.items() if not name.startswith("bias")}

    @property
    def dtype(self) -> torch.dtype:
        """The type of the numbers."""
        return next(iter(self.values())).dtype

    def masked(self, masks: Mapping[str, Tensor] | None) -> "Parameters":
        """The effective parameters ``mask * weight``: exactly 0 where a mask is False, whatever the weight is there."""
        if masks is None:
            return self.clone()
        return Parameters(
            {name: tensor.masked_fill(~masks[name], 0) if name in masks else tensor for name, tensor in self.items()}
        ).clone()


class Masks(_Replicated):
    """Masks of R networks: a dictionary from names of weights to bool tensors of the shape of the weight.

    Parameters
    ----------
    tensors : mapping from str to bool tensor [R, ...]
        True where a weight is kept. A weight without a mask is kept whole.

    Notes
    -----
    Used in: no chapter.
    """

    _what = "masks"


Replicated = TypeVar("Replicated", bound=_Replicated)


def concatenate(parts: Sequence[Replicated]) -> Replicated:
    """Put replicas side by side, so that the arms of an experiment train at once.

    Parameters
    ----------
    parts : sequence of Parameters, or of Masks
        With the same names and shapes, each with any number of replicas.

    Returns
    -------
    Parameters or Masks
        All replicas, in the order of ``parts``.

    Notes
    -----
    Used in: tickets/existence.
    """
    if not parts:
        raise ValueError("parts: expected at least one set of replicas, got none")
    first = parts[0]
    for part in parts[1:]:
        if list(part) != list(first):
            raise ValueError(f"parts: expected the same names in each, got {list(first)} and {list(part)}")
        for name, tensor in part.items():
            if tensor.shape[1:] != first[name].shape[1:]:
                shapes = f"{tuple(first[name].shape[1:])} and {tuple(tensor.shape[1:])}"
                raise ValueError(f"parts: expected one shape of {name} in each, got {shapes}")
    return type(first)({name: torch.cat([part[name] for part in parts]) for name in first})
