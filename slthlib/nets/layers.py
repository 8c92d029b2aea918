"""Layers of R networks at once, each with its forward pass and, written by hand, its backward pass.

Vectors are held as columns, [R, features, B], as on the page: y = W x + b. Images are held as
[B, R, channels, height, width]: R networks are then one grouped convolution, without a copy.

Each pass takes a dictionary of memory. What it puts there the next pass writes over, which saves a training loop
from asking for fresh memory at every step; a pass that stands alone brings an empty one.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv2d_input, conv2d_weight

__all__ = ["Convolution", "Linear", "ReLU"]

Shape = tuple[int, ...]
Memory = dict[Any, Tensor]


@dataclass(frozen=True)
class Linear:
    """Multiply by W [R, outputs, inputs] and add a bias.

    Parameters
    ----------
    inputs, outputs : int
        Numbers of features.
    bias : bool
        Whether there is one.

    Notes
    -----
    Used in: strong/beyond_dense.
    """

    inputs: int
    outputs: int
    bias: bool = True

    @property
    def weight_shape(self) -> Shape:
        """Shape of the weight of one network."""
        return (self.outputs, self.inputs)

    def shape(self, given: Shape) -> Shape:
        """Shape of one output for an input of this shape."""
        if given != (self.inputs,):
            raise ValueError(f"layers: a linear layer of {self.inputs} inputs cannot take an input of shape {given}")
        return (self.outputs,)

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None, memory: Memory) -> Tensor:
        """Outputs [R, outputs, B]."""
        y = memory.get("y")
        if bias is None:
            memory["y"] = torch.bmm(weight, x, out=y)
        else:
            memory["y"] = torch.baddbmm(bias.unsqueeze(2), weight, x, out=y)
        return memory["y"]

    def backward(
        self, dy: Tensor, x: Tensor, weight: Tensor, memory: Memory, *, further: bool
    ) -> tuple[Tensor | None, Tensor, Tensor | None]:
        """Gradients with respect to the input (if there is something further down), the weight and the bias."""
        memory["weight"] = torch.bmm(dy, x.transpose(1, 2), out=memory.get("weight"))
        if self.bias:
            memory["bias"] = torch.sum(dy, 2, out=memory.get("bias"))
        if further:
            memory["x"] = torch.bmm(weight.transpose(1, 2), dy, out=memory.get("x"))
        return memory.get("x"), memory["weight"], memory.get("bias")


@dataclass(frozen=True)
class Convolution:
    """Convolve with a square kernel W [R, outputs, inputs, kernel, kernel] and add a bias.

    Parameters
    ----------
    inputs, outputs : int
        Numbers of channels.
    kernel : int
        Side of the kernel.
    stride, padding : int
        As in torch, the same in both directions.
    bias : bool
        Whether there is one.

    Notes
    -----
    Used in: strong/beyond_dense.
    """

    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    bias: bool = True

    @property
    def weight_shape(self) -> Shape:
        """Shape of the weight of one network."""
        return (self.outputs, self.inputs, self.kernel, self.kernel)

    def shape(self, given: Shape) -> Shape:
        """Shape of one output for an input of this shape."""
        if len(given) != 3 or given[0] != self.inputs:
            raise ValueError(f"layers: a convolution of {self.inputs} channels cannot take an input of shape {given}")
        sides = [(side + 2 * self.padding - self.kernel) // self.stride + 1 for side in given[1:]]
        if min(sides) < 1:
            raise ValueError(f"layers: a kernel of side {self.kernel} does not fit an input of shape {given}")
        return (self.outputs, *sides)

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor | None, memory: Memory) -> Tensor:
        """Outputs [B, R, outputs, height, width]."""
        replicas = len(weight)
        flat = None if bias is None else bias.flatten()
        y = F.conv2d(x.flatten(1, 2), weight.flatten(0, 1), flat, self.stride, self.padding, groups=replicas)
        return y.unflatten(1, (replicas, self.outputs))

    def backward(
        self, dy: Tensor, x: Tensor, weight: Tensor, memory: Memory, *, further: bool
    ) -> tuple[Tensor | None, Tensor, Tensor | None]:
        """Gradients with respect to the input (if there is something further down), the weight and the bias."""
        replicas = len(weight)
        arguments = dict(stride=self.stride, padding=self.padding, groups=replicas)
        images, flat, back = x.flatten(1, 2), weight.flatten(0, 1), dy.flatten(1, 2)
        dx = conv2d_input(images.shape, flat, back, **arguments).view(x.shape) if further else None
        dw = conv2d_weight(images, flat.shape, back, **arguments).view(weight.shape)
        for name, found in (("weight", dw), ("bias", dy.sum((0, 3, 4)) if self.bias else None)):
            if found is not None:
                memory[name] = memory[name].copy_(found) if name in memory else found
        return dx, memory["weight"], memory.get("bias")


@dataclass(frozen=True)
class ReLU:
    """max(x, 0), with derivative 0 at 0.

    Notes
    -----
    Used in: strong/beyond_dense.
    """

    def shape(self, given: Shape) -> Shape:
        """Shape of one output for an input of this shape."""
        return given

    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Any]:
        """Outputs, and what the backward pass needs."""
        # The first time by relu, for the sake of autograd: to clamp, the derivative at 0 is 1.
        memory["y"] = torch.clamp(x, min=0, out=memory["y"]) if "y" in memory else torch.relu(x)
        return memory["y"], memory["y"]

    def backward(self, dy: Tensor, y: Tensor, memory: Memory) -> Tensor:
        """Gradient with respect to the input."""
        memory["x"] = torch.sign(y, out=memory.get("x"))  # 1 where the unit is on, 0 where it is off
        return memory["x"].mul_(dy)
