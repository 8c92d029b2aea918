"""Networks: frozen descriptions. The numbers live outside, in `Parameters` whose first axis is the replica."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from slthlib.nets import _passes, initial
from slthlib.nets._checks import Seed, check_masks, check_parameters, entropy, known, whole
from slthlib.nets.layers import Convolution, Linear, ReLU, Shape
from slthlib.nets.parameters import Parameters
from slthlib.nets.pooling import AvgPool, Flatten, MaxPool

__all__ = ["Conv", "Dense", "Network"]

Layer = Linear | Convolution | ReLU | Flatten | MaxPool | AvgPool


@dataclass(frozen=True, init=False)
class Network:
    """A chain of layers that ends in one number for each class.

    Parameters
    ----------
    layers : sequence of Linear, Convolution, ReLU, Flatten, MaxPool, AvgPool
        In the order in which they act.
    shape : sequence of int
        Shape of one input: (features,) or (channels, height, width).
    init : str
        Law of the initial weights: glorot-normal, glorot-uniform, glorot-signed, kaiming-normal, kaiming-uniform,
        signed-constant (Kaiming's size, random signs), or torch (what torch.nn does). Biases start at 0, but for the
        last one.

    Notes
    -----
    Used in: strong/beyond_dense.
    """

    layers: tuple[Layer, ...]
    input_shape: Shape
    law: str

    def __init__(self, layers: Sequence[Layer], shape: Sequence[int], *, init: str = "glorot-normal") -> None:
        object.__setattr__(self, "layers", tuple(layers))
        object.__setattr__(self, "input_shape", tuple(shape))
        object.__setattr__(self, "law", known("init", init, initial.LAWS))
        at = self.input_shape
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"layers: expected Linear, Convolution, ReLU, Flatten or a pool, got {layer!r}")
            at = layer.shape(at)
        if len(at) != 1 or not self.weighted:
            raise ValueError(f"layers: expected to end in one number for each class, got an output of shape {at}")

    @cached_property
    def weighted(self) -> tuple[Linear | Convolution, ...]:
        """The layers that have weights."""
        return tuple(layer for layer in self.layers if isinstance(layer, Linear | Convolution))

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shapes of the parameters of one network, by name: weight0, bias0, weight1, ..."""
        found: dict[str, Shape] = {}
        for position, layer in enumerate(self.weighted):
            found[f"weight{position}"] = layer.weight_shape
            if layer.bias:
                found[f"bias{position}"] = (layer.outputs,)
        return found

    @cached_property
    def weight_shapes(self) -> dict[str, Shape]:
        """Shapes of what can be pruned."""
        return {name: shape for name, shape in self.shapes.items() if name.startswith("weight")}

    @property
    def classes(self) -> int:
        """How many numbers come out."""
        return self.weighted[-1].outputs

    def init(self, replicas: int, *, seed: Seed, dtype: torch.dtype = torch.float32) -> Parameters:
        """Draw initial parameters of ``replicas`` networks; replica r is the same however many there are.

        They are drawn in float64 by NumPy and rounded to ``dtype``.
        """
        count = whole("replicas", replicas, 1)
        if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
            raise TypeError(f"dtype: expected a floating type of torch, got {dtype!r}")
        return Parameters(initial.draw(self.shapes, self.law, count, entropy("seed", seed), dtype))

    def forward(self, parameters: Mapping[str, Tensor], x: Any, masks: Mapping[str, Tensor] | None = None) -> Tensor:
        """Outputs [R, B, classes] for inputs [B, ...] that all replicas share, or [R, B, ...]; autograd goes through.

        A mask multiplies its weight here, in the forward pass.
        """
        known_parameters = check_parameters(self.shapes, parameters)
        effective = _passes.effective(known_parameters, check_masks(self.weight_shapes, masks, known_parameters))
        return _passes.forward(self.layers, effective, _passes.inputs(x, self.input_shape, known_parameters))

    def gradients(
        self, parameters: Mapping[str, Tensor], x: Any, y: Any, masks: Mapping[str, Tensor] | None = None
    ) -> tuple[Tensor, Parameters]:
        """Mean cross-entropies [R] over a batch, and their gradients with respect to the effective parameters.

        The gradient of a weight is the one of ``mask * weight``, for every entry, kept or not. Multiplied by the mask
        it is the gradient of the weight; multiplied by the weight it is what a straight-through estimator hands to
        the mask. Labels are [B], or [R, B].
        """
        known_parameters = check_parameters(self.shapes, parameters)
        checked = check_masks(self.weight_shapes, masks, known_parameters)
        with torch.no_grad():
            effective = _passes.effective(known_parameters, checked)
            batch = _passes.inputs(x, self.input_shape, known_parameters)
            labels = _passes.labels(y, batch, self, known_parameters)
            losses, found = _passes.gradients(self.layers, effective, batch, labels)
        return losses, Parameters(found)


@dataclass(frozen=True, init=False, repr=False)
class Dense(Network):
    """A multilayer perceptron: linear layers with ReLU between them and none after the last.

    Parameters
    ----------
    widths : sequence of int
        Features of the input, of each hidden layer, and classes.
    init : str
        Law of the initial weights, as in `Network`.
    bias : bool
        Whether layers have biases.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, tickets/supermasks, tickets/hidden, strong/pruning_is_all.
    """

    widths: tuple[int, ...]

    def __init__(self, widths: Sequence[int], *, init: str = "glorot-normal", bias: bool = True) -> None:
        if isinstance(widths, str) or not isinstance(widths, Sequence) or len(widths) < 2:
            raise ValueError(f"widths: expected at least the input's and the output's, got {widths!r}")
        sizes = tuple(whole("widths", width, 1) for width in widths)
        object.__setattr__(self, "widths", sizes)
        layers: list[Layer] = []
        for inputs, outputs in pairwise(sizes):
            layers += [ReLU()] if layers else []
            layers.append(Linear(inputs, outputs, bool(bias)))
        super().__init__(layers, sizes[:1], init=init)

    def __repr__(self) -> str:
        return f"Dense({self.widths}, init={self.law!r}, bias={self.weighted[0].bias})"


@dataclass(frozen=True, init=False)
class Conv(Network):
    """A small convolutional network: for each entry of ``channels`` a convolution, ReLU and max pooling, then a
    linear layer.

    Parameters
    ----------
    channels : sequence of int
        Channels after each convolution.
    classes : int
        How many numbers come out.
    side : int
        Side of the square images.
    in_channels : int
        Channels of the images.
    kernel : int
        Side of the kernels; odd, so that padding keeps the side of the image.
    pool : int
        Side of the squares that max pooling takes; 1 for no pooling.
    init : str
        Law of the initial weights, as in `Network`.
    bias : bool
        Whether layers have biases.

    Notes
    -----
    Used in: no chapter.
    """

    def __init__(
        self,
        channels: Sequence[int],
        classes: int,
        *,
        side: int,
        in_channels: int = 1,
        kernel: int = 3,
        pool: int = 2,
        init: str = "glorot-normal",
        bias: bool = True,
    ) -> None:
        if isinstance(channels, str) or not isinstance(channels, Sequence) or not channels:
            raise ValueError(f"channels: expected at least one number of channels, got {channels!r}")
        if whole("kernel", kernel, 1) % 2 == 0:
            raise ValueError(f"kernel: expected an odd side, got {kernel}")
        shape: Shape = (whole("in_channels", in_channels, 1), whole("side", side, 1), side)
        layers: list[Layer] = []
        at = shape
        for count in channels:
            block: list[Layer] = [Convolution(at[0], whole("channels", count, 1), kernel, 1, kernel // 2, bool(bias))]
            block += [ReLU(), MaxPool(pool)] if whole("pool", pool, 1) > 1 else [ReLU()]
            for layer in block:
                at = layer.shape(at)
            layers += block
        flat = Flatten()
        layers += [flat, Linear(flat.shape(at)[0], whole("classes", classes, 1), bool(bias))]
        super().__init__(layers, shape, init=init)
