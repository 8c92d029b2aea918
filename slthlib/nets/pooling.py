"""Layers between convolutions and a linear layer: pooling and flattening. They have no weights."""

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from slthlib.nets.layers import Memory, Shape

__all__ = ["AvgPool", "Flatten", "MaxPool"]


@dataclass(frozen=True)
class Flatten:
    """Turn an image into a vector.

    Notes
    -----
    Used in: strong/beyond_dense.
    """

    def shape(self, given: Shape) -> Shape:
        """Shape of one output for an input of this shape."""
        return (math.prod(given),)

    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Any]:
        """Outputs, and what the backward pass needs."""
        return (x.permute(1, 2, 3, 4, 0).flatten(1, 3), x.shape) if x.ndim == 5 else (x, x.shape)

    def backward(self, dy: Tensor, shape: Any, memory: Memory) -> Tensor:
        """Gradient with respect to the input."""
        return dy.permute(2, 0, 1).reshape(shape) if len(shape) == 5 else dy


class _Pool:
    size: int

    def shape(self, given: Shape) -> Shape:
        """Shape of one output for an input of this shape."""
        if len(given) != 3 or min(given[1:]) < self.size:
            raise ValueError(f"layers: pooling over squares of side {self.size} cannot take an input of shape {given}")
        return (given[0], given[1] // self.size, given[2] // self.size)


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest of each square; squares do not overlap, and what is left at the border is dropped.

    Parameters
    ----------
    size : int
        Side of the square.

    Notes
    -----
    Used in: no chapter.
    """

    size: int = 2

    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Any]:
        """Outputs, and what the backward pass needs."""
        y, places = F.max_pool2d(x.flatten(1, 2), self.size, return_indices=True)
        return y.unflatten(1, x.shape[1:3]), (places, x.shape)

    def backward(self, dy: Tensor, saved: Any, memory: Memory) -> Tensor:
        """Gradient with respect to the input."""
        places, shape = saved
        found = torch.zeros(*places.shape[:2], shape[3] * shape[4], dtype=dy.dtype, device=dy.device)
        return found.scatter_(2, places.flatten(2), dy.flatten(1, 2).flatten(2)).view(shape)


@dataclass(frozen=True)
class AvgPool(_Pool):
    """The mean of each square; squares do not overlap, and what is left at the border is dropped.

    Parameters
    ----------
    size : int
        Side of the square.

    Notes
    -----
    Used in: no chapter.
    """

    size: int = 2

    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Any]:
        """Outputs, and what the backward pass needs."""
        return F.avg_pool2d(x.flatten(1, 2), self.size).unflatten(1, x.shape[1:3]), x.shape

    def backward(self, dy: Tensor, shape: Any, memory: Memory) -> Tensor:
        """Gradient with respect to the input."""
        spread = (dy / self.size**2).repeat_interleave(self.size, 3).repeat_interleave(self.size, 4)
        return F.pad(spread, (0, shape[4] - spread.shape[4], 0, shape[3] - spread.shape[3]))
