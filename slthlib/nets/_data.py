"""Examples that come in from outside, checked and brought to a network's shape, type and device."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slthlib.nets.networks import Network
from slthlib.nets.parameters import Parameters


def examples(network: Network, x: Any, y: Any, parameters: Parameters, name: str = "") -> tuple[Tensor, Tensor]:
    """Inputs [N, ...] and labels int64 [N]; images are flattened, or get back their channel, as the network asks."""
    names = (f"{name}_x", f"{name}_y") if name else ("x", "y")
    inputs, labels = _tensor(x, names[0]), _tensor(y, names[1])
    shape = network.input_shape
    if inputs.ndim < 2 or inputs.shape[0] == 0 or math.prod(inputs.shape[1:]) != math.prod(shape):
        sizes = ", ".join(map(str, shape))
        raise ValueError(f"{names[0]}: expected shape [N, {sizes}], got {list(inputs.shape)}")
    if labels.ndim != 1 or len(labels) != len(inputs):
        raise ValueError(f"{names[1]}: expected one label for each of {len(inputs)} inputs, got {list(labels.shape)}")
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise TypeError(f"{names[1]}: expected whole numbers, got {labels.dtype}")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= network.classes:
        raise ValueError(f"{names[1]}: expected labels from 0 to {network.classes - 1}, got {low} to {high}")
    inputs = inputs.to(device=parameters.device, dtype=parameters.dtype).reshape(len(inputs), *shape)
    if not bool(inputs.isfinite().all()):
        raise ValueError(f"{names[0]}: expected finite numbers, got some that are not")
    return inputs, labels.to(device=parameters.device, dtype=torch.int64)


def _tensor(values: Any, name: str) -> Tensor:
    if isinstance(values, Tensor):
        return values.detach()
    array = np.asarray(values)
    if array.dtype.kind not in "iufb":
        raise TypeError(f"{name}: expected numbers, got dtype {array.dtype}")
    if array.dtype.kind == "u":
        array = array.astype(np.int64)
    if not array.flags.writeable:
        array = array.copy()  # torch warns about memory that it may not write
    return torch.from_numpy(np.ascontiguousarray(array))


def split(data: Any, part: str) -> tuple[Any, Any]:
    """The training or test part of a data set, or a pair (x, y) to train on."""
    if hasattr(data, f"{part}_x") and hasattr(data, f"{part}_y"):
        return getattr(data, f"{part}_x"), getattr(data, f"{part}_y")
    if part == "train" and isinstance(data, tuple | list) and len(data) == 2:
        return data[0], data[1]
    also = ", or a pair (x, y)" if part == "train" else " for evaluate_every"
    raise TypeError(f"data: expected a data set with {part}_x and {part}_y{also}, got {type(data).__name__}")


def where(device: str | torch.device | None) -> torch.device:
    """A device that can be used; by default the GPU where torch finds one."""
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, TypeError) as error:
        raise ValueError(f"device: expected one that torch can use here, got {device!r} ({error})") from None
