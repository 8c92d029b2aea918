"""A target network in any of its forms, read into what the bounds need to know."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.strong.bounds._checks import real, whole
from slthlib.strong.bounds._network import Layer, NetworkShape

__all__ = ["network"]


def network(
    target: Any,
    *,
    spectral: Sequence[float] | None = None,
    row_sums: Sequence[float] | None = None,
    largest: Sequence[float] | None = None,
) -> NetworkShape:
    """Describe a target network for the bounds.

    Parameters
    ----------
    target : NetworkShape, target of `embed`, torch.nn.Sequential, or sequence of layers
        A layer is a weight array of shape (out, in), or (out, in, height, width) for a convolution; a pair of such an
        array and biases of shape (out,) or None; or the shape alone as a tuple of whole numbers. Of a Sequential
        the Linear and Conv2d layers are taken.
    spectral : sequence of float, optional
        Norms of the layers in the 2-norm where they are known; by default computed from the weights, for a kernel as
        the sum over its taps of the norms of the taps, which no image size, zero padding or stride exceeds.
    row_sums : sequence of float, optional
        Norms in the sup-norm, the same way.
    largest : sequence of float, optional
        Largest absolute weight of each layer, the same way.

    Returns
    -------
    NetworkShape

    Examples
    --------
    >>> network([(500, 784), (10, 500)]).weights
    397000

    Used in: strong/pruning_is_all, strong/sparsity, strong/beyond_dense, strong/quantized, strong/bits.
    """
    if isinstance(target, NetworkShape):
        layers = list(target.layers)
    else:
        layers = [_layer(one, place) for place, one in enumerate(_listed(target))]
    if not layers:
        raise ValueError("target: expected at least one layer, got none")
    for name, field, values in (
        ("spectral", "spectral", spectral),
        ("row_sums", "row_sum", row_sums),
        ("largest", "largest", largest),
    ):
        if values is not None:
            if len(values) != len(layers):
                raise ValueError(f"{name}: expected one number for each of {len(layers)} layers, got {len(values)}")
            sizes = [{field: real(name, value, 0.0, math.inf, "[0, inf)")} for value in values]
            layers = [replace(layer, **size) for layer, size in zip(layers, sizes, strict=True)]  # type: ignore[arg-type]
    for place, (one, after) in enumerate(pairwise(layers)):
        # Between a convolution and a matrix the image is flattened: a whole number of pixels to a channel.
        flattened = len(one.shape) == 4 and len(after.shape) == 2
        if (after.inputs % one.outputs) if flattened else (after.inputs != one.outputs):
            raise ValueError(
                f"target: layer {place} has {one.outputs} outputs, so layer {place + 1} should take "
                f"{'a multiple of ' if flattened else ''}{one.outputs} inputs, got {after.inputs}"
            )
    return NetworkShape(tuple(layers))


def _listed(target: Any) -> list[Any]:
    """The layers of a list or of a torch Sequential; torch itself is not needed for that."""
    if isinstance(target, np.ndarray):
        raise TypeError(f"target: expected a list of layers, got one array of shape {target.shape}; write [weights]")
    if hasattr(target, "layers") and all(hasattr(one, "weight") for one in target.layers):  # a target of `embed`
        return [(one.weight, one.bias) for one in target.layers]
    if hasattr(target, "named_children") and hasattr(target, "modules"):
        found = []
        for module in target.modules():
            if next(iter(module.children()), None) is not None:
                continue
            kind = type(module).__name__
            if kind in ("Linear", "Conv2d"):
                if getattr(module, "groups", 1) != 1:
                    raise ValueError(f"target: expected convolutions of one group, got {module.groups} groups")
                arrays = [None if x is None else x.detach().cpu().numpy() for x in (module.weight, module.bias)]
                found.append(tuple(arrays))
            elif next(iter(module.parameters()), None) is not None:
                raise ValueError(f"target: expected layers Linear and Conv2d, got {kind}, which has parameters too")
        return found
    if not isinstance(target, Iterable) or isinstance(target, str | bytes | dict):
        raise TypeError(f"target: expected a list of layers or a torch Sequential, got {type(target).__name__}")
    return list(target)


def _layer(one: Any, place: int) -> Layer:
    name = f"target[{place}]"
    if isinstance(one, Layer):
        return one
    if isinstance(one, tuple) and one and all(isinstance(x, int | np.integer) for x in one):
        if len(one) not in (2, 4):
            raise ValueError(f"{name}: expected a shape (out, in) or (out, in, height, width), got {one}")
        return Layer(tuple(whole(name, x, 1) for x in one))
    weights, biases = one if isinstance(one, tuple) and len(one) == 2 else (one, None)
    array = _array(name, weights)
    if array.ndim not in (2, 4):
        raise ValueError(f"{name}: expected shape (out, in) or (out, in, height, width), got {array.shape}")
    sizes = [float(np.abs(array).max())]
    if biases is not None:
        bias = _array(f"{name} biases", biases)
        if bias.shape != array.shape[:1]:
            raise ValueError(f"{name}: expected biases of shape {array.shape[:1]}, got {bias.shape}")
        sizes.append(float(np.abs(bias).max()))
    taps = array.reshape(*array.shape[:2], -1)
    norm = sum(_spectral(taps[:, :, tap]) for tap in range(taps.shape[2]))
    rows = float(np.abs(array).reshape(len(array), -1).sum(axis=1).max())
    return Layer(array.shape, biases is not None, norm, rows, max(sizes))


def _array(name: str, values: Any) -> NDArray[np.float64]:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: expected a regular array, got a ragged one ({error})") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one weight, got shape {array.shape}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite weights, got {array[~np.isfinite(array)][0]}")
    return array


def _spectral(matrix: NDArray[np.float64]) -> float:
    """Largest singular value, from the smaller of the two Gram matrices: much faster than all singular values."""
    scale = float(np.abs(matrix).max())
    if scale == 0.0:
        return 0.0
    small = matrix / scale if matrix.shape[0] <= matrix.shape[1] else matrix.T / scale
    return scale * math.sqrt(max(0.0, float(np.linalg.eigvalsh(small @ small.T)[-1])))
