"""The forward and the backward pass through a chain of layers, for R networks at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from slthlib.nets.layers import Convolution, Linear, Memory, Shape

if TYPE_CHECKING:
    from slthlib.nets.networks import Layer, Network
    from slthlib.nets.parameters import Parameters


def effective(parameters: Mapping[str, Tensor], masks: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
    """Parameters with each weight multiplied by its mask."""
    masks = masks or {}
    return {
        # By way of bytes: torch multiplies floats by booleans, and turns booleans into floats, four times as slowly.
        name: tensor * masks[name].view(torch.uint8).to(tensor.dtype) if name in masks else tensor
        for name, tensor in parameters.items()
    }


def inputs(x: Any, shape: Shape, parameters: "Parameters") -> Tensor:
    """Inputs as [R, B, ...] on the parameters' device and in their type; those that replicas share are not copied."""
    given = torch.as_tensor(x)
    replicas = parameters.replicas
    if tuple(given.shape[1:]) == shape and given.ndim == len(shape) + 1:
        given = given.unsqueeze(0).expand(replicas, *given.shape)
    if tuple(given.shape[2:]) != shape or given.ndim != len(shape) + 2:
        sizes = ", ".join(map(str, shape))
        raise ValueError(f"x: expected shape [B, {sizes}] or [R, B, {sizes}], got {list(given.shape)}")
    if len(given) != replicas:
        raise ValueError(f"x: expected inputs for {replicas} replicas as in parameters, got {len(given)}")
    if given.shape[1] == 0:
        raise ValueError("x: expected at least one input, got none")
    return given.to(device=parameters.device, dtype=parameters.dtype)


def labels(y: Any, x: Tensor, network: "Network", parameters: "Parameters") -> Tensor:
    """Labels as int64 [R, B], checked against the number of classes."""
    given = torch.as_tensor(y)
    if given.is_floating_point() or given.is_complex() or given.dtype == torch.bool:
        raise TypeError(f"y: expected whole numbers, got {given.dtype}")
    if given.ndim == 1:
        given = given.unsqueeze(0).expand(len(x), -1)
    if given.shape != x.shape[:2]:
        raise ValueError(f"y: expected one label for each of {list(x.shape[:2])} inputs, got {list(given.shape)}")
    if given.min() < 0 or given.max() >= network.classes:
        raise ValueError(f"y: expected labels from 0 to {network.classes - 1}, got {given.min()} to {given.max()}")
    return given.to(device=parameters.device, dtype=torch.int64)


def forward(layers: Sequence["Layer"], parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """Outputs [R, B, classes]."""
    at, position = _turned(x), 0
    for layer in layers:
        if isinstance(layer, Linear | Convolution):
            at = layer.forward(at, parameters[f"weight{position}"], parameters.get(f"bias{position}"), {})
            position += 1
        else:
            at, _ = layer.forward(at, {})
    return at.transpose(1, 2)


def gradients(
    layers: Sequence["Layer"],
    parameters: Mapping[str, Tensor],
    x: Tensor,
    y: Tensor,
    memories: Mapping[int, Memory] | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Losses [R] and gradients with respect to the effective parameters. ``memories`` holds a dictionary a layer."""
    memory = defaultdict(dict) if memories is None else memories
    at, position = _turned(x), 0
    saved: list[Any] = []
    for place, layer in enumerate(layers):
        if isinstance(layer, Linear | Convolution):
            saved.append((at, position))
            at = layer.forward(at, parameters[f"weight{position}"], parameters.get(f"bias{position}"), memory[place])
            position += 1
        else:
            at, needed = layer.forward(at, memory[place])
            saved.append(needed)
    losses, back = _cross_entropy(at, y)
    found: dict[str, Tensor] = {}
    for place, layer in reversed(list(enumerate(layers))):
        if not isinstance(layer, Linear | Convolution):
            back = layer.backward(back, saved[place], memory[place])
            continue
        entered, position = saved[place]
        down, weight, bias = layer.backward(
            back, entered, parameters[f"weight{position}"], memory[place], further=position > 0
        )
        found[f"weight{position}"] = weight
        if bias is not None:
            found[f"bias{position}"] = bias
        if down is None:  # nothing to learn further down
            break
        back = down
    return losses, {name: found[name] for name in parameters}


def _turned(x: Tensor) -> Tensor:
    """Inputs [R, B, ...] as layers hold them."""
    return x.transpose(1, 2) if x.ndim == 3 else x.transpose(0, 1)


def _cross_entropy(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropies [R] over a batch, and their gradients with respect to the logits [R, classes, B]."""
    count = y.shape[1]
    true = y.unsqueeze(1)
    spread = torch.log_softmax(logits, 1)
    losses = spread.gather(1, true).sum((1, 2)).div_(-count)
    return losses, spread.exp_().scatter_(1, true, -1.0, reduce="add").div_(count)
