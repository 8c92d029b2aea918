"""How a ticket is made: everything but the mask. From it the random network can be drawn again, block by block."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._layout import Law, Layout
from slthlib.strong.quantizing import grid_integers
from slthlib.strong.targets import Target

__all__ = ["CONSTRUCTIONS", "Geometry", "Recipe"]

Construction = Literal["diamond", "copies"]
CONSTRUCTIONS: tuple[Construction, ...] = ("diamond", "copies")


@dataclass(frozen=True)
class Geometry:
    """The shape of one layer of the target.

    Parameters
    ----------
    outputs, inputs : int
        Neurons, or channels.
    kernel, stride, padding, dilation : (int, int), optional
        Of a convolution; ``kernel`` is None for a dense layer.
    bias : bool
        Whether there is one.

    Notes
    -----
    Used in: no chapter.
    """

    outputs: int
    inputs: int
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    bias: bool = False

    @property
    def taps(self) -> int:
        """Places of the kernel; one for a dense layer."""
        return 1 if self.kernel is None else self.kernel[0] * self.kernel[1]

    @property
    def weights(self) -> int:
        """How many weights the layer has, its bias included."""
        return self.outputs * (self.inputs * self.taps + self.bias)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of weights."""
        return (self.outputs, self.inputs, *(self.kernel or ()))


@dataclass(frozen=True)
class Recipe:
    """All that defines a random network, and what its ticket is to be.

    Parameters
    ----------
    seed : int
        Of all random weights.
    construction : {"diamond", "copies"}
        Two random layers for each of the target, or one layer more than the target has.
    law : {"uniform", "sign", "normal"}
        Of the random weights.
    geometry : tuple of Geometry
        The layers of the target.
    bits : int, optional
        Of the target's grid; None for real weights.
    tolerance : float, optional
        Largest error of a real weight.
    source_bits : tuple of int, optional
        Of the grid of the random weights, layer by layer.
    units : tuple of int
        Layer by layer, how many units a bank has, or how many copies it reads of each neuron.
    signed_inputs : bool
        Whether inputs may be negative.
    scale : float
        What outputs are multiplied by in the end.

    Notes
    -----
    Used in: no chapter.
    """

    seed: int
    construction: Construction
    law: Law
    geometry: tuple[Geometry, ...]
    bits: int | None
    tolerance: float | None
    source_bits: tuple[int, ...] | None
    units: tuple[int, ...]
    signed_inputs: bool
    scale: float = 1.0

    @property
    def depth(self) -> int:
        """Layers of weights of the random network."""
        layers = len(self.geometry)
        return 2 * layers if self.construction == "diamond" else layers + 1

    def copies(self, place: int) -> int:
        """How often each output of a layer is made."""
        last = place + 1 == len(self.geometry)
        return 1 if last or self.construction == "diamond" else self.units[place + 1]

    def layout(self, place: int) -> Layout:
        """What the random network looks like at one layer of the target.

        :meta private:
        """
        shape = self.geometry[place]
        return Layout(
            outputs=shape.outputs * self.copies(place),
            inputs=shape.inputs,
            taps=shape.taps,
            bias=shape.bias,
            units=self.units[place],
            single=self.construction == "copies" and place > 0,
            signed=self.signed_inputs and place == 0,
            law=self.law,
            bits=None if self.source_bits is None else self.source_bits[place],
        )

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """What the random network looks like, layer by layer of the target.

        :meta private:
        """
        return tuple(self.layout(place) for place in range(len(self.geometry)))

    def shift(self, place: int) -> int:
        """Targets of a layer are its integers times ``2**shift``, in units of the layer."""
        assert self.bits is not None
        return max(0, self.layout(place).exponent - self.bits)

    def gain(self, place: int) -> int:
        """Outputs of the ticket's layer are those of the target times two to this power; 0 on a fine enough source."""
        if self.bits is None:
            return 0
        return sum(self.bits + self.shift(one) - self.layout(one).exponent for one in range(place + 1))

    def integer_targets(self, target: Target, place: int) -> NDArray[np.int64]:
        """What each problem of a layer is to reach [outputs, coordinates], in units of the layer."""
        assert self.bits is not None
        weight, bias = grid_integers(target.layers[place], self.bits, place)
        rows = weight.reshape(len(weight), -1) << self.shift(place)
        if bias is not None:
            before = self.gain(place - 1) if place else 0
            rows = np.concatenate([rows, bias[:, None] << (self.shift(place) + before)], axis=1)
        return np.repeat(rows, self.copies(place), axis=0)

    def real_targets(self, target: Target, place: int) -> NDArray[np.float64]:
        """What each problem of a layer of real weights is to reach [outputs, coordinates]."""
        layer = target.layers[place]
        rows = layer.weight.reshape(len(layer.weight), -1)
        if layer.bias is not None:
            rows = np.concatenate([rows, layer.bias[:, None]], axis=1)
        return np.repeat(rows, self.copies(place), axis=0)

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons, or channels, of each layer of the random network, inputs first."""
        found = [self.geometry[0].inputs]
        for place, layout in enumerate(self.layouts):
            if not layout.single:
                found.append(layout.banks * layout.units)
            above = self.layout(place + 1) if place + 1 < len(self.geometry) else None
            found.append(layout.outputs + (above.units if above is not None and above.single and above.bias else 0))
        return tuple(found)

    def parameters(self) -> int:
        """Random weights of the whole network: all entries of its matrices and kernels, and its biases."""
        total = 0
        for place, (shape, layout) in enumerate(zip(self.geometry, self.layouts, strict=True)):
            total += layout.outputs * layout.banks * layout.units * shape.taps
            if not layout.single:  # the odd layer: every unit sees every input
                total += layout.banks * layout.units * (layout.inputs + layout.bias)
            elif layout.bias:  # neurons of the layer below that are there for the bias
                below = self.layout(place - 1)
                total += layout.units * below.banks * below.units * self.geometry[place - 1].taps
                total += layout.units + below.outputs
        return total

    def solves(self) -> int:
        """Subset-sum problems in all."""
        return sum(one.outputs * (one.inputs * one.taps * one.branches + one.bias) for one in self.layouts)


def geometry_of(target: Target) -> tuple[Geometry, ...]:
    """The shapes of a target."""
    return tuple(
        Geometry(
            outputs=layer.weight.shape[0],
            inputs=layer.weight.shape[1],
            kernel=tuple(layer.weight.shape[2:]) if layer.convolution else None,
            stride=layer.stride,
            padding=layer.padding,
            dilation=layer.dilation,
            bias=layer.bias is not None,
        )
        for layer in target.layers
    )
