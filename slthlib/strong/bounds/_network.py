"""What a theorem needs to know of a network: shapes, norms, and how many subset sums it amounts to."""

import math
from dataclasses import dataclass, replace

from slthlib.strong.bounds._checks import flag

__all__ = ["Layer", "NetworkShape"]


@dataclass(frozen=True)
class Layer:
    """One linear or convolutional layer, as a bound sees it.

    Parameters
    ----------
    shape : tuple of int
        (out, in) of a matrix, or (out, in, height, width) of a kernel.
    bias : bool
        Whether the layer has biases.
    spectral : float or None
        Largest factor by which the layer stretches a vector, in the 2-norm; for a kernel an upper bound of it. None
        where only the shape is known.
    row_sum : float or None
        The same in the sup-norm: the largest sum of absolute weights into one output.
    largest : float or None
        Largest absolute weight, biases included.

    Used in: no chapter.
    """

    shape: tuple[int, ...]
    bias: bool = False
    spectral: float | None = None
    row_sum: float | None = None
    largest: float | None = None

    @property
    def outputs(self) -> int:
        """Neurons or channels that come out."""
        return self.shape[0]

    @property
    def inputs(self) -> int:
        """Neurons or channels that go in."""
        return self.shape[1]

    @property
    def taps(self) -> int:
        """Weights between one channel and another: 1 for a matrix."""
        return math.prod(self.shape[2:])

    @property
    def weights(self) -> int:
        """Number of weights, without biases."""
        return math.prod(self.shape)

    @property
    def biases(self) -> int:
        """Number of biases."""
        return self.outputs if self.bias else 0


@dataclass(frozen=True)
class NetworkShape:
    """A target network as the bounds see it: ReLU between the layers and none after the last.

    Parameters
    ----------
    layers : tuple of Layer
        In the order of computation.

    Used in: no chapter.
    """

    layers: tuple[Layer, ...]

    @property
    def depth(self) -> int:
        """Number of layers with weights."""
        return len(self.layers)

    @property
    def weights(self) -> int:
        """Number of weights, without biases."""
        return sum(layer.weights for layer in self.layers)

    @property
    def biases(self) -> int:
        """Number of biases."""
        return sum(layer.biases for layer in self.layers)

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def width(self) -> int:
        """Largest number of neurons or channels anywhere, the input included."""
        return max(max(layer.outputs, layer.inputs) for layer in self.layers)

    @property
    def dense(self) -> bool:
        """Whether every layer is a matrix."""
        return all(len(layer.shape) == 2 for layer in self.layers)

    @property
    def largest(self) -> float | None:
        """Largest absolute weight, or None where it is not known of every layer."""
        known = [layer.largest for layer in self.layers]
        return None if None in known else max(x for x in known if x is not None)

    def branches(self, signed_inputs: bool = True) -> tuple[int, ...]:
        """Signs that the input of each layer may take: two for a signed first layer, one after a ReLU."""
        return (2 if flag("signed_inputs", signed_inputs) else 1, *(1,) * (self.depth - 1))

    def solves(self, signed_inputs: bool = True) -> int:
        """Subset sums of the diamond: one for each weight and sign of its input, and one for each bias."""
        signs = self.branches(signed_inputs)
        return sum(s * layer.weights + layer.biases for s, layer in zip(signs, self.layers, strict=True))

    def banks(self, signed_inputs: bool = True) -> int:
        """Pairs of a bank and a sign that must each hold enough units: inputs of each layer, and its bias."""
        signs = self.branches(signed_inputs)
        return sum(s * layer.inputs + layer.bias for s, layer in zip(signs, self.layers, strict=True))

    def without_biases(self) -> "NetworkShape":
        """The same network with its biases left out, for the theorems that know none."""
        return NetworkShape(tuple(replace(layer, bias=False) for layer in self.layers))
