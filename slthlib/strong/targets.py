"""The network that a ticket is to contain: layers of weights, read from arrays or from a torch Sequential."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Target", "TargetLayer", "read_target"]


@dataclass(frozen=True, eq=False)
class TargetLayer:
    """One linear map, dense or a convolution.

    Parameters
    ----------
    weight : float64 [out, in] or [out, in, height, width]
        The weights.
    bias : float64 [out], optional
        Added to the output.
    stride, padding, dilation : (int, int)
        Of a convolution, as in torch.

    Notes
    -----
    Used in: strong/beyond_dense.
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64] | None = None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)

    @property
    def convolution(self) -> bool:
        """Whether the layer is a convolution."""
        return self.weight.ndim == 4

    def with_numbers(self, weight: NDArray[np.float64], bias: NDArray[np.float64] | None) -> "TargetLayer":
        """The same layer with other weights."""
        return TargetLayer(weight, bias, self.stride, self.padding, self.dilation)


@dataclass(frozen=True, eq=False)
class Target:
    """Layers with ReLU between them and none after the last.

    Parameters
    ----------
    layers : tuple of TargetLayer
        From the input to the output.
    bits : int, optional
        All weights are multiples of ``2**-bits``; None if they need not be.
    scale : float
        What the outputs are to be multiplied by to be those of the network that was quantized.

    Notes
    -----
    Used in: no chapter.
    """

    layers: tuple[TargetLayer, ...]
    bits: int | None = None
    scale: float = 1.0

    @property
    def weights(self) -> int:
        """How many weights there are, biases included."""
        return sum(layer.weight.size + (0 if layer.bias is None else layer.bias.size) for layer in self.layers)


def read_target(target: Any) -> Target:
    """Read layers from what the user has.

    Parameters
    ----------
    target : Target, Sequential, or sequence of layers
        A layer is an array shaped (out, in) or (out, in, height, width), a pair (weight, bias), or a `TargetLayer`.
        A torch Sequential may hold Linear, Conv2d and ReLU, with a ReLU between any two layers of weights.

    Returns
    -------
    Target
        Copies in float64, checked: finite, and each layer fits the one before.

    Notes
    -----
    Used in: no chapter.
    """
    if isinstance(target, Target):
        return target
    if type(target).__module__.startswith("torch."):
        layers = _from_sequential(target)
    elif isinstance(target, Sequence) and not isinstance(target, str | bytes):
        layers = [_layer(one, place) for place, one in enumerate(target)]
    else:
        raise TypeError(f"target: expected a list of layers or a torch Sequential, got {type(target).__name__}")
    if not layers:
        raise ValueError("target: expected at least one layer of weights, got none")
    for place, (first, second) in enumerate(itertools.pairwise(layers)):
        if second.convolution and not first.convolution:
            raise ValueError(f"target: layer {place + 1} is a convolution behind a dense layer, which is not supported")
        if first.convolution and not second.convolution:
            raise ValueError(f"target: layer {place + 1} is dense behind a convolution; write it as a convolution "
                             "whose kernel has the size of the image")  # fmt: skip
        if first.weight.shape[0] != second.weight.shape[1]:
            raise ValueError(f"target: layer {place} has {first.weight.shape[0]} outputs, layer {place + 1} takes "
                             f"{second.weight.shape[1]} inputs")  # fmt: skip
    return Target(tuple(layers))


def _layer(one: Any, place: int) -> TargetLayer:
    if isinstance(one, TargetLayer):
        weight = _numbers(one.weight, f"weights of layer {place}", (2, 4))
        bias = None if one.bias is None else _bias(one.bias, weight, place)
        return one.with_numbers(weight, bias)
    if isinstance(one, tuple | list) and len(one) == 2 and np.ndim(one[0]) in (2, 4):
        weight = _numbers(one[0], f"weights of layer {place}", (2, 4))
        return TargetLayer(weight, None if one[1] is None else _bias(one[1], weight, place))
    return TargetLayer(_numbers(one, f"weights of layer {place}", (2, 4)))


def _bias(bias: Any, weight: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    values = _numbers(bias, f"bias of layer {place}", (1,))
    if values.size != weight.shape[0]:
        raise ValueError(f"target: layer {place} has {weight.shape[0]} outputs, but a bias of {values.size} numbers")
    return values


def _numbers(given: Any, what: str, dimensions: tuple[int, ...]) -> NDArray[np.float64]:
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"target: {what}: expected an array of numbers ({error})") from None
    if array.ndim not in dimensions or not array.size:
        wanted = " or ".join({1: "[out]", 2: "[out, in]", 4: "[out, in, height, width]"}[d] for d in dimensions)
        raise ValueError(f"target: {what}: expected shape {wanted}, got {array.shape}")
    if not np.isfinite(array).all():
        where = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        raise ValueError(f"target: {what}: expected finite numbers, got {array[where]} at {where}")
    return array


def _from_sequential(module: Any) -> list[TargetLayer]:
    from torch import nn

    if not isinstance(module, nn.Sequential):
        raise TypeError(f"target: expected a list of layers or a torch Sequential, got {type(module).__name__}")
    layers: list[TargetLayer] = []
    open_end = False  # weights without a ReLU behind them
    for place, part in enumerate(module):
        if isinstance(part, nn.ReLU):
            if not open_end:
                raise ValueError(f"target: part {place} is a ReLU without weights before it")
            open_end = False
            continue
        if not isinstance(part, nn.Linear | nn.Conv2d):
            raise ValueError(f"target: part {place} is {type(part).__name__}; supported are Linear, Conv2d, ReLU")
        if open_end:
            raise ValueError(f"target: expected a ReLU before part {place}, {type(part).__name__}")
        open_end = True
        layers.append(_from_part(part, place))
    if layers and not open_end:
        raise ValueError("target: expected no ReLU after the last layer of weights")
    return layers


def _from_part(part: Any, place: int) -> TargetLayer:
    weight = _numbers(part.weight.detach().cpu().double().numpy(), f"weights of part {place}", (2, 4))
    bias = None if part.bias is None else _bias(part.bias.detach().cpu().double().numpy(), weight, place)
    if weight.ndim == 2:
        return TargetLayer(weight, bias)
    if part.groups != 1 or part.padding_mode != "zeros" or isinstance(part.padding, str):
        raise ValueError(f"target: part {place}: a convolution may have no groups, and a padding of so many zeros; got "
                         f"groups {part.groups}, padding {part.padding!r}, mode {part.padding_mode!r}")  # fmt: skip
    return TargetLayer(weight, bias, tuple(part.stride), tuple(part.padding), tuple(part.dilation))
